"""Unscaled inputs: loss and gradients, a column a network, a curve an input range."""

import numpy as np
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.counterparts import by_input_range
from fashionlab.plotting.looks import sequence
from fashionlab.plotting.panels import Entry, draw_grid
from fashionlab.study import Study

NEEDS = ("input_scaling", "activations")
EXPERIMENT, BASE = NEEDS
ROWS = {"loss": "training loss", "gradient_norm": "gradient norm"}


def draw(study: Study) -> Figure:
    """Return the figure: a row a quantity; the ranges' colours from cool (narrow) to hot."""
    bounds = study.plan["input_ranges"]
    places = by_input_range(study, EXPERIMENT, BASE)
    used = {name for curves in places.values() for name in curves}
    ranges = sorted(used, key=lambda name: float(np.ptp(bounds[name])))
    looks = sequence(ranges)
    columns = {
        network: [
            Entry(*curves[name], prose.span(bounds[name]), looks[name])
            for name in ranges if name in curves
        ]
        for network, curves in places.items()
    }  # fmt: skip
    return draw_grid(study, ROWS, columns)
