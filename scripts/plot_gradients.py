"""Draw loss and first-layer gradients of question 3, one column an activation function.

Writes gradients.svg, gradients.png and gradients.json.
"""

from dataclasses import replace
from string import ascii_lowercase

import numpy as np
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import figure_axes, figure_captions, figure_curves, figure_labels
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_looks import activation_dash, network_looks
from fashionlab.figures.plotting import new_figure, run_program

EXPERIMENT = "activations"
ROWS = {
    "loss": "training loss",
    "gradient_norm": "gradient norm, first layer",
    "gradient_rms": "gradient per weight (root mean square)",
}
ORIGINAL = {"loss": "loss", "gradient_norm": "gradient_magnitude_median"}


def draw(data: FigureData) -> Figure:
    """Return the figure: a row a quantity, a column an activation, axes shared along rows."""
    looks, columns = network_looks(data), _by_activation(data)
    figure = new_figure(data, height=8.2)
    grid = figure.subplots(len(ROWS), len(columns), sharex=True, sharey="row", squeeze=False)
    for column, (activation, variants) in enumerate(columns.items()):
        for row, quantity in enumerate(ROWS):
            axes = grid[row, column]
            for variant, network in variants.items():
                curve = data.curve(EXPERIMENT, variant, quantity, robust=quantity != "loss")
                look = replace(looks[network], dash=activation_dash(data, activation))
                line = figure_curves.draw_curve(axes, curve, network, look)
                figure_labels.label_end(axes, line, network)
                original = _original(data, variant, quantity)
                figure_curves.draw_original(axes, original, network, look)
            letter = ascii_lowercase[row * len(columns) + column]
            axes.set_title(f"{letter}  {prose.shown(activation)}: {ROWS[quantity]}")
            figure_axes.epoch_axis(axes, data.plan["experiments"][EXPERIMENT]["epochs"], row == 2)
    for row, quantity in zip(grid, ROWS, strict=True):
        figure_axes.log_axis(*row)
        for axes in row if quantity == "loss" else []:
            figure_curves.mark_level(axes, data.chance_loss, f"ln {len(data.classes)}")
    return figure


def _by_activation(data: FigureData) -> dict[str, dict[str, str]]:
    """Return {activation: {variant: network}}."""
    columns: dict[str, dict[str, str]] = {}
    for variant in data.variants(EXPERIMENT):
        training = data.training(EXPERIMENT, variant)
        columns.setdefault(training["activation"], {})[variant] = training["network"]
    return columns


def _original(data: FigureData, variant: str, quantity: str) -> np.ndarray | None:
    training = data.training(EXPERIMENT, variant)
    if quantity not in ORIGINAL or not data.same_network(training["network"]):
        return None
    keys = (training["network"], training["activation"], ORIGINAL[quantity])
    return data.original(EXPERIMENT, *keys)


def last_gradients(data: FigureData, activation: str) -> dict[str, float]:
    """Return the median gradient norm of the last epoch by network, runs that diverged left out."""
    medians = {}
    for variant, network in _by_activation(data)[activation].items():
        records = data.records(EXPERIMENT, variant)
        last = records.loc[records["epoch"] == records["epoch"].max(), "gradient_norm"].median()
        if np.isfinite(last):
            medians[network] = float(last)
    return medians


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    sentences = []
    for activation in _by_activation(data):
        medians = last_gradients(data, activation)
        if medians:
            low, high = min(medians, key=medians.get), max(medians, key=medians.get)
            ends = [f"{prose.magnitude(medians[name], 2)} ({name})" for name in {low: 0, high: 0}]
            sentences.append(f"with {prose.shown(activation)} {' to '.join(ends)}")
    medians = f"Median gradient norm in the last epoch: {prose.join(sentences) or 'none'}."
    caption = medians
    caption += figure_captions.divergences(data, [EXPERIMENT])
    caption += figure_captions.reading(data, EXPERIMENT, "means (gradients: medians)")
    if any(_original(data, v, "loss") is not None for v in data.variants(EXPERIMENT)):
        caption += " Thin grey: the original's epoch means (gradients: medians), one run each."
    alt = (
        "Loss, gradient norm and gradient per weight by epoch, on logarithmic axes, one column "
        f"for each of {prose.join(map(prose.shown, _by_activation(data)))}. {medians}"
    )
    return {"title": "Gradients by network and activation", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "gradients")
