"""An experiment of one's own: loss, validation accuracy and test accuracy of its variants."""

from matplotlib.figure import Figure

from fashionlab.plotting import panels, points
from fashionlab.plotting.figure import new_figure, plain
from fashionlab.plotting.looks import variant_looks
from fashionlab.study import Study

LONG = 14  # letters of a name from which curves are labelled in one panel only


def draw(study: Study, experiment: str) -> Figure:
    """Return the figure: curves above, test accuracies with intervals below."""
    own = variant_looks(study, experiment)
    labels = study.variants(experiment)["label"]
    height = 0.6 + 0.24 * len(own)
    figure = new_figure(study, height=3.4 + height)
    above, below = figure.subfigures(2, 1, height_ratios=(3.2, height))  # each with its own margins
    pair, test = above.subplots(1, 2), below.subplots()
    entries = [panels.Entry(experiment, v, plain(labels[v]), look) for v, look in own.items()]
    for entry in entries:
        panels.draw_pair(pair, study, entry, once=max(len(e.name) for e in entries) > LONG)
    panels.finish_pair(pair, study, panels.most_epochs(study, entries))
    outcomes = [(e.name, study.outcome(experiment, e.variant, "test_accuracy")) for e in entries]
    points.draw_list(test, outcomes, list(own.values()))
    test.set_title("c  Test accuracy, %")
    return figure
