"""Drawing final accuracies as points with intervals, and lines of equal gap."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from fashionlab.figures.figure_curves import id_of, slug
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_looks import INK, Look, network_looks
from fashionlab.judgement.outcomes import Outcome


def draw_outcomes(axes: Axes, data: FigureData, experiment: str, x: str) -> None:
    """Draw the test accuracies of an experiment against a column of ``trainings``."""
    looks = network_looks(data)
    for variant in data.variants(experiment):
        outcome, rows = data.outcome(experiment, variant), data.rows(experiment, variant)
        if outcome.values:
            look = looks[rows["network"].iloc[0]]
            ended = rows[rows["test_accuracy"].notna()]
            places = ended[x].to_numpy(float)
            draw_point(axes, places.mean(), outcome, variant, look)
            if len(places) > 1:
                axes.plot(places, outcome.values, ".", color=look.colour, alpha=0.45, markersize=3)
    axes.margins(0.12, 0.15)
    if not axes.lines:
        axes.set(xlim=(0, 100), ylim=(0, 100))
        middle: dict[str, Any] = {"ha": "center", "transform": axes.transAxes, "color": INK}
        axes.text(0.5, 0.5, "every run diverged", **middle)


def draw_point(axes: Axes, place: float, outcome: Outcome, name: str, look: Look) -> None:
    """Draw an outcome above a place: a marker, its interval as a bar, its name on top."""
    low, high = bounds(outcome)
    drawn = [line for other in axes.figure.axes for line in other.lines]
    number = 1 + sum(id_of(line).startswith("curve-p") for line in drawn)
    (bar,) = axes.plot([place, place], [low, high], color=look.colour, linewidth=1.2)
    axes.plot(place, outcome.mean, look.marker, color=look.colour, markersize=6, markeredgewidth=0)
    bar.set_gid(f"curve-p{number}-{slug(name)}")
    label = axes.annotate(
        name, (place, high), (0, 3), textcoords="offset points", ha="center", color=look.colour,
        annotation_clip=False,
    )  # fmt: skip
    label.set_gid(f"label-p{number}-{slug(name)}")


def draw_list(axes: Axes, named: Sequence[tuple[str, Outcome]], looks: Sequence[Look]) -> None:
    """Draw outcomes below each other: marker, interval, the runs as dots, the name at the left."""
    for place, ((name, outcome), look) in enumerate(zip(named, looks, strict=True)):
        if outcome.values:
            (bar,) = axes.plot(bounds(outcome), [place, place], color=look.colour, linewidth=1.2)
            bar.set_gid(f"curve-p{place + 1}-{slug(name)}")
            axes.plot(
                outcome.mean, place, look.marker, color=look.colour, markersize=6, markeredgewidth=0
            )
            if len(outcome.values) > 1:
                low = [place + 0.3] * len(outcome.values)
                axes.plot(outcome.values, low, ".", color=look.colour, alpha=0.5, markersize=3)
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


def bounds(outcome: Outcome) -> tuple[float, float]:
    """Return the outcome's interval or, without one (two runs), its range."""
    return outcome.interval or (min(outcome.values), max(outcome.values))


def draw_gaps(axes: Axes) -> None:
    """Draw diagonals along which the horizontal value exceeds the vertical by so many points."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    step = next((s for s in (1, 2, 5, 10) if right - left <= 7 * s), 20)
    for gap in range(0, 100, step):
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
