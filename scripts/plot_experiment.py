"""Draw any experiment of one's own: loss, validation accuracy and test accuracy of its variants.

Writes experiment_<experiment>.svg, .png and .json.
"""

from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures import figure_captions, figure_pairs, figure_points
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_looks import Look, looks, network_looks
from fashionlab.figures.plotting import new_figure, run_program


def draw(data: FigureData, experiment: str) -> Figure:
    """Return the figure: curves above, test accuracies with intervals below."""
    own = variant_looks(data, experiment)
    height = 0.6 + 0.24 * len(own)
    figure = new_figure(data, height=3.4 + height)
    panels = figure.subplot_mosaic(
        [["loss", "accuracy"], ["test", "test"]], height_ratios=(3.2, height)
    )
    pair = (panels["loss"], panels["accuracy"])
    for variant, look in own.items():
        figure_pairs.draw_pair(pair, data, experiment, variant, look, variant)
    figure_pairs.finish_pair(pair, data, experiment)
    named = [(variant, data.outcome(experiment, variant)) for variant in own]
    figure_points.draw_list(panels["test"], named, list(own.values()))
    panels["test"].set_title("c  Test accuracy, %")
    return figure


def variant_looks(data: FigureData, experiment: str) -> dict[str, Look]:
    """Return the networks' own looks where each variant has its own network, else one a variant."""
    variants = data.variants(experiment)
    networks = [data.training(experiment, variant)["network"] for variant in variants]
    if len(set(networks)) < len(networks):
        return looks(variants)
    own = network_looks(data)
    return {variant: own[network] for variant, network in zip(variants, networks, strict=True)}


def describe(data: FigureData, experiment: str) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    named = [(variant, data.outcome(experiment, variant)) for variant in data.variants(experiment)]
    caption = figure_captions.first_and_last(named, data.margin)
    caption += figure_captions.divergences(data, [experiment])
    caption += figure_captions.reading(data, experiment) + figure_pairs.SCALE
    caption += figure_captions.intervals(data, experiment)
    alt = (
        f"Training loss and validation accuracy by epoch, and test accuracy with intervals, of "
        f"{prose.join(name for name, _ in named)}: {figure_captions.values(named)}."
    )
    title = data.plan["experiments"][experiment]["title"]
    return {"title": title, "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "experiment_{}", option="experiment")
