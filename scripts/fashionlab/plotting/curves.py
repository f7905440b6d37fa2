"""Curves: smoothed from the records of some runs, and drawn with bands and marks.

Ids in the SVG, for whatever makes it interactive: each curve is ``<g id="curve-<number>-<name>">``,
its band over runs or records ``band-<number>-<name>``, its label ``label-<number>-<name>``. Numbers
count the curves of a figure from 1, so ids are unique in it; a thing has one name in all panels.
In names, whatever is not a letter, a digit or "." is written "-" (read it as a space). Points with
their bars count by themselves: ``curve-p<number>-<name>``, ``label-p<number>-<name>``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fashionlab.plotting.looks import INK, ORIGINAL, Look
from fashionlab.study import Study

Numbers = Sequence[float] | np.ndarray
POINTS = 130  # of a drawn curve: more cannot be seen at this width, and makes the SVG heavy
BAND = 0.16  # opacity
LABEL = (0.2, 0.07)  # width and height of the text at a level, in those of the axes
FAINT: dict[str, Any] = {"color": INK, "alpha": 0.75, "fontsize": 7, "textcoords": "offset points"}


@dataclass(frozen=True)
class Curve:
    """A quantity over a variant's training; arrays [points], NaN nowhere.

    ``x`` is in epochs, ``low`` and ``high`` bound the single runs, or, with one run, the middle
    80 % of its records in the smoothing window.
    """

    x: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    runs: int = 1
    diverged: int = 0


def curve_of(
    study: Study, experiment: str, variant: str, column: str, robust: bool = False,
    epoch: bool = False,
) -> Curve:  # fmt: skip
    """Return a variant's smoothed curve: means, or, if ``robust``, medians in a centred window.

    The window is that of the experiment (`Study.smoothing_steps`), or an ``epoch``.
    """
    training = study.entries(experiment, variant)[0]
    table = study.rows("records", experiment, variant)
    wide = table.pivot(index="step", columns="run", values=column).dropna(how="all")
    steps = training["steps_per_epoch"] if epoch else study.smoothing_steps(experiment)
    window = steps / training["record_every"]
    if training["validate"] == "epochs" and column == "validation_accuracy":
        window = 1
    curve = summarise(wide, training["steps_per_epoch"], max(1, round(window)), robust)
    lost = study.diverged(experiment, variant)
    return replace(curve, runs=len(lost), diverged=int(lost.notna().sum()))


def summarise(wide: pd.DataFrame, steps_per_epoch: int, window: int, robust: bool) -> Curve:
    """Return the curve of a table with a column a run, indexed by step, NaN after divergence."""
    rolling = wide.rolling(window, center=True, min_periods=1)
    smooth = (rolling.median() if robust else rolling.mean()).where(wide.notna())
    if wide.shape[1] > 1:
        low, high = smooth.min(axis=1), smooth.max(axis=1)
    else:
        low, high = rolling.quantile(0.1).iloc[:, 0], rolling.quantile(0.9).iloc[:, 0]
    middle = smooth.median(axis=1) if robust else smooth.mean(axis=1)
    drawn = np.unique(np.linspace(0, len(wide) - 1, min(len(wide), POINTS)).round().astype(int))
    parts = (wide.index / steps_per_epoch, middle, low, high)
    return Curve(*(np.asarray(part, float)[drawn] for part in parts))


def draw_curve(axes: Axes, curve: Curve, name: str, look: Look, band: bool = True) -> Line2D:
    """Draw a curve with its band; one whose runs all diverged ends in a cross. Returns the line."""
    if band and len(curve.x) > 1:
        axes.fill_between(
            curve.x, curve.low, curve.high, color=look.colour, alpha=BAND, linewidth=0,
            gid=f"band-{_next_number(axes)}-{slug(name)}",
        )  # fmt: skip
    every = max(len(curve.x) // 5, 1)
    first = (every // 3 + 4 * len(curves_of(axes))) % every
    line = _plot(
        axes, curve.x, curve.middle, name, color=look.colour, linestyle=look.dash,
        marker=look.marker, markevery=(first, every),
    )  # fmt: skip
    if curve.diverged == curve.runs and len(curve.x):
        axes.plot(
            curve.x[-1:], curve.middle[-1:], color=look.colour, marker="x", markersize=6,
            markeredgewidth=1.6, clip_on=False,
        )  # fmt: skip
    return line


def draw_path(axes: Axes, x: Numbers, y: Numbers, name: str, look: Look) -> Line2D:
    """Draw one value against another over the epochs, with its marker at the end."""
    return _plot(
        axes, x, y, name, color=look.colour, linewidth=1.1, marker=look.marker, markevery=[-1],
        markersize=6,
    )  # fmt: skip


def draw_original(
    axes: Axes, study: Study, place: tuple[str, str], column: str, look: Look
) -> None:
    """Draw the original's value of each epoch in the middle of its epoch, where it is comparable.

    Thin and grey; dashes, and the marker at its end, are those of the curve that it stands beside.
    """
    values = study.original.curve(*place, column) if study.original else None
    if values is not None:
        _plot(
            axes, np.arange(len(values)) + 0.5, values, f"original {study.label(*place)}",
            color=ORIGINAL, linewidth=0.9, zorder=1.5, linestyle=look.dash, marker=look.marker,
            markevery=[-1], markersize=3.5,
        )  # fmt: skip


def _plot(axes: Axes, x: Numbers, y: Numbers, name: str, **style: Any) -> Line2D:
    """Draw a line that is known by its id in the SVG."""
    known_as = f"curve-{_next_number(axes)}-{slug(name)}"
    return axes.plot(x, y, gid=known_as, markeredgewidth=0, **style)[0]


def mark_level(axes: Axes, y: float, text: str) -> None:
    """Draw a thin dotted line across the axes, with a small text on it, if ``y`` is in view.

    At the right above the line, or where fewer points of curves are covered.
    """
    low, high = sorted(axes.get_ylim())
    if low <= y <= high:
        axes.axhline(y, color=INK, linewidth=0.7, linestyle="dotted", alpha=0.6, zorder=1)
        side, above = _clear_place(axes, y)
        place: dict[str, Any] = {"xy": (side, y), "xytext": (1 - 2 * side, 2 if above else -2)}
        across, ha = axes.get_yaxis_transform(), "right" if side else "left"
        axes.annotate(
            text, **place, xycoords=across, ha=ha, va="bottom" if above else "top", **FAINT
        )


def _clear_place(axes: Axes, y: float) -> tuple[int, bool]:
    """Return the side (1: right) of a level, and whether above it, where curves leave most room."""
    to_axes = axes.transData - axes.transAxes
    level = to_axes.transform((axes.get_xlim()[0], y))[1]
    across = np.linspace(0, 1, POINTS)
    curves = [to_axes.transform(np.asarray(c.get_xydata(), float)) for c in curves_of(axes)]
    heights = [
        np.interp(across, own[:, 0], own[:, 1], left=np.nan, right=np.nan)
        for own in curves
        if len(own)
    ]
    covered = {}
    for side, above in ((1, True), (1, False), (0, True), (0, False)):
        bottom = level if above else level - LABEL[1]
        near = across > 1 - LABEL[0] if side else across < LABEL[0]
        inside = [(own[near] > bottom) & (own[near] < bottom + LABEL[1]) for own in heights]
        covered[side, above] = np.sum(inside) if bottom >= 0 else np.inf
    return min(covered, key=covered.__getitem__)


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
