"""Unscaled inputs: loss and gradients, a column a network, a curve an input range."""

from itertools import cycle

import numpy as np
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.planning.planned import SETTINGS
from fashionlab.plotting.looks import MARKERS, Look, sequence
from fashionlab.plotting.panels import Entry, draw_grid
from fashionlab.study import Study

NEEDS = ("input_scaling", "activations")
EXPERIMENT, BASE = NEEDS
ROWS = {"loss": "training loss", "gradient_norm": "gradient norm"}
LIKE = [*(key for key in SETTINGS if key != "input_range"), "learning_rate"]


def draw(study: Study) -> Figure:
    """Return the figure: a row a quantity; the ranges' colours from cool (narrow) to hot."""
    bounds = study.plan["input_ranges"]
    places = places_by_range(study)
    used = {name for curves in places.values() for name in curves}
    ranges = sorted(used, key=lambda name: float(np.ptp(bounds[name])))
    looks = {
        name: Look(colour, marker)
        for (name, colour), marker in zip(sequence(ranges).items(), cycle(MARKERS), strict=False)
    }
    columns = {
        network: [
            Entry(*curves[name], prose.span(bounds[name]), looks[name])
            for name in ranges if name in curves
        ]
        for network, curves in places.items()
    }  # fmt: skip
    return draw_grid(study, ROWS, columns)


def places_by_range(study: Study) -> dict[str, dict[str, tuple[str, str]]]:
    """Return {network: {input range: (experiment, variant)}}, with BASE to compare with."""
    own, found = study.variants(EXPERIMENT), {}
    for variant, row in own.iterrows():
        found.setdefault(row["network"], {})[row["input_range"]] = (EXPERIMENT, str(variant))
    for variant, row in study.variants(BASE).iterrows():
        if (own[LIKE] == row[LIKE]).all(axis=1).any():
            found[row["network"]].setdefault(row["input_range"], (BASE, str(variant)))
    return found
