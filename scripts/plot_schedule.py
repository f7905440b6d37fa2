"""Draw a learning-rate schedule of question 4 beside the constant rate that it starts with.

Writes schedule_<schedule>.svg, .png and .json.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import captions, panels
from fashionlab.figures.data import FigureData
from fashionlab.figures.panels import Entry
from fashionlab.figures.plotting import new_figure, run_program
from fashionlab.plotting.curves import mark_epoch
from fashionlab.plotting.looks import COLOURS, Look
from fashionlab.storage.reading import read_json

EXPERIMENT, CONSTANT = "schedules", "learning_rates"


def draw(data: FigureData, schedule: str) -> Figure:
    """Return the figure: loss left, validation accuracy right, switch epochs marked."""
    figure = new_figure(data, height=3.6)
    pair = figure.subplots(1, 2)
    variant = variant_of(data, schedule)
    if constant := data.constant_twin(variant):
        label = f"{panels.rate_label(data.training(CONSTANT, constant))} throughout"
        entry = Entry(CONSTANT, constant, label, Look(COLOURS[1], "s", "dashed"))
        epochs = [data.plan["experiments"][name]["epochs"] for name in (CONSTANT, EXPERIMENT)]
        panels.draw_pair(pair, data, entry, aside=epochs[0] < epochs[1])
    entry = Entry(EXPERIMENT, variant, schedule.replace("_", " "), Look(COLOURS[0], "o"))
    panels.draw_pair(pair, data, entry, original=True)
    panels.finish_pair(pair, data, EXPERIMENT)
    for epoch, rate in switches(data, schedule):
        for axes in pair:
            mark_epoch(axes, epoch, f"lr {prose.setting(rate)}")
    return figure


def variant_of(data: FigureData, schedule: str) -> str:
    """Return the first variant trained with a schedule; ValueError if there is none."""
    rates = {v: data.training(EXPERIMENT, v)["learning_rate"] for v in data.variants(EXPERIMENT)}
    for variant, rate in rates.items():
        if rate == schedule:
            return variant
    raise ValueError(f"no training with schedule {schedule!r}; there are: {', '.join(rates)}")


def switches(data: FigureData, schedule: str) -> list[tuple[int, float]]:
    """Return (first epoch, rate) of each rate but the first, as it was trained.

    Where the plan says "auto" the result holds what was found.
    """
    stages = data.plan["schedules"][schedule]
    if any(stage["until"] == "auto" for stage in stages):
        result = Path(data.training(EXPERIMENT, variant_of(data, schedule))["result"])
        stages = read_json(result, ["learning_rate"])["learning_rate"]
    pairs = pairwise(stages)
    return [(stage["until"], following["rate"]) for stage, following in pairs]


def describe(data: FigureData, schedule: str) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    variant = variant_of(data, schedule)
    changes = [
        f"{prose.setting(rate)} from epoch {epoch}" for epoch, rate in switches(data, schedule)
    ]
    first = prose.setting(data.plan["schedules"][schedule][0]["rate"])
    caption = f"Learning rate {prose.join([first, *changes], last='and')}."
    outcome = data.outcome(EXPERIMENT, variant, "validation_accuracy")
    if outcome.values:
        caption += f" The last validation accuracy is {outcome.percent}{_gain(data, schedule)}."
    caption += captions.ending(data, EXPERIMENT, also=panels.SCALE, beside=[variant])
    number = prose.count(len(changes), "switch", "switches")
    alt = (
        f"Training loss and validation accuracy by epoch with {number} learning rate, "
        "marked by vertical lines. Final validation accuracy: "
        f"{captions.values([(schedule, outcome)])}."
    )
    return {"title": f"Schedule: {schedule.replace('_', ' ')}", "caption": caption, "alt": alt}


def _gain(data: FigureData, schedule: str) -> str:
    """Return what happened at the switches: means of the epochs before and after each."""
    records = data.records(EXPERIMENT, variant_of(data, schedule))
    means = records.groupby("epoch")["validation_accuracy"].mean()
    changes = [
        f"{prose.signed(means[epoch] - means[epoch - 1])} at epoch {epoch}"
        for epoch, _ in switches(data, schedule)
        if epoch in means.index and np.isfinite(means[epoch] - means[epoch - 1])
    ]
    return f"; the epoch's mean changes by {prose.join(changes)} (points)" if changes else ""


if __name__ == "__main__":
    run_program(draw, describe, "schedule_{}", option="schedule")
