"""Colours, markers and dashes: one look a thing, the same in every figure of a data."""

import itertools
from dataclasses import dataclass

from matplotlib.colors import to_hex, to_rgb

from fashionlab.figures.figure_data import FigureData

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


def looks(names: list[str], skip: int = 0) -> dict[str, Look]:
    """Return a look for each name, by its place: colours and markers repeat out of step."""
    cycle = zip(itertools.cycle(COLOURS), itertools.cycle(MARKERS[:7]), strict=False)
    return {
        name: Look(*pair)
        for name, pair in zip(names, itertools.islice(cycle, skip, None), strict=False)
    }


def network_looks(data: FigureData) -> dict[str, Look]:
    """Return each network's look, the same in all figures of a data."""
    return looks(data.networks)


def activation_dash(data: FigureData, activation: str) -> str:
    """Return the dashes of an activation: ReLU solid, sigmoid dashed, others after them."""
    used = dict.fromkeys(training["activation"] for training in data.plan["trainings"])
    order = [name for name in ("relu", "sigmoid") if name in used]
    order += [name for name in used if name not in order]
    fixed = {"relu": 0, "sigmoid": 1}
    return DASHES[fixed.get(activation, 2 + order.index(activation)) % len(DASHES)]


def sequence(values: list[str]) -> dict[str, str]:
    """Return a colour for each of some ordered values, from cool (the first) to hot (the last)."""
    stops = [to_rgb(colour) for colour in COOL_TO_HOT[: max(3, min(len(values), 4))]]
    colours = {}
    for place, value in enumerate(values):
        at = place / max(len(values) - 1, 1) * (len(stops) - 1)
        low = min(int(at), len(stops) - 2)
        pairs = zip(stops[low], stops[low + 1], strict=True)
        red, green, blue = (a + (at - low) * (b - a) for a, b in pairs)
        colours[value] = to_hex((red, green, blue))
    return colours
