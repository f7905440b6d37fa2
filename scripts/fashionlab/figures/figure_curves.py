"""Drawing curves: bands, lines and marks (labels are in ``figure_labels``).

Ids in the SVG, for whatever makes it interactive: each curve is ``<g id="curve-<number>-<name>">``,
its band over runs or records ``band-<number>-<name>``, its label ``label-<number>-<name>``. Numbers
count the curves of a figure from 1, so ids are unique in it; a thing has one name in all panels.
In names, whatever is not a letter, a digit or "." is written "-" (read it as a space). Points with
their bars count by themselves: ``curve-p<number>-<name>``, ``label-p<number>-<name>``.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fashionlab.figures.figure_looks import INK, ORIGINAL, Look
from fashionlab.figures.figure_smoothing import Curve

BAND = 0.16  # opacity
FAINT: dict[str, Any] = {"color": INK, "alpha": 0.75, "fontsize": 7, "textcoords": "offset points"}


def draw_curve(axes: Axes, curve: Curve, name: str, look: Look, band: bool = True) -> Line2D:
    """Draw a curve with its band; one whose runs all diverged ends in a cross. Returns the line."""
    number, order = _next_number(axes), len(curves_of(axes))
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
    number = _next_number(axes)
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
        number = _next_number(axes)
        (line,) = axes.plot(
            np.arange(len(values)) + 0.5, values, color=ORIGINAL, linewidth=0.9, zorder=1.5,
            marker=look.marker, markevery=[-1], markersize=3, markeredgewidth=0,
        )  # fmt: skip
        line.set_gid(f"curve-{number}-{slug(f'original {name}')}")


def mark_level(axes: Axes, y: float, text: str) -> None:
    """Draw a thin dotted line across the axes, with a small text on it, if ``y`` is in view."""
    low, high = sorted(axes.get_ylim())
    if low <= y <= high:
        axes.axhline(y, color=INK, linewidth=0.7, linestyle="dotted", alpha=0.6, zorder=1)
        across = axes.get_yaxis_transform()
        axes.annotate(text, (1, y), (-1, 2), xycoords=across, ha="right", **FAINT)


def mark_epoch(axes: Axes, epoch: float, text: str) -> None:
    """Draw a thin vertical line at an epoch, with a small text at its foot."""
    axes.axvline(epoch, color=INK, linewidth=0.7, alpha=0.5, zorder=1)
    upright = axes.get_xaxis_transform()
    axes.annotate(text, (epoch, 0), (2, 2), xycoords=upright, va="bottom", **FAINT)


def curves_of(axes: Axes) -> list[Line2D]:
    """Return the curves, ours and the original's, that were drawn on some axes."""
    return [line for line in axes.lines if id_of(line).startswith("curve-")]


def id_of(artist: Artist) -> str:
    """Return the id of what was drawn, or nothing."""
    return artist.get_gid() or ""


def slug(name: str) -> str:
    """Return a name as it is written in ids."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name)


def _next_number(axes: Axes) -> int:
    return 1 + sum(len(curves_of(other)) for other in axes.figure.axes)
