"""Panels that figures share: a grid of quantities; the pair of loss and validation accuracy."""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures.data import FigureData
from fashionlab.figures.plotting import new_figure
from fashionlab.plotting.axes import accuracy_axis, epoch_axis, log_axis
from fashionlab.plotting.curves import draw_curve, draw_original, mark_level
from fashionlab.plotting.labels import label_end
from fashionlab.plotting.looks import Look

COLUMNS = ("loss", "validation_accuracy")
SCALE = " The accuracy axis is logarithmic in the error, to show both start and end."
LEVEL = 80  # percent: beyond the steep rise of every network that learns this data set at all


class Entry(NamedTuple):
    """A variant as a figure draws it."""

    experiment: str
    variant: str
    name: str
    look: Look


def draw_grid(
    data: FigureData, rows: dict[str, str], columns: dict[str, list[Entry]], original: bool = False
) -> Figure:
    """Return a figure with a row a quantity, the first of them "loss", and a column a group.

    ``rows``: columns of the records, and how they are called; ``columns``: entries by title; with
    ``original`` its curves are beside ours. Vertical axes are logarithmic and shared along rows.
    """
    figure = new_figure(data, height=round(0.4 + 2.6 * len(rows), 1))
    grid = figure.subplots(len(rows), len(columns), sharex=True, sharey="row", squeeze=False)
    for column, (title, entries) in enumerate(columns.items()):
        for row, (quantity, words) in enumerate(rows.items()):
            axes = grid[row, column]
            for experiment, variant, name, look in entries:
                curve = data.curve(experiment, variant, quantity, robust=quantity != "loss")
                lost = ", diverged" if curve.diverged == curve.runs else ""
                label_end(axes, draw_curve(axes, curve, name, look), name + lost)
                if original:
                    draw_original(axes, data.original(experiment, variant, quantity), name, look)
            axes.set_title(f"{ascii_lowercase[row * len(columns) + column]}  {title}: {words}")
            epochs = data.plan["experiments"][entries[0].experiment]["epochs"]
            epoch_axis(axes, epochs, label=row == len(rows) - 1)
    for panels in grid:
        log_axis(*panels)
    for axes in grid[0]:
        mark_level(axes, data.chance_loss, f"ln {len(data.classes)}")
    return figure


def draw_pair(
    pair: Sequence[Axes],
    data: FigureData,
    entry: Entry,
    aside: bool = False,
    original: bool = False,
) -> None:
    """Draw the loss and the validation accuracy of a variant, with a label at their ends.

    ``aside``: it ends before the others, and worse; one label keeps out of their way. With
    ``original`` its curves are beside ours.
    """
    experiment, variant, name, look = entry
    for axes, column in zip(pair, COLUMNS, strict=True):
        line = draw_curve(axes, data.curve(experiment, variant, column), name, look)
        if not (aside and column == "loss"):
            label_end(axes, line, name, below=aside)
    for axes, column in zip(pair, COLUMNS, strict=True) if original else []:
        draw_original(axes, data.original(experiment, variant, column), name, look)


def finish_pair(pair: Sequence[Axes], data: FigureData, experiment: str) -> None:
    """Set titles, scales and the levels of guessing, once the curves are drawn."""
    loss, accuracy = pair
    loss.set_title("a  Training loss")
    accuracy.set_title("b  Validation accuracy, %")
    log_axis(loss)
    accuracy_axis(accuracy)
    mark_level(loss, data.chance_loss, f"ln {len(data.classes)}")
    mark_level(accuracy, data.chance, "guessing")
    for axes in pair:
        epoch_axis(axes, data.plan["experiments"][experiment]["epochs"])


def rate_label(training: dict) -> str:
    """Return "lr 0.1", or the name of a schedule as words."""
    rate = training["learning_rate"]
    return f"lr {rate}" if rate[0].isdigit() else rate.replace("_", " ")


def speed_sentence(data: FigureData, experiment: str, labels: dict[str, str]) -> str:
    """Return a sentence on when each variant's smoothed validation accuracy passes LEVEL."""
    reached, never = [], []
    for variant, label in labels.items():
        curve = data.curve(experiment, variant, COLUMNS[1])
        above = curve.x[curve.middle >= LEVEL]
        if len(above):
            reached.append(f"{label} after {prose.number(above[0], 1)}")
        else:
            never.append(label)
    level = prose.percent(LEVEL, 0)
    text = f" {level} is passed by {prose.join(reached)} epochs" if reached else ""
    if never:
        text += f"{', by' if reached else f' {level} is never passed by'} {prose.join(never)}"
        text += " never" if reached else ""
    return text + "."
