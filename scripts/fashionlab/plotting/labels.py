"""Labels at the ends of curves and above points, moved until none covers another."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text

from fashionlab.plotting.curves import id_of

TIE: dict[str, Any] = {"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 1, "shrinkB": 3}


def label_end(axes: Axes, line: Line2D, text: str) -> None:
    """Write a label in the line's colour at its right end; ``settle_labels`` moves it later."""
    x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
    finite = np.flatnonzero(np.isfinite(y))
    if len(finite):
        tie = TIE | {"color": line.get_color(), "relpos": (0, 0.5)}
        label = axes.annotate(
            text, (x[finite[-1]], y[finite[-1]]), (9, 0), textcoords="offset points", va="center",
            color=line.get_color(), annotation_clip=False, arrowprops=tie,
        )  # fmt: skip
        label.set_gid(id_of(line).replace("curve-", "label-", 1))


def settle_labels(figure: Figure) -> None:
    """Lay the figure out once, then move labels until none covers another.

    Labels of curves stand right of their ends, those that could collide in one column, and move up
    or down; labels of points stand above them and move left or right.
    """
    figure.draw_without_rendering()
    places = {text: text.get_position() for axes in figure.axes for text in axes.texts}
    if _settle(figure):
        figure.draw_without_rendering()  # which makes room for what went to the right
        for text, place in places.items():
            text.set_position(place)
        _settle(figure)
    figure.set_layout_engine(None)  # with any other, saving draws all once more


def _settle(figure: Figure) -> bool:
    """Move the labels, and return whether one went to the right, to where others stand."""
    farthest = 0.0
    for axes in figure.axes:
        labels = [text for text in axes.texts if isinstance(text, Annotation)]
        points = [label for label in labels if id_of(label).startswith("label-p")]
        ends = [label for label in labels if label.arrow_patch]
        for across, chosen in enumerate((ends, points)):
            for group in _neighbours(chosen, along=across):
                farthest = max(farthest, _spread(group, axes, along=1 - across))
    return farthest > 1


def _neighbours(labels: list[Annotation], along: int) -> list[list[Annotation]]:
    """Return groups of labels whose extents along an axis (0: x, 1: y) overlap, or nearly."""
    spans = {label: _span(label, along) for label in labels}
    groups: list[list[Annotation]] = []
    end = -math.inf
    for label in sorted(labels, key=lambda one: spans[one][0]):
        if spans[label][0] < end:
            groups[-1].append(label)
        else:
            groups.append([label])
        end = max(end, spans[label][1])
    return groups


def _span(label: Annotation, along: int) -> tuple[float, float]:
    """Return the pixels that a label with the point it belongs to takes along an axis."""
    point, size = _point(label)[along], _size(label)[along]
    return point - 8, point + size + (24 if along == 0 else 0)


def _spread(labels: list[Annotation], axes: Axes, along: int) -> float:
    """Move labels along an axis until they are apart, inside the frame if there is room.

    Those of curves go to the right, too, to one column; returns by how many pixels at most.
    """
    frame = axes.get_window_extent()
    low, high = (frame.y0, frame.y1) if along else (frame.x0, frame.x1)
    gap = max(_size(label)[along] for label in labels) + (0 if along else 6)
    points = [_point(label)[along] for label in labels]
    column = max(_point(label)[0] for label in labels)
    for label, old, new in zip(labels, points, dodge(points, gap, low, high), strict=True):
        x, y = label.get_position()
        right, shift = np.array((column - _point(label)[0], new - old)) * 72 / axes.figure.dpi
        label.set_position((x + right, shift) if along else (shift, y))
    return max(column - _point(label)[0] for label in labels) if along else 0.0


def _point(label: Annotation) -> np.ndarray:
    return _axes(label).transData.transform(label.xy)


def _axes(label: Annotation) -> Axes:
    assert isinstance(label.axes, Axes)
    return label.axes


def _size(label: Annotation) -> tuple[float, float]:
    """Return width and height of a label's text in pixels, line spacing included."""
    width = Text.get_window_extent(label).width
    return width, float(label.get_fontsize()) * 1.22 * _axes(label).figure.dpi / 72


def dodge(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions at least ``gap`` apart, in the same order, as near the old ones as can be.

    All lie between ``low`` and ``high`` if there is room. Where the gaps are taken out, that is
    isotonic regression, here by its max-min formula (Robertson, Wright and Dykstra, 1988).
    """
    order, room = np.argsort(positions, kind="stable"), gap * np.arange(len(positions))
    wanted = np.clip(positions, low, high)[order] - room
    zeros = [
        max(min(wanted[a : b + 1].mean() for b in range(i, len(wanted))) for a in range(i + 1))
        for i in range(len(wanted))
    ]
    moved = np.empty(len(positions))
    moved[order] = np.clip(zeros, low, max(high - room[-1], low)) + room
    return moved.tolist()
