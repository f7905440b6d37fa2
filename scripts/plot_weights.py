"""Draw the first-layer weights of a network of question 2 as grey images.

Writes weights_<network>.svg, .png and .json.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures.data import FigureData
from fashionlab.figures.plotting import new_figure, run_program
from fashionlab.plotting.images import columns_for, draw_mosaic
from fashionlab.statistics import morans_i
from fashionlab.storage.weight_files import layer_weights

EXPERIMENT = "generalisation"


def draw(data: FigureData, network: str) -> Figure:
    """Return the figure: a grid of images with one symmetric scale, the smoothest image first."""
    images = ordered(first_weights(data, network))
    limit, columns = scale(images), columns_for(len(images))
    rows, (height, width) = -(-len(images) // columns), images.shape[1:]
    figure = new_figure(data, height=0.5 + 6.8 / columns * rows * height / width)
    grid, bar = figure.subplots(2, 1, height_ratios=(rows * height / width, 0.014 * columns))
    draw_mosaic(grid, images, columns, (-limit, limit))
    _draw_scale(bar, limit)
    return figure


def _draw_scale(axes: Axes, limit: float) -> None:
    ramp = np.linspace(-1, 1, 65)[None]
    axes.imshow(
        ramp.repeat(2, axis=0), cmap="gray", extent=(-limit, limit, 0, 1), aspect="auto",
        interpolation="none",
    )  # fmt: skip
    axes.set(yticks=[], xticks=[-limit, 0, limit], xlabel="weight")
    axes.set_xticklabels([prose.number(-limit, 2), "0", prose.number(limit, 2)])
    axes.set_xlim(-4 * limit, 4 * limit)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)


def best_training(data: FigureData, network: str) -> pd.Series:
    """Return the row of the network's training with the best final validation accuracy.

    Chosen on validation, never on the test set. If all runs diverged it is the first. Raises
    ValueError if the experiment has no such network.
    """
    table = data.trainings
    rows = table[(table["experiment"] == EXPERIMENT) & (table["network"] == network)]
    if rows.empty:
        raise ValueError(f"no training of {network!r} in experiment {EXPERIMENT!r}")
    return rows.iloc[rows["validation_accuracy"].fillna(-1).argmax()]


def first_weights(data: FigureData, network: str) -> np.ndarray:
    """Return the first layer's weights as images, float32 [units, height, width]."""
    row = best_training(data, network)
    identity = f"{EXPERIMENT}/{row['variant']}/run{row['run']}"
    path = next(t["weights"] for t in data.plan["trainings"] if t["id"] == identity)
    weight = layer_weights(path)[0]
    _, height, width = data.plan["dataset"]["image_shape"]
    images = weight[:, 0] if weight.ndim == 4 else weight.reshape(-1, height, width)
    return np.nan_to_num(images, posinf=0, neginf=0)  # of a run that diverged


def ordered(images: np.ndarray) -> np.ndarray:
    """Return the images with the spatially smoothest (largest Moran's I) first."""
    return images[np.argsort(-np.nan_to_num(morans_i(images), nan=-1), kind="stable")]


def scale(images: np.ndarray) -> float:
    """Return the weight that is white; 0.5 % of the weights are beyond it or its negative."""
    return float(np.quantile(np.abs(images), 0.995)) or 1.0


def describe(data: FigureData, network: str) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    images, row = first_weights(data, network), best_training(data, network)
    smooth = np.nan_to_num(morans_i(images)).mean()
    runs = data.plan["experiments"][EXPERIMENT]["runs"]
    lost = " (it diverged; weights that are no numbers are drawn as 0)"
    which = f" of the run with the best validation accuracy (run {row['run']})" if runs > 1 else ""
    which = lost if np.isnan(row["validation_accuracy"]) else which
    kernel = f"{images.shape[1]} × {images.shape[2]}"
    caption = (
        f"First-layer weights of {network}{which}: {len(images)} images of {kernel} weights, the "
        f"smoothest first. Neighbouring weights correlate by {prose.number(smooth, 2)} (Moran's I, "
        "mean over the images; 0: as if shuffled, 1: smooth). Black: negative, white: positive, "
        "one scale for all."
    )
    alt = (
        f"A grid of {len(images)} grey images of {kernel} pixels: the first-layer weights of "
        f"{network}; their mean spatial autocorrelation is {prose.number(smooth, 2)}."
    )
    return {"title": f"First-layer weights of {network}", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "weights_{}", option="network")
