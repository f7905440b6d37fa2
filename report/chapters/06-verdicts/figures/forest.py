"""All sub-claims: the effect that decides, its interval, and the line of decision."""

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab.claims.comparisons import EQUAL, FAILS, HOLDS, NOT_BELOW, UNDECIDED
from fashionlab.claims.quantities import FACTOR, POINTS
from fashionlab.plotting.axes import plain_numbers
from fashionlab.plotting.figure import empty_figure, new_figure, plain
from fashionlab.plotting.looks import INK
from fashionlab.study import Study

READS = ("claims",)
COLOURS = {HOLDS: "#117733", FAILS: "#AA3377", UNDECIDED: "#888888"}
MARKERS = {HOLDS: "o", FAILS: "X", UNDECIDED: "D"}
CORRELATION = "correlation"
AXES = {
    POINTS: "difference, points",
    FACTOR: "ratio",
    CORRELATION: "correlation, order",
}
FARTHEST = 1e6  # ratios beyond are drawn here


def draw(study: Study) -> Figure:
    """Return the figure: a row a sub-claim, a column a unit."""
    rows = [
        (claim["id"], part | ({"verdict": UNDECIDED} if part["set_aside"] else {}))
        for claim in study.claims
        for part in claim["parts"]
    ]
    if not rows:
        return empty_figure(study, "No claim is judged in this study.")
    used = [unit for unit in AXES if any(_unit(part) == unit for _, part in rows)]
    used = used or [POINTS]
    figure = new_figure(study, height=0.95 + 0.155 * len(rows))
    ratios = [0.5 if unit == CORRELATION else 1 for unit in used]
    panels = figure.subplots(1, len(used), sharey=True, width_ratios=ratios, squeeze=False)[0]
    for axes, unit in zip(panels, used, strict=True):
        _draw_panel(axes, unit, [part for _, part in rows])
    names = [f"{name}  {plain(part['part'])}" for name, part in rows]
    panels[0].set_yticks(range(len(rows)), names, fontsize=7)
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    for text, (_, part) in zip(panels[0].get_yticklabels(), rows, strict=True):
        text.set_color(COLOURS[part["verdict"]] if part["verdict"] != UNDECIDED else INK)
    _draw_key(figure, beside=any(part["original"] for _, part in rows))
    return figure


def _unit(part: dict) -> str:
    if part["rank_correlation"] is not None and part["verdict"] != FAILS:
        return CORRELATION
    if part["decisive"] is None:
        return ""
    unit = str(part["comparisons"][part["decisive"]]["unit"])
    return unit if unit in (POINTS, FACTOR) else CORRELATION


def _draw_panel(axes: Axes, unit: str, parts: Sequence[dict]) -> None:
    if unit == FACTOR:
        axes.set_xscale("log")
    axes.axvline(1 if unit == FACTOR else 0, color=INK, linewidth=0.8, zorder=1)
    for place, part in enumerate(parts):
        if place % 2:
            axes.axhspan(place - 0.5, place + 0.5, color=INK, alpha=0.04, linewidth=0)
        if _unit(part) == unit:
            _draw_row(axes, place, part, unit)
    axes.set_xlabel(AXES[unit])
    axes.margins(x=0.08)
    if unit == FACTOR:
        plain_numbers(axes.xaxis)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_row(axes: Axes, place: int, part: dict, unit: str) -> None:
    colour, marker = COLOURS[part["verdict"]], MARKERS[part["verdict"]]
    if part["rank_correlation"] is not None and part["verdict"] != FAILS:
        axes.plot(part["rank_correlation"], place, marker, color=colour, markersize=4)
        return
    own = part["comparisons"][part["decisive"]]
    style: dict[str, Any] = {"color": colour, "linewidth": 1.4}
    if own["interval"] and None not in own["interval"]:
        axes.plot([_within(b, unit) for b in own["interval"]], [place, place], **style)
    axes.plot(_within(own["effect"], unit), place, marker, color=colour, markersize=4.5)
    for line in own["lines"]:
        if part["mode"] in (NOT_BELOW, EQUAL) and line is not None:
            axes.plot([line, line], [place - 0.4, place + 0.4], color=INK, linewidth=0.8)
    theirs = part["original"]
    effects = _like(own, theirs["comparisons"]) if theirs else []
    axes.plot(
        [_within(e, unit) for e in effects], [place + 0.28] * len(effects), "|", color=INK,
        markersize=5, alpha=0.7,
    )  # fmt: skip


def _like(own: dict, theirs: Sequence[dict]) -> list[float]:
    """Return the original's effect in the same comparison, if it has one."""
    same = [c for c in theirs if (c["a"], c["b"]) == (own["a"], own["b"])]
    return [c["effect"] for c in same if c["effect"] is not None]


def _within(value: float | None, unit: str) -> float:
    if value is None:
        return math.nan
    return min(max(value, 1 / FARTHEST), FARTHEST) if unit == FACTOR else value


def _draw_key(figure: Figure, beside: bool) -> None:
    entries = [
        figure.axes[0].plot([], [], MARKERS[name], color=colour, markersize=4.5, label=name)[0]
        for name, colour in COLOURS.items()
    ]
    if beside:
        entries += figure.axes[0].plot([], [], "|", color=INK, alpha=0.7, label="original's data")
    figure.legend(handles=entries, loc="outside upper center", ncols=4, frameon=False)
