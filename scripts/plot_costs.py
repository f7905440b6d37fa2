"""Draw the time that each variant's training took, split into training and validation.

Writes costs.svg, costs.png and costs.json.
"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures.data import FigureData, plain
from fashionlab.figures.looks import INK
from fashionlab.figures.plotting import empty_figure, new_figure, run_program

TITLE = "Time of each training"
NOTHING = "The time of no training is known: the files beside the results are lost."
UNITS = (("h", 3600), ("min", 60), ("s", 1))
GAP = 1.3  # rows between experiments, the first of which holds the experiment's title


def draw(data: FigureData) -> Figure:
    """Return the figure: a bar a variant, the mean over its runs, grouped by experiment."""
    table = mean_seconds(data)
    if table.empty:
        return empty_figure(data, NOTHING)
    groups = table["experiment"].nunique()
    figure = new_figure(data, height=0.9 + 0.19 * (len(table) + GAP * groups))
    axes = figure.subplots()
    longest = table["seconds"].max()
    unit, size = next(pair for pair in UNITS if longest >= 2 * pair[1] or pair[1] == 1)
    places, place, before = [], 0.0, None
    for row in table.to_dict("records"):
        experiment = row["experiment"]
        if experiment != before:
            place += GAP
            _write_title(axes, place - 1, data.plan["experiments"][experiment]["title"])
        _draw_bar(axes, place, row, size, data.look(experiment, row["variant"]).colour)
        places.append(place)
        place, before = place + 1, experiment
    axes.set_yticks(places, list(table["variant"]))
    axes.set(ylim=(place - 0.4, -0.4), xlabel=f"time of one training, {unit}")
    axes.margins(x=0.12)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.grid(axis="x")
    axes.grid(visible=False, axis="y")
    return figure


def _write_title(axes: Axes, place: float, title: str) -> None:
    axes.annotate(
        plain(title), (0, place), (4, 0), xycoords=axes.get_yaxis_transform(), va="center",
        textcoords="offset points", color=INK,
    )  # fmt: skip


def _draw_bar(axes: Axes, place: float, row: dict, size: float, colour: str) -> None:
    validation = row["validation_seconds"] / size
    training = row["seconds"] / size - validation
    axes.barh(place, training, 0.72, color=colour)
    axes.barh(place, validation, 0.72, left=training, color=colour, alpha=0.4)
    axes.annotate(
        prose.duration(row["seconds"]), (training + validation, place), (4, 0), fontsize=7,
        textcoords="offset points", va="center", color=INK,
    )  # fmt: skip


def mean_seconds(data: FigureData) -> pd.DataFrame:
    """Return seconds by variant, means over runs, in the order of the report."""
    known = data.costs.dropna(subset=["seconds"])
    columns = ["seconds", "validation_seconds"]
    means = known.groupby(["experiment", "variant"])[columns].mean().fillna(0)
    order = [
        (experiment, variant)
        for experiment in data.experiments
        for variant in data.variants(experiment)
        if (experiment, variant) in means.index
    ]
    return means.loc[order].reset_index()


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    table, known = mean_seconds(data), data.costs.dropna(subset=["seconds"])
    if table.empty:
        return {"title": TITLE, "caption": NOTHING, "alt": NOTHING}
    longest = table.iloc[table["seconds"].argmax()]
    split = known.dropna(subset=["validation_seconds"])
    share = ""
    if len(split):
        percent = 100 * split["validation_seconds"].sum() / split["seconds"].sum()
        share = f", {prose.percent(percent, 0)} of it validation"
    devices = prose.join(sorted(known["device_name"].dropna().unique()))
    message = (
        f"{prose.capitalise(prose.count(len(known), 'training'))} took "
        f"{prose.duration(known['seconds'].sum())} in all{share}; the longest "
        f"variant is {longest['variant']} of {longest['experiment']} "
        f"({prose.duration(longest['seconds'])})."
    )
    caption = f"{message}{' Dark: training, light: validation.' if share else ''}"
    caption += f" Measured on {devices}." if devices else ""
    if data.costs.duplicated(["experiment", "variant"]).any():
        caption += " Bars are means over runs."
    if missing := len(data.costs) - len(known):
        caption += f" The time of {prose.count(missing, 'training')} is not known."
    alt = f"Horizontal bars of the time of each training, by experiment and variant. {message}"
    return {"title": TITLE, "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "costs")
