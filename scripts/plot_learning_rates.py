"""Draw loss and validation accuracy of question 4's constant learning rates.

Writes learning_rates.svg, learning_rates.png and learning_rates.json.
"""

import numpy as np
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import figure_captions, figure_curves, figure_pairs
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_looks import MARKERS, Look, sequence
from fashionlab.figures.plotting import new_figure, run_program

EXPERIMENT = "learning_rates"


def draw(data: FigureData) -> Figure:
    """Return the figure: loss left, validation accuracy right, cool colours for small rates."""
    figure = new_figure(data, height=3.6)
    panels = figure.subplots(1, 2)
    variants = sorted(data.variants(EXPERIMENT), key=lambda v: _rate(data, v))
    for (variant, colour), marker in zip(sequence(variants).items(), MARKERS * 9, strict=False):
        label = figure_pairs.rate_label(data.training(EXPERIMENT, variant))
        look = Look(colour, marker)
        figure_pairs.draw_pair(panels, data, EXPERIMENT, variant, look, label)
        for axes, column in zip(panels, figure_pairs.COLUMNS, strict=True):
            figure_curves.draw_original(axes, _original(data, variant, column), label, look)
    figure_pairs.finish_pair(panels, data, EXPERIMENT)
    return figure


def _rate(data: FigureData, variant: str) -> float:
    try:
        return float(data.training(EXPERIMENT, variant)["learning_rate"])
    except ValueError:  # the name of a schedule: after the numbers
        return float("inf")


def _original(data: FigureData, variant: str, column: str) -> np.ndarray | None:
    training = data.training(EXPERIMENT, variant)
    if training["network"] != "cnn4" or not data.same_network("cnn4"):
        return None
    return data.original(EXPERIMENT, training["learning_rate"], column)


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    variants = data.variants(EXPERIMENT)
    labels = {v: figure_pairs.rate_label(data.training(EXPERIMENT, v)) for v in variants}
    named = [(labels[v], data.outcome(EXPERIMENT, v, "validation_accuracy")) for v in variants]
    caption = figure_captions.first_and_last(named, data.margin, "final validation accuracy")
    caption += figure_pairs.speed_sentence(data, EXPERIMENT, labels)
    caption += figure_captions.divergences(data, [EXPERIMENT])
    caption += figure_captions.reading(data, EXPERIMENT) + figure_pairs.SCALE
    if any(_original(data, v, "loss") is not None for v in variants):
        caption += " Thin grey: the original's epoch means, one run each."
    alt = (
        f"Training loss and validation accuracy by epoch for {prose.join(labels.values())}. "
        f"Final validation accuracies: {figure_captions.values(named)}."
    )
    return {"title": "Constant learning rates", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "learning_rates")
