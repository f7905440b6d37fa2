"""The pair of panels that question 4 and users' experiments share: loss, validation accuracy."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from fashionlab import prose
from fashionlab.figures.figure_axes import accuracy_axis, epoch_axis, log_axis
from fashionlab.figures.figure_curves import draw_curve, mark_level
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_labels import label_end
from fashionlab.figures.figure_looks import Look

COLUMNS = ("loss", "validation_accuracy")
SCALE = " The accuracy axis is logarithmic in the error, to show both start and end."
LEVEL = 80  # percent: beyond the steep rise of every network that learns this data set at all


def draw_pair(
    panels: Sequence[Axes],
    data: FigureData,
    experiment: str,
    variant: str,
    look: Look,
    label: str,
    aside: bool = False,
) -> None:
    """Draw the loss and the validation accuracy of a variant, with a label at their ends.

    ``aside``: it ends before the others, and worse; one label keeps out of their way.
    """
    for axes, column in zip(panels, COLUMNS, strict=True):
        line = draw_curve(axes, data.curve(experiment, variant, column), label, look)
        if not (aside and column == "loss"):
            label_end(axes, line, label, below=aside)


def finish_pair(panels: Sequence[Axes], data: FigureData, experiment: str) -> None:
    """Set titles, scales and the levels of guessing, once the curves are drawn."""
    loss, accuracy = panels
    loss.set_title("a  Training loss")
    accuracy.set_title("b  Validation accuracy, %")
    log_axis(loss)
    accuracy_axis(accuracy)
    mark_level(loss, data.chance_loss, f"ln {len(data.classes)}")
    mark_level(accuracy, data.chance, "guessing")
    for axes in panels:
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
