"""Draw sample images of every class and how many images of it each part of the split has.

Writes dataset.svg, dataset.png and dataset.json.
"""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.data.idx import FILES, read_images, read_labels
from fashionlab.figures.data import FigureData
from fashionlab.figures.images import draw_mosaic, row_centres
from fashionlab.figures.looks import COLOURS, INK
from fashionlab.figures.plotting import new_figure, run_program

SAMPLES = 10
PARTS = {"train": "training", "validation": "validation", "test": "test"}


def draw(data: FigureData) -> Figure:
    """Return the figure: a row a class; samples at the left, counts at the right."""
    figure = new_figure(data, height=0.5 + 0.42 * len(data.classes))
    images, counts = figure.subplots(1, 2, width_ratios=(SAMPLES * 0.42, 1.9))
    tiles = samples(data)
    draw_mosaic(images, tiles, SAMPLES, limits=(0, 255))
    rows = row_centres(tiles, SAMPLES)
    images.set_axis_on()
    images.set_yticks(rows, data.class_labels)
    images.set_xticks([])
    images.tick_params(left=False)
    images.spines[:].set_visible(False)
    images.grid(visible=False)
    images.set_title("a  Training images")
    _draw_counts(counts, data.split["class_counts"], rows, images.get_ylim())
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


def samples(data: FigureData) -> np.ndarray:
    """Return the first training images of every class, uint8 [classes * SAMPLES, H, W]."""
    folder = Path(data.plan["dataset"]["folder"])
    images = read_images(folder / FILES["train"][0])
    labels = read_labels(folder / FILES["train"][1], len(data.classes))
    chosen = np.asarray(data.split["train"])
    return np.concatenate([
        _filled(images[chosen[labels[chosen] == label][:SAMPLES]])
        for label in range(len(data.classes))
    ])  # fmt: skip


def _filled(images: np.ndarray) -> np.ndarray:
    missing = SAMPLES - len(images)
    return np.pad(images, ((0, missing), (0, 0), (0, 0)))


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    counts, name = data.split["class_counts"], data.plan["dataset"]["name"]
    parts = []
    for part, word in PARTS.items():
        low, high = min(counts[part]), max(counts[part])
        each = f"{low:,}" if low == high else f"{low:,} to {high:,}"
        parts.append(f"{each} for {word}" if part != "test" else f"{each} for the {word}")
    stratified = all(len(set(counts[part])) == 1 for part in PARTS)
    words = "Every class has" if stratified else "A class has"
    caption = (
        f"{words} {prose.join(parts)}; in all {sum(map(sum, counts.values())):,} images. "
        f"Shown are the first {SAMPLES} training images of each class."
    )
    alt = (
        f"Rows of sample images of {prose.join(data.classes)}, with bars for the number of images "
        f"of each class: {prose.join(parts)}."
    )
    return {"title": f"{name} and its split", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "dataset")
