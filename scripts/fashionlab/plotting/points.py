"""Drawing final accuracies as points with intervals, and lines of equal gap."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from fashionlab.outcomes import Outcome
from fashionlab.plotting.curves import id_of, slug
from fashionlab.plotting.looks import INK, Look, network_look
from fashionlab.study import Study


def draw_outcomes(
    axes: Axes, study: Study, experiment: str, x: str, measure: str = "test_accuracy"
) -> None:
    """Draw a result of an experiment's variants against a column of `variants` or `trainings`."""
    for variant, own in study.variants(experiment).iterrows():
        name, outcome = own["label"], study.outcome(experiment, str(variant), measure)
        if outcome.values:
            look = network_look(study, experiment, str(variant))
            places = (
                np.full(len(outcome.values), float(own[x]))
                if x in own
                else study.values(experiment, str(variant), x).dropna().to_numpy(float)
            )
            bar = _draw_outcome(axes, outcome, name, look, places.mean(), places)
            label = axes.annotate(
                name, (places.mean(), bounds(outcome)[1]), (0, 5), textcoords="offset points",
                ha="center", color=look.colour, annotation_clip=False,
            )  # fmt: skip
            label.set_gid(id_of(bar).replace("curve-", "label-", 1))
    axes.margins(0.12, 0.15)
    if not axes.lines:
        axes.set(xlim=(0, 100), ylim=(0, 100))
        middle: dict[str, Any] = {"ha": "center", "transform": axes.transAxes, "color": INK}
        axes.text(0.5, 0.5, "every run diverged", **middle)


def draw_list(axes: Axes, named: Sequence[tuple[str, Outcome]], looks: Sequence[Look]) -> None:
    """Draw outcomes below each other: marker, interval, the runs as dots, the name at the left."""
    for place, ((name, outcome), look) in enumerate(zip(named, looks, strict=True)):
        if outcome.values:
            low = np.full(len(outcome.values), place + 0.3)
            _draw_outcome(axes, outcome, name, look, place, low, flat=True)
        else:
            axes.annotate(
                "diverged", (0, place), (4, 0), xycoords=axes.get_yaxis_transform(), va="center",
                textcoords="offset points", color=look.colour,
            )  # fmt: skip
    axes.set_yticks(range(len(named)), [name for name, _ in named])
    for text, look in zip(axes.get_yticklabels(), looks, strict=True):
        text.set_color(look.colour)
    axes.set_ylim(len(named) - 0.4, -0.6)
    axes.margins(x=0.15)
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)


def _draw_outcome(
    axes: Axes, outcome: Outcome, name: str, look: Look, place: float, dots: np.ndarray,
    flat: bool = False,
) -> Line2D:  # fmt: skip
    """Draw an interval as a bar, the mean as a marker and several runs as dots; return the bar.

    ``place`` and ``dots`` are where bar and runs stand on the axis that the outcome is not on: the
    horizontal one, or if ``flat`` the vertical one.
    """

    def put(places: Any, values: Any, form: str = "-", **style: Any) -> Line2D:
        both = (values, places) if flat else (places, values)
        return axes.plot(*both, form, color=look.colour, **style)[0]

    drawn = [id_of(line) for other in axes.figure.axes for line in other.lines]
    number = 1 + sum(known.startswith("curve-p") for known in drawn)
    bar = put([place, place], bounds(outcome), linewidth=1.2, gid=f"curve-p{number}-{slug(name)}")
    put(place, outcome.mean, look.marker, markersize=6, markeredgewidth=0)
    if len(outcome.values) > 1:
        put(dots, outcome.values, ".", alpha=0.5, markersize=3)
    return bar


def bounds(outcome: Outcome) -> tuple[float, float]:
    """Return the outcome's interval or, without one (two runs), its range."""
    return outcome.interval or (min(outcome.values), max(outcome.values))


def draw_gaps(axes: Axes, most: float) -> None:
    """Draw diagonals along which the horizontal value exceeds the vertical by so many points.

    Up to the first that is not below ``most``, the largest gap that occurs.
    """
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    step = next((s for s in (1, 2, 5, 10) if right - left <= 7 * s), 20)
    for gap in range(0, max(math.ceil(most / step), 1) * step + 1, step):
        start, end = max(left, bottom + gap), min(right, top + gap)
        if start < end:
            line: dict[str, Any] = {"color": INK, "alpha": 0.25, "linewidth": 0.5 if gap else 1}
            axes.plot([start, end], [start - gap, end - gap], zorder=1, **line)
        if gap and left < start < right - 0.1 * (right - left):
            axes.annotate(
                f"gap {gap}", (start, bottom), (1, 6), fontsize=7, color=INK, alpha=0.75,
                textcoords="offset points", rotation=45, rotation_mode="anchor",
                transform_rotates_text=True,
            )  # fmt: skip
    axes.set(xlim=(left, right), ylim=(bottom, top))
