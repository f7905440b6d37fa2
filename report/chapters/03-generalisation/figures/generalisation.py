"""Training and validation accuracy of each network, their losses, and training against test."""

import math
from dataclasses import replace

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab.plotting.axes import accuracy_axis, epoch_axis, focus, log_axis
from fashionlab.plotting.curves import curve_of, draw_curve, draw_path, mark_level
from fashionlab.plotting.figure import new_figure, plain
from fashionlab.plotting.labels import label_end
from fashionlab.plotting.looks import network_look
from fashionlab.plotting.points import draw_gaps, draw_outcomes
from fashionlab.study import GAP, Study

NEEDS = ("generalisation",)
EXPERIMENT = "generalisation"
DASHES = {"train_accuracy": "solid", "validation_accuracy": "dashed"}
COLUMNS = 6  # small panels beside each other at most


def draw(study: Study) -> Figure:
    """Return the figure: small panels of accuracy above, loss and both comparisons below."""
    labels = study.variants(EXPERIMENT)["label"]
    columns = min(COLUMNS, len(labels))
    rows = -(-len(labels) // columns)
    figure = new_figure(study, height=1.9 * rows + 3.4)
    above, below = figure.subfigures(2, 1, height_ratios=(1.9 * rows, 3.4))
    small = above.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    loss, final, path = below.subplots(1, 3)
    epochs = int(study.variants(EXPERIMENT)["epochs"].max())
    gap = 0.0
    for place, (variant, label) in enumerate(labels.items()):
        axes = small[divmod(place, columns)]
        look = network_look(study, EXPERIMENT, str(variant))
        _draw_accuracies(study, axes, str(variant))
        axes.set_title(plain(label), color=look.colour)
        line = draw_curve(loss, curve_of(study, EXPERIMENT, str(variant), "loss"), label, look)
        label_end(loss, line, plain(label))
        gap = max(gap, _draw_path(study, path, str(variant)))
    _finish(small, epochs, len(labels))
    loss.set_title("Training loss")
    log_axis(loss)
    mark_level(loss, study.chance_loss, f"ln {len(study.classes)}")
    epoch_axis(loss, epochs)
    draw_outcomes(final, study, EXPERIMENT, x="train_accuracy")
    final.set(xlabel="final training accuracy, %")
    final.set_title("Test accuracy, %")
    gaps = [study.outcome(EXPERIMENT, str(v), GAP).mean for v in labels.index]
    draw_gaps(final, max((gap for gap in gaps if math.isfinite(gap)), default=0))
    path.set(xlabel="training accuracy, %")
    path.set_title("Validation accuracy, %")
    focus(path, across=True)
    draw_gaps(path, gap)
    return figure


def _finish(small, epochs: int, used: int) -> None:
    """Set the scales of the small panels, which share them, and switch off those without curve."""
    axes = small.flat[0]
    focus(*small.flat[:used])
    accuracy_axis(axes)
    for place, panel in enumerate(small.flat):
        epoch_axis(panel, epochs, label=place >= small.size - small.shape[1])
        if place >= used:
            panel.set_axis_off()
    for row in small:
        row[0].set_ylabel("accuracy, %")


def _draw_accuracies(study: Study, axes: Axes, variant: str) -> None:
    look = network_look(study, EXPERIMENT, variant)
    for column, dash in DASHES.items():
        curve = curve_of(study, EXPERIMENT, variant, column, epoch=column == "train_accuracy")
        name = f"{variant} {column.removesuffix('_accuracy')}"
        draw_curve(axes, curve, name, replace(look, marker="None", dash=dash), curve.runs > 1)


def _draw_path(study: Study, axes: Axes, variant: str) -> float:
    """Draw validation against training accuracy by epoch; return the largest gap (points)."""
    records = study.rows("records", EXPERIMENT, variant)
    train, validation = records.groupby("epoch")[list(DASHES)].mean().dropna().T.to_numpy()
    label = plain(study.label(EXPERIMENT, variant))
    look = network_look(study, EXPERIMENT, variant)
    label_end(axes, draw_path(axes, train, validation, label, look), label)
    return float(max(train - validation, default=0))
