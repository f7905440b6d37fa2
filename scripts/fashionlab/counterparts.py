"""Trainings that a figure, a table or a sentence sets beside those of an experiment."""

from collections.abc import Sequence

from fashionlab.planning.plan import AXES
from fashionlab.study import Place, Study

SHARED = ("network", "activation", "input_range", "batch_size", "split_seed")  # by rates and Adam


def alike(study: Study, experiment: str, settings: Sequence[str] = SHARED) -> list[Place]:
    """Return what shares settings with a variant of an experiment, in the order of the plan.

    Of other experiments alone.
    """
    entries = [entry for entry in study.plan["trainings"] if entry["run"] == 1]
    own = [[e[key] for key in settings] for e in entries if e["experiment"] == experiment]
    return [
        (entry["experiment"], entry["variant"])
        for entry in entries
        if entry["experiment"] != experiment and [entry[key] for key in settings] in own
    ]


def with_adam(study: Study, experiment: str) -> list[Place]:
    """Return where Adam trains what an experiment trains, the shortest training first.

    Last comes what is as long as the longest of the experiment, if there is such a training: with
    the last one the experiment is compared.
    """
    length = study.variants(experiment)["epochs"].max()
    found = []
    for place in alike(study, experiment):
        entry = study.entries(*place)[0]
        if entry["optimizer"] == "adam":
            found.append((entry["epochs"] == length, entry["epochs"], place))
    return [place for *_, place in sorted(found, key=lambda one: one[:2])]


def by_input_range(study: Study, experiment: str, base: str) -> dict[str, dict[str, Place]]:
    """Return {network: {input range: place}} of an experiment, shallow networks first.

    With the range of the experiment ``base`` where it has the same training otherwise.
    """
    others = [axis for axis in AXES if axis != "input_range"]
    own = [(experiment, str(variant)) for variant in study.variants(experiment).index]
    beside = [place for place in alike(study, experiment, others) if place[0] == base]
    found: dict[str, dict[str, Place]] = {}
    for place in [*own, *beside]:
        entry = study.entries(*place)[0]
        found.setdefault(entry["network"], {}).setdefault(entry["input_range"], place)
    return found
