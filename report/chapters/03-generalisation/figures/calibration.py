"""Reliability diagrams: accuracy by the probability that a network gives its answer."""

from matplotlib.figure import Figure

from fashionlab.measures import CONFIDENCE_BINS, reliability
from fashionlab.plotting.curves import slug
from fashionlab.plotting.figure import empty_figure, new_figure, plain
from fashionlab.plotting.looks import INK, network_look
from fashionlab.study import Study

NEEDS = ("generalisation",)
EXPERIMENT = "generalisation"
COLUMNS = 6  # panels beside each other at most
FEWEST = 20  # images of a tenth from which its share is drawn


def draw(study: Study) -> Figure:
    """Return the figure: a panel a network, with the number of images by confidence below."""
    variants = map(str, study.variants(EXPERIMENT).index)
    found = {
        v: rows for v in variants if len(rows := reliability(study.predictions(EXPERIMENT, v)))
    }
    if not found:
        return empty_figure(study, "The trainings stored no probabilities.")
    columns = min(COLUMNS, len(found))
    rows = -(-len(found) // columns)
    figure = new_figure(study, height=0.3 + 2.4 * rows)
    grid = figure.subplots(
        2 * rows, columns, sharex=True, sharey="row", squeeze=False, height_ratios=(3, 1) * rows
    )
    for axes in grid.flat:
        axes.set_axis_off()
    for place, (variant, table) in enumerate(found.items()):
        row, column = divmod(place, columns)
        shares, images = grid[2 * row, column], grid[2 * row + 1, column]
        look = network_look(study, EXPERIMENT, variant)
        shown = table[table["images"] >= FEWEST]
        shares.set_axis_on()
        images.set_axis_on()
        shares.plot([0, 1], [0, 1], color=INK, linewidth=0.7, alpha=0.5, zorder=1)
        shares.plot(
            shown["sure"], shown["right"], color=look.colour, marker=look.marker, markersize=4,
            markeredgewidth=0, gid=f"curve-{place + 1}-{slug(variant)}",
        )  # fmt: skip
        middle = (table.index.to_numpy() + 0.5) / CONFIDENCE_BINS
        images.bar(
            middle, table["images"], width=0.9 / CONFIDENCE_BINS, color=look.colour, alpha=0.7
        )
        images.set_yscale("log")
        shares.set_title(plain(study.label(EXPERIMENT, variant)), color=look.colour)
        shares.set(xlim=(0, 1), ylim=(0, 1))
        images.set_xlabel("confidence")
        if not column:
            shares.set_ylabel("accuracy")
            images.set_ylabel("images")
    return figure
