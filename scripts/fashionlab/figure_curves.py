"""Drawing curves: bands, lines, labels at their ends that do not overlap, and marks.

Ids in the SVG, for whatever makes it interactive: each curve is ``<g id="curve-<number>-<name>">``,
its band over runs or records ``band-<number>-<name>``, its label ``label-<number>-<name>``. Numbers
count the curves of a figure from 1, so ids are unique in it; a thing has one name in all panels.
In names, whatever is not a letter, a digit or "." is written "-" (read it as a space). Points with
their bars count by themselves: ``curve-p<number>-<name>``, ``label-p<number>-<name>``.
"""

import math
import re
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text

from fashionlab.figure_data import Curve
from fashionlab.figure_looks import INK, ORIGINAL, Look

BAND = 0.16  # opacity
FAINT = {"color": INK, "alpha": 0.75, "fontsize": 7, "textcoords": "offset points"}


def draw_curve(axes: Axes, curve: Curve, name: str, look: Look, band: bool = True) -> Line2D:
    """Draw a curve with its band; one whose runs all diverged ends in a cross. Returns the line."""
    number, order = _next_number(axes.figure), len(curves_of(axes))
    if band and len(curve.x) > 1:
        filled = axes.fill_between(
            curve.x, curve.low, curve.high, color=look.colour, alpha=BAND, linewidth=0
        )
        filled.set_gid(f"band-{number}-{slug(name)}")
    every = max(len(curve.x) // 5, 1)
    (line,) = axes.plot(
        curve.x, curve.middle, color=look.colour, linestyle=look.dash, marker=look.marker,
        markevery=((every // 3 + 4 * order) % every, every), markeredgewidth=0,
    )  # fmt: skip
    line.set_gid(f"curve-{number}-{slug(name)}")
    if curve.diverged == curve.runs and len(curve.x):
        axes.plot(
            curve.x[-1:], curve.middle[-1:], color=look.colour, marker="x", markersize=6,
            markeredgewidth=1.6, clip_on=False,
        )  # fmt: skip
    return line


def draw_path(axes: Axes, x: Sequence, y: Sequence, name: str, look: Look) -> Line2D:
    """Draw one value against another over the epochs, with its marker at the end."""
    number = _next_number(axes.figure)
    (line,) = axes.plot(
        x, y, color=look.colour, marker=look.marker, markevery=[-1], markeredgewidth=0,
        markersize=6, linewidth=1.1,
    )  # fmt: skip
    line.set_gid(f"curve-{number}-{slug(name)}")
    return line


def draw_original(axes: Axes, values: np.ndarray | None, name: str, look: Look) -> None:
    """Draw the original's mean of each epoch, if any, in the middle of its epoch.

    Thin and grey; the marker at its end is the one of the curve that it stands beside.
    """
    if values is not None:
        number = _next_number(axes.figure)
        (line,) = axes.plot(
            np.arange(len(values)) + 0.5, values, color=ORIGINAL, linewidth=0.9, zorder=1.5,
            marker=look.marker, markevery=[-1], markersize=3, markeredgewidth=0,
        )  # fmt: skip
        line.set_gid(f"curve-{number}-{slug(f'original {name}')}")


def label_end(axes: Axes, line: Line2D, text: str) -> None:
    """Write a label in the line's colour at its right end; ``settle_labels`` moves it later."""
    finite = np.flatnonzero(np.isfinite(np.asarray(line.get_ydata(), float)))
    if len(finite):
        tie = {"arrowstyle": "-", "linewidth": 0.5, "shrinkA": 1, "shrinkB": 3, "relpos": (0, 0.5)}
        label = axes.annotate(
            text, (line.get_xdata()[finite[-1]], line.get_ydata()[finite[-1]]), (9, 0),
            textcoords="offset points", color=line.get_color(), va="center",
            annotation_clip=False, arrowprops=tie | {"color": line.get_color()},
        )  # fmt: skip
        label.set_gid(line.get_gid().replace("curve-", "label-", 1))


def settle_labels(figure: Figure) -> None:
    """Lay the figure out once, then move labels until none covers another.

    Labels of curves stand right of their ends and move up or down; labels of points stand above
    them and move left or right.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        labels = [text for text in axes.texts if (text.get_gid() or "").startswith("label-")]
        for across in (0, 1):
            chosen = [label for label in labels if label.get_gid().startswith("label-p") == across]
            for group in _neighbours(chosen, along=across):
                _spread(group, axes, along=1 - across)


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


def _spread(labels: list[Annotation], axes: Axes, along: int) -> None:
    """Move labels along an axis until they are apart, inside the frame if there is room."""
    frame = axes.get_window_extent()
    low, high = (frame.y0, frame.y1) if along else (frame.x0, frame.x1)
    gap = max(_size(label)[along] for label in labels) + (0 if along else 6)
    points = [_point(label)[along] for label in labels]
    for label, old, new in zip(labels, points, dodge(points, gap, low, high), strict=True):
        offset = list(label.get_position())
        offset[along] = (new - old) * 72 / axes.figure.dpi
        label.set_position(offset)


def _point(label: Annotation) -> np.ndarray:
    return label.axes.transData.transform(label.xy)


def _size(label: Annotation) -> tuple[float, float]:
    """Return width and height of a label's text in pixels, line spacing included."""
    width = Text.get_window_extent(label).width
    return width, label.get_fontsize() * 1.22 * label.figure.dpi / 72


def dodge(positions: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions at least ``gap`` apart, in the same order, as near the old ones as can be.

    All lie between ``low`` and ``high`` if there is room. Least squares, by pooling of neighbours
    that collide (isotonic regression).
    """
    order = sorted(range(len(positions)), key=positions.__getitem__)
    blocks: list[tuple[float, int]] = []  # sum and number of where each member's zero would be
    for place, index in enumerate(order):
        block = (min(max(positions[index], low), high) - place * gap, 1)
        while blocks and blocks[-1][0] / blocks[-1][1] > block[0] / block[1]:
            total, number = blocks.pop()
            block = (block[0] + total, block[1] + number)
        blocks.append(block)
    room = max(high - (len(positions) - 1) * gap, low)
    zeros = [min(max(total / number, low), room) for total, number in blocks for _ in range(number)]
    moved = dict(zip(order, (zero + place * gap for place, zero in enumerate(zeros)), strict=True))
    return [moved[index] for index in range(len(positions))]


def mark_level(axes: Axes, y: float, text: str) -> None:
    """Draw a thin dotted line across the axes, with a small text on it, if ``y`` is in view."""
    low, high = sorted(axes.get_ylim())
    if low <= y <= high:
        axes.axhline(y, color=INK, linewidth=0.7, linestyle="dotted", alpha=0.6, zorder=1)
        across = axes.get_yaxis_transform()
        axes.annotate(text, (1, y), (-1, 2), xycoords=across, ha="right", **FAINT)


def mark_epoch(axes: Axes, epoch: float, text: str) -> None:
    """Draw a thin vertical line at an epoch, with a small text at its top."""
    axes.axvline(epoch, color=INK, linewidth=0.7, alpha=0.5, zorder=1)
    upright = axes.get_xaxis_transform()
    axes.annotate(text, (epoch, 1), (2, -1), xycoords=upright, va="top", **FAINT)


def curves_of(axes: Axes) -> list[Line2D]:
    """Return the curves, ours and the original's, that were drawn on some axes."""
    return [line for line in axes.lines if (line.get_gid() or "").startswith("curve-")]


def slug(name: str) -> str:
    """Return a name as it is written in ids."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name)


def _next_number(figure: Figure) -> int:
    return 1 + sum(len(curves_of(axes)) for axes in figure.axes)
