"""An experiment of one's own: confusion matrices, and the share of each class found."""

from matplotlib.figure import Figure

from experiment.chosen import chosen
from fashionlab.plotting.confusion import draw_confusions
from fashionlab.plotting.looks import variant_looks
from fashionlab.study import Study


def draw(study: Study, experiment: str) -> Figure:
    """Return the figure: a matrix for each variant that is looked at closely."""
    looks = variant_looks(study, experiment)
    return draw_confusions(study, experiment, {v: looks[v] for v in chosen(study, experiment)})
