"""Draw what unscaled inputs do (bonus of question 3): loss and gradients, a column a network.

Writes input_scaling.svg, .png and .json.
"""

from itertools import cycle

import numpy as np
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import captions
from fashionlab.figures.data import FigureData
from fashionlab.figures.panels import Entry, draw_grid
from fashionlab.figures.plotting import run_program
from fashionlab.plotting.looks import MARKERS, Look, sequence

EXPERIMENT = "input_scaling"
ROWS = {"loss": "training loss", "gradient_norm": "gradient norm, first layer"}


def draw(data: FigureData) -> Figure:
    """Return the figure: a row a quantity, a column a network, a curve an input range."""
    colours = sequence(ranges(data))
    looks = {
        name: Look(colour, marker)
        for (name, colour), marker in zip(colours.items(), cycle(MARKERS), strict=False)
    }
    columns = {
        network: [
            Entry(*place, prose.span(data.plan["input_ranges"][name]), looks[name])
            for name, place in curves.items()
        ]
        for network, curves in data.places_by_input_range.items()
    }
    return draw_grid(data, ROWS, columns)


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
        alternative.append(f"{network}: {captions.values(entries)}")
    caption = f"Test accuracy by the range of the inputs: {'; '.join(sentences)}."
    caption += captions.ending(data, EXPERIMENT, "means (gradients: medians)")
    alt = (
        "Training loss and gradient norm by epoch, on logarithmic axes, a column for each of "
        f"{prose.join(data.places_by_input_range)}, a curve for each input range. Test accuracies: "
        f"{'; '.join(alternative)}."
    )
    return {"title": "Unscaled inputs", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "input_scaling")
