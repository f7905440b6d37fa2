"""An experiment of one's own: first-layer weights as grey images."""

from matplotlib.figure import Figure

from experiment.chosen import chosen
from fashionlab.plotting.weights import draw_first_weights
from fashionlab.study import Study


def draw(study: Study, experiment: str) -> Figure:
    """Return the figure: a panel for each variant that is looked at closely."""
    return draw_first_weights(study, experiment, chosen(study, experiment))
