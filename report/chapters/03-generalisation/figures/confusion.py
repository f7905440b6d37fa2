"""Confusion matrices of the networks on the test images, and the share of each class found."""

from matplotlib.figure import Figure

from fashionlab.plotting.confusion import draw_confusions
from fashionlab.plotting.looks import network_look
from fashionlab.study import Study

NEEDS = ("generalisation",)
EXPERIMENT = "generalisation"


def draw(study: Study) -> Figure:
    """Return the figure: a matrix a network."""
    variants = map(str, study.variants(EXPERIMENT).index)
    return draw_confusions(
        study, EXPERIMENT, {v: network_look(study, EXPERIMENT, v) for v in variants}
    )
