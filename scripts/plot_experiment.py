"""Draw any experiment of one's own: loss, validation accuracy and test accuracy of its variants.

Writes experiment_<experiment>.svg, .png and .json.
"""

from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import captions, panels, points
from fashionlab.figures.data import FigureData
from fashionlab.figures.looks import Look, looks
from fashionlab.figures.plotting import new_figure, run_program


def draw(data: FigureData, experiment: str) -> Figure:
    """Return the figure: curves above, test accuracies with intervals below."""
    own = variant_looks(data, experiment)
    height = 0.6 + 0.24 * len(own)
    figure = new_figure(data, height=3.4 + height)
    *pair, test = figure.subplot_mosaic("ab;cc", height_ratios=(3.2, height)).values()
    for variant, look in own.items():
        panels.draw_pair(pair, data, panels.Entry(experiment, variant, variant, look))
    panels.finish_pair(pair, data, experiment)
    points.draw_list(test, data.outcomes(experiment), list(own.values()))
    test.set_title("c  Test accuracy, %")
    return figure


def variant_looks(data: FigureData, experiment: str) -> dict[str, Look]:
    """Return the networks' own looks where each variant has its own network, else one a variant."""
    variants = data.variants(experiment)
    networks = [data.training(experiment, variant)["network"] for variant in variants]
    if len(set(networks)) < len(networks):
        return looks(variants)
    return {variant: data.look(experiment, variant) for variant in variants}


def describe(data: FigureData, experiment: str) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    named = data.outcomes(experiment)
    caption = captions.first_and_last(named, data.margin)
    caption += captions.ending(data, experiment, also=panels.SCALE, bars=True)
    alt = (
        f"Training loss and validation accuracy by epoch, and test accuracy with intervals, of "
        f"{prose.join(name for name, _ in named)}: {captions.values(named)}."
    )
    title = data.plan["experiments"][experiment]["title"]
    return {"title": title, "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "experiment_{}", option="experiment")
