"""Axes for accuracies, losses, gradients and epochs: scales, limits and ticks."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.text import Annotation
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from fashionlab import prose
from fashionlab.plotting.curves import curves_of, mark_level

DECADES = 9  # on an axis that also shows zeros
STEEP = 0.06  # share of a curve that `focus` leaves out
ACCURACY_TICKS = (0, 10, 30, 50, 60, 70, 80, 85, 90, 92, 94, 96, 98, 99, 99.5)


def epoch_axis(axes: Axes, epochs: int, label: bool = True) -> None:
    """Set the horizontal axis to whole epochs."""
    axes.set_xlim(0, epochs)
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500) if epochs / s <= 6), epochs)
    axes.xaxis.set_major_locator(FixedLocator(range(0, epochs + 1, step)))
    axes.set_xlabel("epoch" if label else "")


def log_axis(axes: Axes, *beside: Axes) -> None:
    """Set the vertical axis to a logarithmic scale, with plain numbers if it spans few decades.

    What is exactly 0, such as the gradient of a network whose units are all dead, is drawn on a
    marked line at the bottom, and with it what is smaller than all else by DECADES.
    Where nothing is drawn, as all has diverged, the axis stays as it is.
    ``beside``: the axes that share the vertical axis.
    """
    drawn = _heights((axes, *beside))
    if np.isnan(drawn).all():
        return
    floor = _raise_zeros((axes, *beside), drawn)
    axes.set_yscale("log")
    plain_numbers(axes.yaxis)
    if floor:
        written = axes.yaxis.get_major_formatter()
        axes.yaxis.set_major_formatter(
            FuncFormatter(lambda value, at: "0" if value < 1.01 * floor else written(value, at))
        )


def plain_numbers(axis: Axis) -> None:
    """Write plain numbers on a logarithmic axis if it spans few decades."""
    low, high = sorted(axis.get_view_interval())
    decades = math.log10(high / low)
    if decades < 4 and low > 1e-4:
        digits = (1, 2, 3, 5) if decades < 1.7 else (1, 3) if decades < 2.5 else (1,)
        axis.set_major_locator(LogLocator(subs=digits, numticks=20))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axis.set_minor_locator(NullLocator())


def accuracy_axis(axes: Axes) -> None:
    """Set the vertical axis to accuracies on a scale that is logarithmic in the error.

    80 and 90 % are as far apart as 60 and 80 %: start and end of a training can both be read.
    """
    low, high = axes.get_ylim()
    low, high = max(low, 0), min(high, 100)
    axes.set_yscale("function", functions=(_stretch, lambda value: 101 - np.exp(-value)))
    axes.set_ylim(low, high)
    ticks = [tick for tick in ACCURACY_TICKS if low <= tick <= high]
    even = MaxNLocator(8, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_locator(FixedLocator(ticks) if len(ticks) > 3 else even)


def focus(*panels: Axes, across: bool = False) -> None:
    """Limit the vertical axis to what the curves show after the steep first STEEP of them.

    Of several panels, which share it, to what all of them show. With ``across`` the horizontal
    axis too.
    """
    lines = [line for axes in panels for line in curves_of(axes)]
    panels[0].set_ylim(_tail_limits([line.get_ydata() for line in lines]))
    if across:
        panels[0].set_xlim(_tail_limits([line.get_xdata() for line in lines]))


def _heights(panels: tuple[Axes, ...]) -> np.ndarray:
    values = [np.asarray(c.get_ydata(), float) for axes in panels for c in curves_of(axes)]
    return np.concatenate([*values, [np.nan]])


def _raise_zeros(panels: tuple[Axes, ...], drawn: np.ndarray) -> float:
    """Put what is 0, or nearly, a decade below all else; return that height, or 0 if nothing is."""
    if not (drawn <= 0).any():
        return 0.0
    positive = drawn[drawn > 0]
    least, most = (positive.min(), positive.max()) if len(positive) else (1e-8, 1e-8)
    shown = max(least, most / 10**DECADES)
    floor = 10 ** (math.floor(math.log10(shown)) - 1)
    words = "exactly 0" if shown == least else f"0, or below {prose.magnitude(10 * floor, 1)}"
    for axes in panels:
        for line in axes.lines:
            heights = np.asarray(line.get_ydata(), float)
            line.set_ydata(np.where(heights < 10 * floor, floor, heights))
        for path in (path for band in axes.collections for path in band.get_paths()):
            corners = np.asarray(path.vertices)
            corners[:, 1] = np.maximum(corners[:, 1], floor)
        for label in (text for text in axes.texts if isinstance(text, Annotation)):
            label.xy = (label.xy[0], max(label.xy[1], floor))
    for axes in panels:
        axes.set_ylim(floor / 2, 2 * most)
        mark_level(axes, floor, words)
    return floor


def _stretch(accuracy: np.ndarray) -> np.ndarray:
    return -np.log(np.maximum(101 - np.asarray(accuracy, float), 1e-3))


def _tail_limits(values: list) -> tuple[float, float]:
    starts = [min(math.ceil(STEEP * len(v)), len(v) - 1) for v in values]
    tails = [np.asarray(v, float)[start:] for v, start in zip(values, starts, strict=True)]
    shown = np.concatenate([*tails, [np.nan]])
    low, high = (np.nanmin(shown), np.nanmax(shown)) if np.isfinite(shown).any() else (0, 1)
    room = 0.06 * (high - low) or 1
    return low - room, high + room
