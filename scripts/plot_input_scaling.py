"""Draw what unscaled inputs do (bonus of question 3): loss and gradients, a column a network.

Writes input_scaling.svg, .png and .json.
"""

from string import ascii_lowercase

import numpy as np
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import figure_axes, figure_captions, figure_curves, figure_labels
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_looks import MARKERS, Look, sequence
from fashionlab.figures.plotting import new_figure, run_program

EXPERIMENT = "input_scaling"
ROWS = {"loss": "training loss", "gradient_norm": "gradient norm, first layer"}


def draw(data: FigureData) -> Figure:
    """Return the figure: a row a quantity, a column a network, a curve an input range."""
    columns = data.places_by_input_range
    figure = new_figure(data, height=5.6)
    grid = figure.subplots(len(ROWS), len(columns), sharex=True, sharey="row", squeeze=False)
    colours = sequence(ranges(data))
    for column, (network, curves) in enumerate(columns.items()):
        for row, (quantity, words) in enumerate(ROWS.items()):
            axes = grid[row, column]
            for name, place in curves.items():
                look = Look(colours[name], MARKERS[ranges(data).index(name) % len(MARKERS)])
                curve = data.curve(*place, quantity, robust=quantity != "loss")
                text = prose.span(data.plan["input_ranges"][name])
                line = figure_curves.draw_curve(axes, curve, text, look)
                lost = ", diverged" if curve.diverged == curve.runs else ""
                figure_labels.label_end(axes, line, text + lost)
            axes.set_title(f"{ascii_lowercase[row * len(columns) + column]}  {network}: {words}")
            epochs = data.plan["experiments"][EXPERIMENT]["epochs"]
            figure_axes.epoch_axis(axes, epochs, row == len(ROWS) - 1)
    for row in grid:
        figure_axes.log_axis(*row)
    for axes in grid[0]:
        figure_curves.mark_level(axes, data.chance_loss, f"ln {len(data.classes)}")
    return figure


def ranges(data: FigureData) -> list[str]:
    """Return the input ranges that are drawn, the narrowest first."""
    used = {name for curves in data.places_by_input_range.values() for name in curves}
    return sorted(used, key=lambda name: float(np.ptp(data.plan["input_ranges"][name])))


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    sentences, alternative = [], []
    for network, curves in data.places_by_input_range.items():
        entries = [
            (prose.span(data.plan["input_ranges"][name]), data.outcome(*curves[name]))
            for name in ranges(data)
            if name in curves
        ]
        texts = [f"{v.percent if v.values else 'diverged'} for {name}" for name, v in entries]
        sentences.append(f"{network} {prose.join(texts)}")
        alternative.append(f"{network}: {figure_captions.values(entries)}")
    caption = f"Test accuracy by the range of the inputs: {'; '.join(sentences)}."
    caption += figure_captions.divergences(data, [EXPERIMENT])
    caption += figure_captions.reading(data, EXPERIMENT, "means (gradients: medians)")
    alt = (
        "Training loss and gradient norm by epoch, on logarithmic axes, a column for each of "
        f"{prose.join(data.places_by_input_range)}, a curve for each input range. Test accuracies: "
        f"{'; '.join(alternative)}."
    )
    return {"title": "Unscaled inputs", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "input_scaling")
