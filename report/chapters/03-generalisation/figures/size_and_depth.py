"""Test accuracy and gap by number of parameters, test accuracy by depth and by multiply-adds."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from fashionlab.outcomes import Outcome
from fashionlab.planning.planned import merged_parameters
from fashionlab.plotting.figure import new_figure
from fashionlab.plotting.looks import network_look
from fashionlab.plotting.points import draw_outcomes
from fashionlab.study import GAP, Study

NEEDS = ("generalisation",)
EXPERIMENT = "generalisation"
TEST = "test_accuracy"


def draw(study: Study) -> Figure:
    """Return the figure: four panels; networks with linear layers in a row hollow as merged."""
    figure = new_figure(study, height=5.6)
    (size, gap), (depth, cost) = figure.subplots(2, 2)
    draw_outcomes(size, study, EXPERIMENT, x="parameters")
    draw_outcomes(gap, study, EXPERIMENT, x="parameters", measure=GAP)
    draw_outcomes(depth, study, EXPERIMENT, x="depth")
    draw_outcomes(cost, study, EXPERIMENT, x="multiplications")
    for axes, title in zip(
        (size, gap, depth, cost),
        ("a  Test accuracy, %", "b  Gap, points", "c  Test accuracy, %", "d  Test accuracy, %"),
        strict=True,
    ):
        axes.set_title(title)
    table = study.variants(EXPERIMENT)
    for row in table[table["merged_depth"] < table["depth"]].itertuples():
        variant = str(row.Index)
        test, parameters = study.outcome(EXPERIMENT, variant, TEST), merged_parameters(row.layers)
        _hollow(size, study, variant, parameters, test)
        _hollow(gap, study, variant, parameters, study.outcome(EXPERIMENT, variant, GAP))
        _hollow(depth, study, variant, row.merged_depth, test)
    for axes, column in ((size, "parameters"), (gap, "parameters"), (cost, "multiplications")):
        _log(axes, list(table[column]))
        axes.set_xlabel({"multiplications": "multiply-adds an image"}.get(column, column))
    deepest, shallowest = int(table["depth"].max()), int(table["merged_depth"].min())
    depth.set(xlabel="layers with weights", xlim=(shallowest - 0.6, deepest + 0.6))
    depth.xaxis.set_major_locator(FixedLocator(range(shallowest, deepest + 1)))
    return figure


def _hollow(axes: Axes, study: Study, variant: str, place: float, outcome: Outcome) -> None:
    """Draw an outcome once more, where the network stands with its linear layers merged."""
    if outcome.values:
        look = network_look(study, EXPERIMENT, variant)
        axes.plot(
            place, outcome.mean, look.marker, color=look.colour, markerfacecolor="none",
            markersize=6, markeredgewidth=1,
        )  # fmt: skip


def _log(axes: Axes, values: list[int]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 1.6, max(values) * 1.6)
    low, high = axes.get_xlim()
    steps = (1, 2, 5) if math.log10(high / low) < 1.7 else (1,)
    ticks = [digit * 10**power for power in range(12) for digit in steps]
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(
        lambda value, _: f"{value:,.0f}" if value < 1e6 else f"{value / 1e6:g} M"
    )
