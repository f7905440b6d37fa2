"""Sample images of every class, and how many images it has where classes differ in that."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab.data.idx import FILES, read_images, read_labels
from fashionlab.plotting.figure import new_figure, plain
from fashionlab.plotting.images import draw_mosaic
from fashionlab.plotting.looks import COLOURS, INK
from fashionlab.study import Study

PARTS = {"train": "training", "validation": "validation", "test": "test"}


def draw(study: Study) -> Figure:
    """Return the figure: a row of samples a class; counts at the right where classes differ."""
    figure = new_figure(study, height=0.4 + 0.4 * len(study.classes))
    parts = study.split["class_counts"]
    if all(len(set(counts)) == 1 for counts in parts.values()):
        _draw_samples(figure.subplots(), study, columns=16)
        return figure
    images, counts = figure.subplots(1, 2, width_ratios=(10 * 0.42, 1.9))
    rows = _draw_samples(images, study, columns=10)
    images.set_title("a  Training images")
    _draw_counts(counts, parts, rows, images.get_ylim())
    return figure


def _draw_samples(axes: Axes, study: Study, columns: int) -> list[float]:
    rows = draw_mosaic(axes, samples(study, columns), columns, limits=(0, 255))
    axes.set_axis_on()
    axes.set_yticks(rows, [plain(name) for name in study.classes])
    axes.set_xticks([])
    axes.tick_params(left=False)
    axes.spines[:].set_visible(False)
    axes.grid(visible=False)
    return rows


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


def samples(study: Study, each: int) -> np.ndarray:
    """Return the first training images of every class, uint8 [classes * each, H, W]."""
    folder = Path(study.plan["dataset"]["folder"])
    images = read_images(folder / FILES["train"][0])
    if images.ndim == 4:  # several channels: their mean, in grey
        images = images.mean(axis=1).astype(np.uint8)
    labels = read_labels(folder / FILES["train"][1], len(study.classes))
    chosen = np.asarray(study.split["train"])
    rows = [images[chosen[labels[chosen] == label][:each]] for label in range(len(study.classes))]
    missing = [np.pad(row, ((0, each - len(row)), (0, 0), (0, 0))) for row in rows]
    return np.concatenate(missing)
