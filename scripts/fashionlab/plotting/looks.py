"""Colours, markers and dashes: one look a thing, the same in every figure of a study."""

import itertools
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_hex, to_rgb

from fashionlab.study import Study

# The one colour of axes and text; the HTML replaces it by the text colour of the theme.
INK = "#000000"
ORIGINAL = "#848484"

# Each has a contrast of 3 or more on white and on #16181d, so one SVG serves both themes, and the
# first five differ for colour-blind readers too. That leaves little room in lightness: what must
# be told apart in grey also differs in its marker or dashes.
COLOURS = (
    "#2b5fd9", "#e8630a", "#1aa38c", "#b2349a", "#7c6a45", "#4a93c9", "#c24a55", "#5c8f2c",
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
DASHES = ("solid", "dashed", "dashdot", "dotted")
COOL_TO_HOT = ("#5b58dc", "#b23c92", "#e0650a", "#a68400")


@dataclass(frozen=True)
class Look:
    """How one thing is drawn wherever it appears."""

    colour: str
    marker: str = "None"
    dash: str = "solid"


def looks(names: list[str]) -> dict[str, Look]:
    """Return a look for each name, by its place: colours and markers repeat out of step."""
    cycle = zip(itertools.cycle(COLOURS), itertools.cycle(MARKERS[:7]), strict=False)
    return {name: Look(*pair) for name, pair in zip(names, cycle, strict=False)}


def sequence(values: list[str]) -> dict[str, Look]:
    """Return a look for each of some ordered values, from cool (the first) to hot (the last)."""
    stops = np.array([to_rgb(colour) for colour in COOL_TO_HOT[: max(3, min(len(values), 4))]])
    places = np.linspace(0, len(stops) - 1, len(values))
    channels = [np.interp(places, range(len(stops)), channel) for channel in stops.T]
    colours = map(to_hex, zip(*channels, strict=True))
    pairs = zip(colours, itertools.cycle(MARKERS), strict=False)
    return {value: Look(*pair) for value, pair in zip(values, pairs, strict=False)}


def network_look(study: Study, experiment: str, variant: str) -> Look:
    """Return the look of a variant's network, the same in all figures of a study."""
    return looks(list(study.networks.index))[study.entries(experiment, variant)[0]["network"]]


def variant_looks(study: Study, experiment: str) -> dict[str, Look]:
    """Return the networks' own looks where each variant has its own network, else one a variant."""
    table = study.variants(experiment)
    if table["network"].nunique() < len(table):
        return looks([str(variant) for variant in table.index])
    return {str(variant): network_look(study, experiment, str(variant)) for variant in table.index}
