"""The original's last epochs beside ours, where the two mean the same."""

from fashionlab import prose
from fashionlab.outcomes import Outcome
from fashionlab.study import NotInStudyError, Study, outcome_of

DATASETS = ("Fashion-MNIST",)  # of the homework
VALIDATION = "validation_accuracy"


def facts(study: Study) -> dict:
    """Return a table a question, and sentences on how far the numbers are apart."""
    known = study.original is not None
    validated = _places(study, VALIDATION) if known else []
    adam = [p for p in validated if _is(study, p, optimizer="adam")]
    gradients = _places(study, "gradient_norm") if known else []
    rates = [p for p in validated if _is(study, p, optimizer="sgd")]
    return {
        "network_rows": [
            {"Network": _network(study, place), "Test, published": _published(study, place),
             "Test, ours": study.outcome(*place, "test_accuracy").text} | _accuracies(study, place)
            for place in adam
        ],
        "gradient_rows": [
            {"Network": study.label(*place),
             "Gradient, original": prose.magnitude(_theirs(study, place, "gradient_norm")),
             "Gradient, ours": prose.magnitude(_gradient(study, place))} | _losses(study, place)
            for place in gradients
        ],
        "rate_rows": [
            {"Learning rate": study.label(*place)} | _accuracies(study, place)
            | _losses(study, place)
            for place in rates
        ],
        "network_sentence": difference_sentence(
            {_network(study, place): _difference(study, place) for place in adam}, "networks"
        ),
        "gradient_sentence": gradient_sentence(study, gradients),
        "rate_sentence": difference_sentence(
            {study.label(*place): _difference(study, place) for place in rates}, "trainings"
        ),
        "two_rates": any(_is(study, p, learning_rate="two_rates") for p in rates),
    }  # fmt: skip


def _places(study: Study, column: str) -> list[tuple[str, str]]:
    """Return the variant that each of the original's curves of a column is to be set beside.

    Of several with its settings the one whose number of epochs is nearest to the curve's.
    """
    places = [(e, str(v)) for e in study.experiments for v in study.variants(e).index]
    nearest: dict[bytes, tuple[int, int]] = {}
    for number, place in enumerate(places):
        try:
            curve = study.original.series(*place, column)
        except NotInStudyError:
            continue
        found = (abs(study.entries(*place)[0]["epochs"] - len(curve)), number)
        nearest[curve.tobytes()] = min(found, nearest.get(curve.tobytes(), found))
    return [places[number] for number in sorted(number for _, number in nearest.values())]


def _is(study: Study, place: tuple[str, str], **settings: str) -> bool:
    entry = study.entries(*place)[0]
    return all(entry[key] == value for key, value in settings.items())


def _network(study: Study, place: tuple[str, str]) -> str:
    return str(study.entries(*place)[0]["network"])


def _theirs(study: Study, place: tuple[str, str], column: str) -> float:
    return float(study.original.series(*place, column)[-1])


def _ours(study: Study, place: tuple[str, str], column: str) -> Outcome:
    return outcome_of(study.epoch(*place, column).reindex(study.diverged(*place).index))


def _gradient(study: Study, place: tuple[str, str]) -> float:
    return float(study.epoch(*place, "gradient_norm", how="median").mean())


def _published(study: Study, place: tuple[str, str]) -> str:
    network = study.entries(*place)[0]["network"]
    return prose.number(study.original.data["generalisation"][network]["test_accuracy"], 2)


def _difference(study: Study, place: tuple[str, str]) -> float:
    return _ours(study, place, VALIDATION).mean - _theirs(study, place, VALIDATION)


def _accuracies(study: Study, place: tuple[str, str]) -> dict[str, str]:
    return {
        "Validation, original": prose.number(_theirs(study, place, VALIDATION), 2),
        "Validation, ours": _ours(study, place, VALIDATION).text,
        "Difference": prose.signed(_difference(study, place)),
    }


def _losses(study: Study, place: tuple[str, str]) -> dict[str, str]:
    return {
        "Loss, original": prose.number(_theirs(study, place, "loss"), 3),
        "Loss, ours": prose.number(_ours(study, place, "loss").mean, 3),
    }


def difference_sentence(gaps: dict[str, float], what: str) -> str:
    """Return one sentence on the smallest and largest difference in last-epoch accuracy."""
    known = sorted((name for name in gaps if prose.exists(gaps[name])), key=lambda n: abs(gaps[n]))
    if not known:
        return ""
    most = known[-1]
    side = "above" if gaps[most] > 0 else "below"
    if len(known) == 1:
        return (
            f"Our validation accuracy for {most} is {prose.points(gaps[most])} {side} the "
            "original's."
        )
    return (
        f"Over the {prose.word(len(known))} {what}, our validation accuracies and the original's "
        f"differ by {prose.number(abs(gaps[known[0]]), 2)} to {prose.points(gaps[most])}. They "
        f"differ most for {most}, where ours is {side}."
    )


def gradient_sentence(study: Study, places: list[tuple[str, str]]) -> str:
    """Return a sentence or two on how many gradients are within a factor of two."""
    ratios = {
        study.label(*p): prose.ratio(_gradient(study, p), _theirs(study, p, "gradient_norm"))
        for p in places
    }
    ratios = {name: ratio for name, ratio in ratios.items() if prose.exists(ratio)}
    far = [name for name, ratio in ratios.items() if not 0.5 <= ratio <= 2]
    if not ratios:
        return ""
    if not far:
        return f"All {prose.word(len(ratios))} gradients are within a factor of two of each other."
    near = prose.word(len(ratios) - len(far))
    return (
        f"Of {prose.count(len(ratios), 'gradient')}, {near} "
        f"{prose.plural(len(ratios) - len(far), 'is', 'are')} within a factor of two of the "
        f"original's. Farther apart: {prose.join(far)}."
    )
