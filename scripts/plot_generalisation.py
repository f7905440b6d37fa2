"""Draw the four panels of question 2: loss, accuracies, and how well the networks generalise.

Writes generalisation.svg, generalisation.png and generalisation.json.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import captions
from fashionlab.figures.data import FigureData
from fashionlab.figures.plotting import new_figure, run_program
from fashionlab.figures.points import draw_gaps, draw_outcomes
from fashionlab.plotting.axes import accuracy_axis, epoch_axis, focus, log_axis
from fashionlab.plotting.curves import draw_curve, draw_path, mark_level
from fashionlab.plotting.labels import label_end
from fashionlab.plotting.looks import Look

EXPERIMENT = "generalisation"
ACCURACIES = {"train_accuracy": "solid", "validation_accuracy": "dashed"}


def draw(data: FigureData) -> Figure:
    """Return the figure: loss and accuracies over time, test and validation against training."""
    figure = new_figure(data, height=6.3)
    ((loss, accuracy), (final, path)) = figure.subplots(2, 2)
    epochs = data.plan["experiments"][EXPERIMENT]["epochs"]
    for variant in data.variants(EXPERIMENT):
        look = data.look(EXPERIMENT, variant)
        line = draw_curve(loss, data.curve(EXPERIMENT, variant, "loss"), variant, look)
        label_end(loss, line, variant)
        _draw_accuracies(data, accuracy, path, variant, look)
    loss.set_title("a  Training loss")
    log_axis(loss)
    mark_level(loss, data.chance_loss, f"ln {len(data.classes)}")
    accuracy.set_title("b  Accuracy, %: training solid, validation dashed")
    focus(accuracy)
    accuracy_axis(accuracy)
    for axes in (loss, accuracy):
        epoch_axis(axes, epochs)
    draw_outcomes(final, data, EXPERIMENT, x="train_accuracy")
    final.set(xlabel="final training accuracy, %")
    final.set_title("c  Test accuracy, %")
    draw_gaps(final)
    path.set(xlabel="training accuracy of the epoch, %")
    path.set_title("d  Validation accuracy of the epoch, %")
    focus(path, across=True)
    draw_gaps(path)
    return figure


def _draw_accuracies(data: FigureData, time: Axes, path: Axes, variant: str, look: Look) -> None:
    for column, dash in ACCURACIES.items():
        curve = data.curve(EXPERIMENT, variant, column, epoch=column == "train_accuracy")
        dashed = Look(look.colour, look.marker, dash)
        line = draw_curve(time, curve, variant, dashed, band=curve.runs > 1)
    label_end(time, line, variant)
    records = data.records(EXPERIMENT, variant)
    means = records.groupby("epoch")[list(ACCURACIES)].mean().dropna().T.to_numpy()
    label_end(path, draw_path(path, means[0], means[1], variant, look), variant)


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    named, gaps = data.outcomes(EXPERIMENT), data.gaps(EXPERIMENT)
    caption = captions.first_and_last(named, data.margin)
    if len(gaps) > 1:
        least, most = min(gaps, key=gaps.__getitem__), max(gaps, key=gaps.__getitem__)
        caption += (
            f" The gap between training and test accuracy is smallest for {least} "
            f"({prose.points(gaps[least])}) and largest for {most} ({prose.points(gaps[most])})."
        )
    means = " Training accuracy in b: means over an epoch."
    caption += captions.ending(data, EXPERIMENT, also=means, bars=True)
    caption += " Diagonals in c and d: gaps of so many points (thick: none)."
    names = prose.join(name for name, _ in named)
    alt = (
        f"Four panels for {names}: training loss by epoch; training and validation accuracy by "
        "epoch; test accuracy against final training accuracy, one point a network; validation "
        "against training accuracy, one path a network. Test accuracies: "
        f"{captions.values(named)}."
    )
    return {"title": "Generalisation of the networks", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "generalisation")
