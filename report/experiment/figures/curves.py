"""An experiment of one's own: loss, validation accuracy and test accuracy of its variants."""

from matplotlib.figure import Figure

from fashionlab.plotting import panels, points
from fashionlab.plotting.figure import new_figure, plain
from fashionlab.plotting.looks import Look, looks, network_look
from fashionlab.study import Study


def draw(study: Study, experiment: str) -> Figure:
    """Return the figure: curves above, test accuracies with intervals below."""
    own = variant_looks(study, experiment)
    labels = study.variants(experiment)["label"]
    height = 0.6 + 0.24 * len(own)
    figure = new_figure(study, height=3.4 + height)
    *pair, test = figure.subplot_mosaic("ab;cc", height_ratios=(3.2, height)).values()
    entries = [panels.Entry(experiment, v, plain(labels[v]), look) for v, look in own.items()]
    for entry in entries:
        panels.draw_pair(pair, study, entry)
    panels.finish_pair(pair, study, panels.most_epochs(study, entries))
    outcomes = [(e.name, study.outcome(experiment, e.variant, "test_accuracy")) for e in entries]
    points.draw_list(test, outcomes, list(own.values()))
    test.set_title("c  Test accuracy, %")
    return figure


def variant_looks(study: Study, experiment: str) -> dict[str, Look]:
    """Return the networks' own looks where each variant has its own network, else one a variant."""
    table = study.variants(experiment)
    if table["network"].nunique() < len(table):
        return looks([str(variant) for variant in table.index])
    return {str(variant): network_look(study, experiment, str(variant)) for variant in table.index}
