"""Draw test accuracy of the networks of question 2 against their size and their depth.

Writes size_and_depth.svg, .png and .json.
"""

from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from fashionlab import prose
from fashionlab.figures import captions
from fashionlab.figures.data import FigureData
from fashionlab.figures.plotting import new_figure, run_program
from fashionlab.figures.points import draw_outcomes

EXPERIMENT = "generalisation"


def draw(data: FigureData) -> Figure:
    """Return the figure: test accuracy by parameters left, by depth right."""
    figure = new_figure(data, height=3.4)
    size, depth = figure.subplots(1, 2, sharey=True)
    draw_outcomes(size, data, EXPERIMENT, x="parameters")
    size.set(xscale="log", xlabel="parameters")
    size.set_title("a  Test accuracy (%) by size")
    parameters = list(by(data, "parameters").values())
    size.set_xlim(min(parameters) / 1.4, max(parameters) * 1.4)
    ticks = [digit * 10**power for power in range(9) for digit in (1, 2, 5)]
    low, high = size.get_xlim()
    shown = [tick for tick in ticks if low <= tick <= high]
    size.xaxis.set_major_locator(FixedLocator(shown if len(shown) < 8 else shown[::3]))
    size.xaxis.set_minor_locator(NullLocator())
    size.xaxis.set_major_formatter("{x:,.0f}")
    draw_outcomes(depth, data, EXPERIMENT, x="depth")
    depths = list(by(data, "depth").values())
    depth.set(xlabel="layers with weights", xlim=(min(depths) - 0.6, max(depths) + 0.6))
    depth.xaxis.set_major_locator(FixedLocator(range(min(depths), max(depths) + 1)))
    depth.set_title("b  Test accuracy (%) by depth")
    return figure


def by(data: FigureData, column: str) -> dict[str, int]:
    """Return a property of each variant's network."""
    return {
        variant: data.plan["networks"][data.training(EXPERIMENT, variant)["network"]][column]
        for variant in data.variants(EXPERIMENT)
    }


def extremes(data: FigureData, column: str, least: str, most: str) -> str:
    """Return what the network with the least and the one with the most of a property reach."""
    ended = {v: n for v, n in by(data, column).items() if data.outcome(EXPERIMENT, v).values}
    if len(set(ended.values())) < 2:
        return ""
    entries = []
    for word, pick in ((least, min), (most, max)):
        variant = pick(ended, key=ended.__getitem__)
        reached = data.outcome(EXPERIMENT, variant).percent
        entries.append(f"the {word}, {variant} ({ended[variant]:,}), reaches {reached}")
    return f" {prose.capitalise(prose.join(entries))}."


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    named = data.outcomes(EXPERIMENT)
    caption = captions.first_and_last(named, data.margin)
    caption += extremes(data, "parameters", "smallest", "largest")
    caption += extremes(data, "depth", "shallowest", "deepest")
    caption += captions.ending(data, EXPERIMENT, lines="", bars=True)
    points = [
        f"{name} ({parameters:,} parameters, depth {by(data, 'depth')[name]})"
        for name, parameters in by(data, "parameters").items()
    ]
    alt = (
        "Test accuracy with its interval against the number of parameters, on a logarithmic axis, "
        f"and against depth: {prose.join(points)}. Test accuracies: "
        f"{captions.values(named)}."
    )
    return {"title": "Size, depth and test accuracy", "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "size_and_depth")
