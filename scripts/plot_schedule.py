"""Draw a learning-rate schedule of question 4 beside the constant rate that it starts with.

Writes schedule_<schedule>.svg, .png and .json.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import figure_captions, figure_curves, figure_pairs
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_looks import COLOURS, Look
from fashionlab.figures.plotting import new_figure, run_program
from fashionlab.reading import read_json

EXPERIMENT, CONSTANT = "schedules", "learning_rates"


def draw(data: FigureData, schedule: str) -> Figure:
    """Return the figure: loss left, validation accuracy right, switch epochs marked."""
    figure = new_figure(data, height=3.6)
    panels = figure.subplots(1, 2)
    if constant := data.constant_twin(variant_of(data, schedule)):
        label = f"{figure_pairs.rate_label(data.training(CONSTANT, constant))} throughout"
        look, epochs = Look(COLOURS[1], "s", "dashed"), data.plan["experiments"]
        shorter = epochs[CONSTANT]["epochs"] < epochs[EXPERIMENT]["epochs"]
        figure_pairs.draw_pair(panels, data, CONSTANT, constant, look, label, aside=shorter)
    label, look = schedule.replace("_", " "), Look(COLOURS[0], "o")
    figure_pairs.draw_pair(panels, data, EXPERIMENT, variant_of(data, schedule), look, label)
    for axes, column in zip(panels, figure_pairs.COLUMNS, strict=True):
        figure_curves.draw_original(axes, _original(data, schedule, column), label, look)
    figure_pairs.finish_pair(panels, data, EXPERIMENT)
    for epoch, rate in switches(data, schedule):
        for axes in panels:
            figure_curves.mark_epoch(axes, epoch, f"lr {prose.setting(rate)}")
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


def _original(data: FigureData, schedule: str, column: str) -> np.ndarray | None:
    training = data.training(EXPERIMENT, variant_of(data, schedule))
    if training["network"] != "cnn4" or not data.same_network("cnn4"):
        return None
    rates = [prose.setting(stage["rate"]) for stage in data.plan["schedules"][schedule]]
    return data.original(EXPERIMENT, " -> ".join(rates), column)


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
    caption += figure_captions.divergences(data, [EXPERIMENT])
    caption += figure_captions.reading(data, EXPERIMENT) + figure_pairs.SCALE
    if _original(data, schedule, "loss") is not None:
        caption += " Thin grey: the original's epoch means, one run."
    number = prose.count(len(changes), "switch", "switches")
    alt = (
        f"Training loss and validation accuracy by epoch with {number} learning rate, "
        "marked by vertical lines. Final validation accuracy: "
        f"{figure_captions.values([(schedule, outcome)])}."
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
