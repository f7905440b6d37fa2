"""Draw loss and first-layer gradients of question 3, one column an activation function.

Writes gradients.svg, gradients.png and gradients.json.
"""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import captions
from fashionlab.figures.data import FigureData
from fashionlab.figures.panels import Entry, draw_grid
from fashionlab.figures.plotting import run_program
from fashionlab.plotting.looks import DASHES

EXPERIMENT = "activations"
ROWS = {
    "loss": "training loss",
    "gradient_norm": "gradient norm, first layer",
    "gradient_rms": "gradient per weight (root mean square)",
}


def draw(data: FigureData) -> Figure:
    """Return the figure: a row a quantity, a column an activation, axes shared along rows."""
    dashes = {"relu": DASHES[0], "sigmoid": DASHES[1]}
    columns = {}
    for activation, variants in _by_activation(data).items():
        dash = dashes.setdefault(activation, DASHES[len(dashes) % len(DASHES)])
        columns[prose.shown(activation)] = [
            Entry(EXPERIMENT, variant, network, replace(data.look(EXPERIMENT, variant), dash=dash))
            for variant, network in variants.items()
        ]
    return draw_grid(data, ROWS, columns, original=True)


def _by_activation(data: FigureData) -> dict[str, dict[str, str]]:
    """Return {activation: {variant: network}}."""
    columns: dict[str, dict[str, str]] = {}
    for variant in data.variants(EXPERIMENT):
        training = data.training(EXPERIMENT, variant)
        columns.setdefault(training["activation"], {})[variant] = training["network"]
    return columns


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
            low = min(medians, key=medians.__getitem__)
            high = max(medians, key=medians.__getitem__)
            span = [f"{prose.magnitude(medians[name], 2)} ({name})" for name in {low: 0, high: 0}]
            sentences.append(f"with {prose.shown(activation)} {' to '.join(span)}")
    ends = f"Median gradient norm in the last epoch: {prose.join(sentences) or 'none'}."
    variants = data.variants(EXPERIMENT)
    caption = ends + captions.ending(
        data, EXPERIMENT, "means (gradients: medians)", beside=variants
    )
    alt = (
        "Loss, gradient norm and gradient per weight by epoch, on logarithmic axes, one column "
        f"for each of {prose.join(map(prose.shown, _by_activation(data)))}. {ends}"
    )
    return {"title": "Gradients by network and activation", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "gradients")
