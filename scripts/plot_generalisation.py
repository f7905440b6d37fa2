"""Draw the four panels of question 2: loss, accuracies, and how well the networks generalise.

Writes generalisation.svg, generalisation.png and generalisation.json.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import (
    figure_axes,
    figure_captions,
    figure_curves,
    figure_labels,
    figure_points,
)
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_looks import Look, network_looks
from fashionlab.figures.plotting import new_figure, run_program

EXPERIMENT = "generalisation"
ACCURACIES = {"train_accuracy": "solid", "validation_accuracy": "dashed"}


def draw(data: FigureData) -> Figure:
    """Return the figure: loss and accuracies over time, test and validation against training."""
    figure = new_figure(data, height=6.3)
    ((loss, accuracy), (final, path)) = figure.subplots(2, 2)
    epochs = data.plan["experiments"][EXPERIMENT]["epochs"]
    looks, variants = network_looks(data), data.variants(EXPERIMENT)
    for variant in variants:
        look = looks[data.training(EXPERIMENT, variant)["network"]]
        curve = data.curve(EXPERIMENT, variant, "loss")
        line = figure_curves.draw_curve(loss, curve, variant, look)
        figure_labels.label_end(loss, line, variant)
        _draw_accuracies(data, accuracy, path, variant, look)
    loss.set_title("a  Training loss")
    figure_axes.log_axis(loss)
    figure_curves.mark_level(loss, data.chance_loss, f"ln {len(data.classes)}")
    accuracy.set_title("b  Accuracy, %: training solid, validation dashed")
    figure_axes.focus(accuracy)
    figure_axes.accuracy_axis(accuracy)
    for axes in (loss, accuracy):
        figure_axes.epoch_axis(axes, epochs)
    figure_points.draw_outcomes(final, data, EXPERIMENT, x="train_accuracy")
    final.set(xlabel="final training accuracy, %")
    final.set_title("c  Test accuracy, %")
    figure_points.draw_gaps(final)
    path.set(xlabel="training accuracy of the epoch, %")
    path.set_title("d  Validation accuracy of the epoch, %")
    figure_axes.focus(path, across=True)
    figure_points.draw_gaps(path)
    return figure


def _draw_accuracies(data: FigureData, time: Axes, path: Axes, variant: str, look: Look) -> None:
    for column, dash in ACCURACIES.items():
        curve = data.curve(EXPERIMENT, variant, column, epoch=column == "train_accuracy")
        dashed = Look(look.colour, look.marker, dash)
        line = figure_curves.draw_curve(time, curve, variant, dashed, band=curve.runs > 1)
    figure_labels.label_end(time, line, variant)
    records = data.records(EXPERIMENT, variant)
    means = records.groupby("epoch")[list(ACCURACIES)].mean().dropna().T.to_numpy()
    line = figure_curves.draw_path(path, *means, variant, look)
    figure_labels.label_end(path, line, variant)


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    named = [(variant, data.outcome(EXPERIMENT, variant)) for variant in data.variants(EXPERIMENT)]
    gaps = data.gaps(EXPERIMENT)
    caption = figure_captions.first_and_last(named, data.margin)
    if len(gaps) > 1:
        least, most = min(gaps, key=gaps.get), max(gaps, key=gaps.get)
        caption += (
            f" The gap between training and test accuracy is smallest for {least} "
            f"({prose.points(gaps[least])}) and largest for {most} ({prose.points(gaps[most])})."
        )
    caption += figure_captions.divergences(data, [EXPERIMENT])
    caption += figure_captions.reading(data, EXPERIMENT)
    caption += " Training accuracy in b: means over an epoch."
    caption += figure_captions.intervals(data, EXPERIMENT)
    caption += " Diagonals in c and d: gaps of so many points (thick: none)."
    names = prose.join(name for name, _ in named)
    alt = (
        f"Four panels for {names}: training loss by epoch; training and validation accuracy by "
        "epoch; test accuracy against final training accuracy, one point a network; validation "
        "against training accuracy, one path a network. Test accuracies: "
        f"{figure_captions.values(named)}."
    )
    return {"title": "Generalisation of the networks", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "generalisation")
