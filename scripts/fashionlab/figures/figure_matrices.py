"""Drawing confusion matrices, and what is found of each class."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from fashionlab.figures.figure_curves import slug
from fashionlab.figures.figure_looks import COLOURS, INK, Look

LEAST, WRITTEN, FULL = 0.5, 5, 20  # percent from which an error is shown, numbered, fully coloured


def draw_matrix(axes: Axes, matrix: np.ndarray) -> None:
    """Draw a square matrix of percentages: the diagonal framed, the rest coloured as errors."""
    size = len(matrix)
    for (row, column), percent in np.ndenumerate(matrix):
        if row == column:
            frame: dict[str, Any] = {
                "fill": False,
                "edgecolor": INK,
                "linewidth": 0.5,
                "alpha": 0.6,
            }
        else:
            depth = min(percent / FULL, 1) ** 0.7
            frame = {"facecolor": COLOURS[1], "alpha": 0.85 * depth, "linewidth": 0}
        if percent >= LEAST or row == column:
            cell = Rectangle((column - 0.5, row - 0.5), 1, 1, clip_on=False, **frame)
            axes.add_patch(cell)
        if percent >= WRITTEN or row == column:
            axes.text(
                column, row, f"{percent:.0f}", ha="center", va="center_baseline", color=INK,
                fontsize=6 if size <= 12 else 4,
            )  # fmt: skip
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal")
    axes.set(xticks=[], yticks=[])
    axes.tick_params(length=0, labelsize=7)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def draw_recalls(
    axes: Axes, matrices: dict[str, np.ndarray], looks: dict[str, Look], classes: list[str]
) -> None:
    """Draw the diagonals of several matrices as points, a row a class."""
    for number, (name, matrix) in enumerate(matrices.items(), start=1):
        (line,) = axes.plot(
            np.diag(matrix), range(len(matrix)), looks[name].marker, color=looks[name].colour,
            markersize=4, markeredgewidth=0, alpha=0.85, label=name,
        )  # fmt: skip
        line.set_gid(f"curve-p{number}-{slug(name)}")
    axes.set_axis_on()
    axes.set_box_aspect(1)
    axes.set_yticks(range(len(classes)), classes)
    axes.set_ylim(len(classes) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0, labelsize=7)
    axes.grid(axis="both")
    axes.spines["left"].set_visible(False)
    axes.set_title("Found, % of the class")
    axes.margins(x=0.06)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.45, -0.1), ncols=3, labelcolor="linecolor",
        handlelength=0.6, columnspacing=1.2, borderpad=0,
    )  # fmt: skip
