"""Sample images of every class, and how many images of it each part of the split has."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab.data.idx import FILES, read_images, read_labels
from fashionlab.plotting.figure import new_figure, plain
from fashionlab.plotting.images import draw_mosaic
from fashionlab.plotting.looks import COLOURS, INK
from fashionlab.study import Study

SAMPLES = 10
PARTS = {"train": "training", "validation": "validation", "test": "test"}


def draw(study: Study) -> Figure:
    """Return the figure: a row a class; samples at the left, counts at the right."""
    figure = new_figure(study, height=0.5 + 0.42 * len(study.classes))
    images, counts = figure.subplots(1, 2, width_ratios=(SAMPLES * 0.42, 1.9))
    rows = draw_mosaic(images, samples(study), SAMPLES, limits=(0, 255))
    images.set_axis_on()
    images.set_yticks(rows, [plain(name) for name in study.classes])
    images.set_xticks([])
    images.tick_params(left=False)
    images.spines[:].set_visible(False)
    images.grid(visible=False)
    images.set_title("a  Training images")
    _draw_counts(counts, study.split["class_counts"], rows, images.get_ylim())
    return figure


def _draw_counts(axes: Axes, counts: dict, rows: list[float], limits: tuple) -> None:
    left, height = np.zeros(len(rows)), 0.5 * abs(limits[0] - limits[1]) / len(rows)
    for (part, name), colour in zip(PARTS.items(), COLOURS, strict=False):
        values = np.asarray(counts[part])
        axes.barh(rows, values, height, left=left, color=colour, alpha=0.85)
        # The names stand over the bars of the first class; the narrow middle one leans left.
        side = "right" if part == "validation" else "left"
        edge = left[0] + (values[0] if side == "right" else 0)
        axes.annotate(
            name, (edge, rows[0] - height / 2), (-3 if side == "right" else 1, 3), fontsize=7.5,
            textcoords="offset points",
            ha=side, color=colour,
        )  # fmt: skip
        left = left + values
    for row, total in zip(rows, left, strict=True):
        axes.annotate(
            f"{total:,.0f}", (total, row), (3, 0), textcoords="offset points", va="center",
            fontsize=7, color=INK,
        )  # fmt: skip
    axes.set(ylim=limits, yticks=[], xlabel="images")
    axes.set_title("b  Images a class")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="x")
    axes.locator_params(axis="x", nbins=4)


def samples(study: Study) -> np.ndarray:
    """Return the first training images of every class, uint8 [classes * SAMPLES, H, W]."""
    folder = Path(study.plan["dataset"]["folder"])
    images = read_images(folder / FILES["train"][0])
    if images.ndim == 4:  # the mean over the channels
        images = images.mean(axis=1).astype(np.uint8)
    labels = read_labels(folder / FILES["train"][1], len(study.classes))
    chosen = np.asarray(study.split["train"])
    return np.concatenate([
        _filled(images[chosen[labels[chosen] == label][:SAMPLES]])
        for label in range(len(study.classes))
    ])  # fmt: skip


def _filled(images: np.ndarray) -> np.ndarray:
    missing = SAMPLES - len(images)
    return np.pad(images, ((0, missing), (0, 0), (0, 0)))
