"""Panels that figures share: a grid of quantities; the pair of loss and validation accuracy."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab.plotting.axes import accuracy_axis, epoch_axis, log_axis
from fashionlab.plotting.curves import curve_of, curves_of, draw_curve, draw_original, mark_level
from fashionlab.plotting.figure import new_figure
from fashionlab.plotting.labels import label_end
from fashionlab.plotting.looks import Look
from fashionlab.study import Study

COLUMNS = ("loss", "validation_accuracy")


@dataclass(frozen=True)
class Entry:
    """A variant as a figure draws it."""

    experiment: str
    variant: str
    name: str
    look: Look


def draw_grid(study: Study, rows: dict[str, str], columns: dict[str, list[Entry]]) -> Figure:
    """Return a figure with a row a quantity, the first of them "loss", and a column a group.

    ``rows``: columns of the records, and how they are called; ``columns``: entries by title.
    Vertical axes are logarithmic and shared along rows; a dead network, with zeros,
    stands alone.
    """
    figure = new_figure(study, height=round(0.4 + 2.6 * len(rows), 1))
    grid = figure.subplots(len(rows), len(columns), sharex=True, squeeze=False)
    for column, (title, entries) in enumerate(columns.items()):
        for row, (quantity, words) in enumerate(rows.items()):
            axes = grid[row, column]
            for entry in entries:
                curve = curve_of(
                    study, entry.experiment, entry.variant, quantity, robust=quantity != "loss"
                )
                lost = ", diverged" if curve.diverged == curve.runs else ""
                line = draw_curve(axes, curve, entry.name, entry.look)
                label_end(axes, line, entry.name + lost)
            axes.set_title(f"{ascii_lowercase[row * len(columns) + column]}  {title}: {words}")
            epoch_axis(axes, most_epochs(study, entries), label=row == len(rows) - 1)
    for panels in grid:
        alive = [axes for axes in panels if not has_zeros(axes)]
        for axes in alive[1:]:
            axes.sharey(alive[0])
        for group in ([alive] if alive else []) + [[a] for a in panels if a not in alive]:
            log_axis(*group)
    for axes in grid[0]:
        mark_level(axes, study.chance_loss, f"ln {len(study.classes)}")
    return figure


def has_zeros(axes: Axes) -> bool:
    """Return whether a curve on some axes comes to 0, or below."""
    return any((np.asarray(line.get_ydata(), float) <= 0).any() for line in curves_of(axes))


def draw_pair(pair: Sequence[Axes], study: Study, entry: Entry, once: bool = False) -> None:
    """Draw the loss and the validation accuracy of a variant, with a label at their ends.

    ``once``: there is no room for two labels, so the loss has none.
    """
    for axes, column in zip(pair, COLUMNS, strict=True):
        curve = curve_of(study, entry.experiment, entry.variant, column)
        line = draw_curve(axes, curve, entry.name, entry.look)
        if not (once and column == "loss"):
            label_end(axes, line, entry.name)
    for axes, column in zip(pair, COLUMNS, strict=True):
        draw_original(axes, study, (entry.experiment, entry.variant), column, entry.look)


def finish_pair(pair: Sequence[Axes], study: Study, epochs: int) -> None:
    """Set titles, scales and the levels of guessing, once the curves are drawn."""
    loss, accuracy = pair
    loss.set_title("a  Training loss")
    accuracy.set_title("b  Validation accuracy, %")
    log_axis(loss)
    accuracy_axis(accuracy)
    mark_level(loss, study.chance_loss, f"ln {len(study.classes)}")
    mark_level(accuracy, study.chance, "guessing")
    for axes in pair:
        epoch_axis(axes, epochs)


def most_epochs(study: Study, entries: Sequence[Entry]) -> int:
    """Return the largest number of epochs of what is drawn."""
    return max(study.entries(e.experiment, e.variant)[0]["epochs"] for e in entries)
