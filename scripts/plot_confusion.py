"""Draw the confusion matrices of the networks of question 2 on the test set.

Writes confusion.svg, confusion.png and confusion.json.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fashionlab import prose
from fashionlab.figures.figure_data import FigureData
from fashionlab.figures.figure_looks import network_looks
from fashionlab.figures.figure_matrices import LEAST, WRITTEN, draw_matrix, draw_recalls
from fashionlab.figures.plotting import empty_figure, new_figure, run_program

EXPERIMENT = "generalisation"
COLUMNS = 3
NOTHING = "Every training diverged, so no test image was classified."


def draw(data: FigureData) -> Figure:
    """Return the figure: a matrix a network, rows in percent of a class, errors coloured."""
    matrices = confusions(data)
    if not matrices:
        return empty_figure(data, NOTHING)
    columns = min(COLUMNS, len(matrices))
    rows = -(-len(matrices) // columns)
    figure = new_figure(data, height=0.8 + rows * 6.6 / COLUMNS)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for place, (name, matrix) in enumerate(matrices.items()):
        axes = grid[divmod(place, columns)]
        draw_matrix(axes, matrix)
        axes.set_axis_on()
        axes.set_title(name)
        if place % columns == 0:
            axes.set_yticks(range(len(matrix)), data.class_labels)
        if place + columns >= len(matrices):
            axes.set_xticks(range(len(matrix)), data.class_labels, rotation=90)
    if len(matrices) < grid.size:
        networks = {v: data.training(EXPERIMENT, v)["network"] for v in matrices}
        own = {variant: network_looks(data)[name] for variant, name in networks.items()}
        draw_recalls(grid.flat[-1], matrices, own, data.class_labels)
    return figure


def confusions(data: FigureData) -> dict[str, np.ndarray]:
    """Return each variant's matrix in percent of the true class, over all its runs that ended.

    Rows are true classes, columns predicted ones.
    """
    table, size = data.predictions(EXPERIMENT), range(len(data.classes))
    matrices = {}
    for variant in data.variants(EXPERIMENT):
        rows = table[table["variant"] == variant]
        if len(rows):
            counts = pd.crosstab(rows["label"], rows["predicted"])
            counts = counts.reindex(index=size, columns=size, fill_value=0).to_numpy(float)
            matrices[variant] = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return matrices


def describe(data: FigureData) -> dict[str, str]:
    """Return title, caption and alternative text, from the data."""
    matrices, title = confusions(data), "Confusion matrices"
    if not matrices:
        return {"title": title, "caption": NOTHING, "alt": NOTHING}
    mean = np.mean(list(matrices.values()), axis=0)
    hardest, easiest = int(np.diag(mean).argmin()), int(np.diag(mean).argmax())
    errors = mean - np.diag(np.diag(mean))
    true, predicted = np.unravel_index(errors.argmax(), errors.shape)
    networks = f"over {prose.count(len(matrices), 'network')}" if len(matrices) > 1 else "here"
    pair = f"{data.classes[true]} for {data.classes[predicted]}"
    least, most = prose.percent(mean[hardest, hardest], 0), prose.percent(mean[easiest, easiest], 0)
    message = (
        f"The hardest class is {data.classes[hardest]} ({least} found, mean {networks}), the "
        f"easiest {data.classes[easiest]} ({most}); the commonest error takes "
        f"{pair} ({prose.percent(errors[true, predicted], 0)})."
    )
    runs = data.plan["experiments"][EXPERIMENT]["runs"]
    over = f", over {prose.count(runs, 'run')}" if runs > 1 else ""
    caption = (
        f"{message} Rows: true class, columns: predicted, in percent of the true class{over}. "
        f"Framed: found; coloured: errors of at least {prose.percent(LEAST, 1)}, numbered from "
        f"{prose.percent(WRITTEN, 0)}."
    )
    alt = f"Confusion matrices on the test set of {prose.join(matrices)}. {message}"
    return {"title": title, "caption": caption, "alt": alt}


if __name__ == "__main__":
    run_program(draw, describe, "confusion")
