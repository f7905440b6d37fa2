"""First-layer weights of every network as grey images, the most orderly first."""

from matplotlib.figure import Figure

from fashionlab.plotting.weights import draw_first_weights
from fashionlab.study import Study

NEEDS = ("generalisation",)


def draw(study: Study) -> Figure:
    """Return the figure: a panel a network."""
    variants = map(str, study.variants("generalisation").index)
    return draw_first_weights(study, "generalisation", variants)
