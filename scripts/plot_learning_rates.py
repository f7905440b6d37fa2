"""Draw loss and validation accuracy of question 4's constant learning rates.

Writes learning_rates.svg, learning_rates.png and learning_rates.json.
"""

from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import captions, panels
from fashionlab.figures.data import FigureData
from fashionlab.figures.plotting import new_figure, run_program
from fashionlab.plotting.looks import MARKERS, Look, sequence

EXPERIMENT = "learning_rates"


def draw(data: FigureData) -> Figure:
    """Return the figure: loss left, validation accuracy right, cool colours for small rates."""
    figure = new_figure(data, height=3.6)
    pair = figure.subplots(1, 2)
    variants = sorted(data.variants(EXPERIMENT), key=lambda v: _rate(data, v))
    for (variant, colour), marker in zip(sequence(variants).items(), MARKERS * 9, strict=False):
        label = panels.rate_label(data.training(EXPERIMENT, variant))
        entry = panels.Entry(EXPERIMENT, variant, label, Look(colour, marker))
        panels.draw_pair(pair, data, entry, original=True)
    panels.finish_pair(pair, data, EXPERIMENT)
    return figure


def _rate(data: FigureData, variant: str) -> float:
    try:
        return float(data.training(EXPERIMENT, variant)["learning_rate"])
    except ValueError:  # the name of a schedule: after the numbers
        return float("inf")


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    variants = data.variants(EXPERIMENT)
    labels = {v: panels.rate_label(data.training(EXPERIMENT, v)) for v in variants}
    named = [(labels[v], data.outcome(EXPERIMENT, v, "validation_accuracy")) for v in variants]
    caption = captions.first_and_last(named, data.margin, "final validation accuracy")
    caption += panels.speed_sentence(data, EXPERIMENT, labels)
    caption += captions.ending(data, EXPERIMENT, also=panels.SCALE, beside=variants)
    alt = (
        f"Training loss and validation accuracy by epoch for {prose.join(labels.values())}. "
        f"Final validation accuracies: {captions.values(named)}."
    )
    return {"title": "Constant learning rates", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "learning_rates")
