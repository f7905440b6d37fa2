"""Errors and gradients of all layers before the first step, beside what theory expects."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from fashionlab import prose
from fashionlab.measures import expected_errors
from fashionlab.plotting.curves import BAND, slug
from fashionlab.plotting.figure import new_figure, plain
from fashionlab.plotting.labels import label_end
from fashionlab.plotting.looks import INK, network_look
from fashionlab.study import Study

NEEDS = ("activations",)
EXPERIMENT = "activations"
ROWS = {"error": "error by that at the logits", "gradient": "gradient of the layer's weights"}


def draw(study: Study) -> Figure:
    """Return the figure: a column an activation, errors above and gradients of weights below."""
    table = study.variants(EXPERIMENT)
    activations = list(dict.fromkeys(table["activation"]))
    figure = new_figure(study, height=5.6)
    grid = figure.subplots(2, len(activations), sharex=True, sharey="row", squeeze=False)
    for column, activation in enumerate(activations):
        for variant, own in table[table["activation"] == activation].iterrows():
            layers = study.initial_layers.query("experiment == @EXPERIMENT and variant == @variant")
            if len(layers):
                _draw_variant(grid[:, column], study, str(variant), own, layers)
        grid[0, column].set_title(plain(prose.shown(activation)))
        grid[1, column].set_xlabel("layers back from the logits")
    for row, (column, words) in zip(grid, ROWS.items(), strict=True):
        row[0].set_ylabel(words)
        if (study.initial_layers[column] > 0).any():  # and not all overflowed
            row[0].set_yscale("log")
    deepest = int(study.initial_layers["layer"].max())
    grid[0, 0].set_xlim(-0.3, deepest - 0.7)
    grid[0, 0].xaxis.set_major_locator(FixedLocator(range(deepest)))
    return figure


def _draw_variant(
    pair: np.ndarray, study: Study, variant: str, own: pd.Series, layers: pd.DataFrame
) -> None:
    look = network_look(study, EXPERIMENT, variant)
    for axes, column in zip(pair, ROWS, strict=True):
        wide = np.log(layers.pivot(index="draw", columns="layer", values=column).clip(lower=1e-30))
        if column == "error":
            wide = wide.sub(wide.iloc[:, -1], axis=0)  # by that at the logits
            _draw_theory(axes, expected_errors(own["layers"], own["activation"]))
        x = np.arange(wide.shape[1])
        wide = wide.iloc[:, ::-1]  # from the logits back to the first layer
        axes.fill_between(
            x, np.exp(wide.min()), np.exp(wide.max()), color=look.colour, alpha=BAND, linewidth=0
        )
        line = axes.plot(
            x, np.exp(wide.mean()), color=look.colour, marker=look.marker, markersize=4,
            markeredgewidth=0, gid=f"curve-{len(axes.lines)}-{column}-{slug(variant)}",
        )[0]  # fmt: skip
        label_end(axes, line, plain(own["network"]))


def _draw_theory(axes: Axes, values: list[float]) -> None:
    axes.plot(range(len(values)), values, color=INK, linewidth=0.7, alpha=0.6, zorder=1)
