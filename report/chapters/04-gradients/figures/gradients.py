"""Loss and gradient norm of the first layer, a column a network, a curve an activation."""

import itertools

from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.plotting.axes import epoch_axis, log_axis
from fashionlab.plotting.curves import curve_of, draw_curve, draw_original, mark_level
from fashionlab.plotting.figure import new_figure, plain
from fashionlab.plotting.labels import label_end
from fashionlab.plotting.looks import COLOURS, DASHES, MARKERS, Look
from fashionlab.study import Study

NEEDS = ("activations",)
EXPERIMENT = "activations"
ROWS = {"loss": "training loss", "gradient_norm": "gradient norm"}
COLUMNS = 5  # networks beside each other at most


def draw(study: Study) -> Figure:
    """Return the figure: two rows, loss and gradient, repeated for more networks than COLUMNS."""
    table = study.variants(EXPERIMENT)
    networks = list(dict.fromkeys(table["network"]))
    styles = zip(
        dict.fromkeys(table["activation"]), itertools.cycle(COLOURS), itertools.cycle(MARKERS),
        itertools.cycle(DASHES), strict=False,
    )  # fmt: skip
    looks = {activation: Look(*style) for activation, *style in styles}
    columns = min(COLUMNS, len(networks))
    bands = -(-len(networks) // columns)
    figure = new_figure(study, height=0.5 + 3.7 * bands)
    grid = figure.subplots(2 * bands, columns, sharex=True, squeeze=False)
    epochs = int(table["epochs"].max())
    for place, network in enumerate(networks):
        band, column = divmod(place, columns)
        for row, quantity in enumerate(ROWS):
            axes = grid[2 * band + row, column]
            for variant, own in table[table["network"] == network].iterrows():
                curve = curve_of(study, EXPERIMENT, str(variant), quantity, robust=row == 1)
                look, name = looks[own["activation"]], prose.shown(own["activation"])
                line = draw_curve(axes, curve, str(variant), look)
                draw_original(axes, study, (EXPERIMENT, str(variant)), quantity, look)
                if column == columns - 1 or place == len(networks) - 1:
                    label_end(axes, line, plain(name))
            epoch_axis(axes, epochs, label=row == 1)
        grid[2 * band, column].set_title(plain(network))
    for number, row in enumerate(grid):
        used = [axes for axes in row if axes.lines]
        for axes in row[len(used) :]:
            axes.set_axis_off()
        row[0].set_ylabel(list(ROWS.values())[number % 2])
        for axes in used[1:]:
            axes.sharey(used[0])
            axes.tick_params(labelleft=False)
        log_axis(*used)
        if number % 2 == 0:
            mark_level(used[0], study.chance_loss, f"ln {len(study.classes)}")
    return figure
