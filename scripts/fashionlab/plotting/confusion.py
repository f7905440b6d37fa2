"""Confusion matrices on the test images, and the share of each class found."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from fashionlab.plotting.curves import slug
from fashionlab.plotting.figure import empty_figure, new_figure, plain
from fashionlab.plotting.looks import COLOURS, INK, Look
from fashionlab.study import Study

COLUMNS = 3
LEAST, WRITTEN, FULL = 0.5, 5, 20  # percent from which an error is shown, numbered, fully coloured
NOTHING = "Every training diverged, so no test image was classified."


def draw_confusions(study: Study, experiment: str, looks: Mapping[str, Look]) -> Figure:
    """Return the figure of some variants: a matrix each, in percent of a class, errors coloured.

    Where a place is left, the diagonals of all stand there side by side, in the variants' looks.
    """
    matrices = confusions(study, experiment, looks)
    if not matrices:
        return empty_figure(study, NOTHING)
    columns = min(COLUMNS, len(matrices) + 1)
    rows = -(-len(matrices) // columns)
    figure = new_figure(study, height=0.8 + rows * 6.6 / COLUMNS)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for place, (name, matrix) in enumerate(matrices.items()):
        axes = grid[divmod(place, columns)]
        _draw_matrix(axes, matrix)
        axes.set_axis_on()
        axes.set_title(plain(study.label(experiment, name)))
        if place % columns == 0:
            axes.set_ylabel("true class")
            axes.set_yticks(range(len(matrix)), [plain(name) for name in study.classes])
        if place + columns >= len(matrices):
            axes.set_xlabel("predicted class")
            axes.set_xticks(
                range(len(matrix)), [plain(name) for name in study.classes], rotation=90
            )
    if len(matrices) < grid.size:
        _draw_recalls(
            grid.flat[-1], study, experiment, {v: (matrices[v], looks[v]) for v in matrices}
        )
    return figure


def _draw_matrix(axes: Axes, matrix: np.ndarray) -> None:
    """Draw a square matrix of percentages: the diagonal framed, the rest coloured as errors."""
    size = len(matrix)
    for (row, column), percent in np.ndenumerate(matrix):
        depth = 0.85 * min(percent / FULL, 1) ** 0.7
        frame: dict[str, Any] = {"facecolor": COLOURS[1], "alpha": depth, "linewidth": 0}
        if row == column:
            frame = {"fill": False, "edgecolor": INK, "linewidth": 0.5, "alpha": 0.6}
        if percent >= LEAST or row == column:
            axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, clip_on=False, **frame))
        if percent >= WRITTEN or row == column:
            axes.text(
                column, row, f"{percent:.0f}", ha="center", va="center_baseline", color=INK,
                fontsize=8 if size <= 5 else 6 if size <= 12 else 4,
            )  # fmt: skip
    limits = (-0.5, size - 0.5)
    axes.set(xlim=limits, ylim=limits[::-1], aspect="equal", xticks=[], yticks=[])
    axes.tick_params(length=0, labelsize=7)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def _draw_recalls(
    axes: Axes, study: Study, experiment: str, matrices: dict[str, tuple[np.ndarray, Look]]
) -> None:
    """Draw the diagonals of several matrices as points, a row a class."""
    for number, (name, (matrix, look)) in enumerate(matrices.items(), start=1):
        axes.plot(
            np.diag(matrix), range(len(matrix)), look.marker, color=look.colour,
            label=plain(study.label(experiment, name)),
            markersize=4, markeredgewidth=0, alpha=0.85, gid=f"curve-p{number}-{slug(name)}",
        )  # fmt: skip
    axes.set_axis_on()
    axes.set_box_aspect(1)
    axes.set_yticks(range(len(study.classes)), [plain(name) for name in study.classes])
    axes.set_ylim(len(study.classes) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelsize=7)
    axes.grid(axis="both")
    axes.spines["left"].set_visible(False)
    axes.set_title("Found, % of the class")
    axes.margins(x=0.06)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.45, -0.1), ncols=3, labelcolor="linecolor",
        handlelength=0.6, columnspacing=1.2, borderpad=0,
    )  # fmt: skip


def confusions(study: Study, experiment: str, variants: Iterable[str]) -> dict[str, np.ndarray]:
    """Return variants' matrices in percent of the true class, over all their runs that ended.

    Rows are true classes, columns predicted ones.
    """
    size = range(len(study.classes))
    matrices = {}
    for variant in variants:
        rows = study.predictions(experiment, variant)
        if len(rows):
            counted = pd.crosstab(rows["label"], rows["predicted"])
            counts = counted.reindex(index=size, columns=size, fill_value=0).to_numpy(float)
            matrices[variant] = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return matrices
