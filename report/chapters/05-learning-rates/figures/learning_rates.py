"""Loss and validation accuracy with constant learning rates, cool colours for small ones."""

from matplotlib.figure import Figure

from fashionlab.plotting import panels
from fashionlab.plotting.figure import new_figure, plain
from fashionlab.plotting.looks import sequence
from fashionlab.study import Study

NEEDS = ("learning_rates",)
EXPERIMENT = "learning_rates"


def draw(study: Study) -> Figure:
    """Return the figure: loss left, validation accuracy right."""
    figure = new_figure(study, height=3.6)
    pair = figure.subplots(1, 2)
    entries = entries_of(study)
    for entry in entries:
        panels.draw_pair(pair, study, entry)
    panels.finish_pair(pair, study, panels.most_epochs(study, entries))
    return figure


def entries_of(study: Study) -> list[panels.Entry]:
    """Return the constant rates as they are drawn, the smallest first rate first."""
    labels = study.variants(EXPERIMENT)["label"]
    first = {
        str(v): study.entries(EXPERIMENT, str(v))[0]["specification"]["learning_rate"][0]["rate"]
        for v in labels.index
    }
    ordered = sorted(first, key=lambda variant: first[variant])
    return [
        panels.Entry(EXPERIMENT, variant, plain(labels[variant]), look)
        for variant, look in sequence(ordered).items()
    ]
