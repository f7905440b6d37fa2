"""Which variants of an experiment of one's own are looked at closely: errors and weights."""

import math

from fashionlab.study import Study

MOST = 5


def chosen(study: Study, experiment: str) -> list[str]:
    """Return the best variant or, where each has a network of its own, the best five, in order.

    By validation accuracy, so that the test set stays out of a choice; of several splits those on
    the first one of the grid. Empty if all diverged.
    """
    table = study.variants(experiment)
    table = table[table["split_seed"] == table["split_seed"].iloc[0]]
    means = {
        v: study.outcome(experiment, v, "validation_accuracy").mean for v in map(str, table.index)
    }
    ended = [v for v, mean in means.items() if not math.isnan(mean)]
    networks = table["network"].nunique() == len(table)
    best = sorted(ended, key=lambda v: -means[v])[: MOST if networks else 1]
    return [v for v in ended if v in best]
