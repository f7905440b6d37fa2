"""The time that each variant's training took, split into training and validation."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.plotting.figure import empty_figure, new_figure, plain
from fashionlab.plotting.looks import INK, network_look
from fashionlab.study import Study

NOTHING = "The time of no training is known: the files beside the results are lost."
UNITS = (("h", 3600), ("min", 60), ("s", 1))
GAP = 1.3  # rows between experiments, the first of which holds the experiment's title


def draw(study: Study) -> Figure:
    """Return the figure: a bar a variant, the mean over its runs, grouped by experiment."""
    table = mean_seconds(study)
    if table.empty:
        return empty_figure(study, NOTHING)
    groups = table["experiment"].nunique()
    figure = new_figure(study, height=0.8 + 0.145 * (len(table) + GAP * groups))
    axes = figure.subplots()
    longest = table["seconds"].max()
    unit, size = next(pair for pair in UNITS if longest >= 2 * pair[1] or pair[1] == 1)
    places, place, before = [], 0.0, None
    for row in table.to_dict("records"):
        experiment = row["experiment"]
        if experiment != before:
            place += GAP
            _write_title(axes, place - 1, study.plan["experiments"][experiment]["title"])
        _draw_bar(axes, place, row, size, network_look(study, experiment, row["variant"]).colour)
        places.append(place)
        place, before = place + 1, experiment
    axes.set_yticks(places, [plain(label) for label in table["label"]])
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


def mean_seconds(study: Study) -> pd.DataFrame:
    """Return seconds by variant, means over runs, in the order of the study."""
    rows = []
    for experiment in study.experiments:
        for variant, label in study.variants(experiment)["label"].items():
            known = study.rows("costs", experiment, str(variant)).dropna(subset=["seconds"])
            if len(known):
                means = known[["seconds", "validation_seconds"]].mean().fillna(0)
                rows.append(
                    {"experiment": experiment, "variant": variant, "label": label} | means.to_dict()
                )
    return pd.DataFrame(rows)
