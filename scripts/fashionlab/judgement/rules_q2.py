"""Rules for the claims 2a to 2i: generalisation, size and depth of the original's five networks."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace

from fashionlab import prose
from fashionlab.judgement.comparisons import (
    FAILS,
    HOLDS,
    RANK,
    UNDECIDED,
    Comparison,
    Judgement,
    all_of,
    compare_accuracies,
    settle,
)
from fashionlab.judgement.declared import claim
from fashionlab.judgement.evidence import CONVOLUTIONAL, FIVE, PERCEPTRONS, Study, effective_depth
from fashionlab.judgement.old_statistics import Difference, rank_correlation
from fashionlab.judgement.wording import conclude, describe, describe_tests, p_text

TEST, VALIDATION, TRAINING = "test_accuracy", "validation_accuracy", "train_accuracy"
EXACT_RANKS = "Spearman's rank correlation over the networks, exact over all their orders"


def above(study: Study, pairs: Iterable[tuple[str, str]], measure: str) -> list[Comparison]:
    """Compare pairs of networks of the generalisation experiment, the claimed better one first."""
    keys = [[study.variant("generalisation", network=n) for n in pair] for pair in pairs]
    return [compare_accuracies(study, a, b, measure) for a, b in keys]


def best(network: str) -> list[tuple[str, str]]:
    """Return the pairs that say that a network is the best of the five."""
    return [(network, other) for other in FIVE if other != network]


def worst(network: str) -> list[tuple[str, str]]:
    """Return the pairs that say that a network is the worst of the five."""
    return [(other, network) for _, other in best(network)]


def claim_pairs(claim_id: str, words: str, pairs: dict[str, list[tuple[str, str]]]) -> None:
    """Declare a claim that holds if, by measure, the first network of each pair is above."""

    @claim(claim_id, words, "generalisation")
    def compare(study: Study) -> Judgement:
        return conclude([c for measure in pairs for c in above(study, pairs[measure], measure)])


claim_pairs(
    "2a",
    "cnn4 has the best test accuracy, cnn5 the best validation accuracy.",
    {TEST: best("cnn4"), VALIDATION: best("cnn5")},
)
claim_pairs(
    "2b",
    "mlp2 has the lowest test and validation accuracy.",
    {TEST: worst("mlp2"), VALIDATION: worst("mlp2")},
)
claim_pairs(
    "2e",
    "The convolutional networks beat the perceptrons.",
    {TEST: list(itertools.product(CONVOLUTIONAL, PERCEPTRONS))},
)
claim_pairs("2f", "mlp1 beats mlp2.", {TEST: [("mlp1", "mlp2")]})
claim_pairs("2h", "cnn4 fits the training data better than cnn5.", {TRAINING: [("cnn4", "cnn5")]})


@claim("2c", "The fewer parameters, the better the generalisation.", "size_and_depth")
def trend_by_size(study: Study) -> Judgement:
    """Judge whether gap and test error rise with the number of parameters.

    The note on mlp2: the 784-16-10 network that could replace it has 12,730 parameters, which
    changes no rank, so the plain counts are used.
    """
    sizes = {n: study.plan["networks"][n]["parameters"] for n in _keys(study)}
    larger, what = _larger_first(sizes), "number of parameters"
    pairs = above(study, larger, "gap") + above(study, [(b, a) for a, b in larger], TEST)
    errors = {n: 100 - accuracy for n, accuracy in _means(study, TEST).items()}
    return _judge_trend(
        [
            _trend(what, "generalisation gap", sizes, _means(study, "gap")),
            _trend(what, "test error", sizes, errors),
        ],
        pairs,
        "Only the order of the counts enters; mlp2's is the same "
        "for the 784-16-10 network that can compute all that mlp2 can.",
    )


@claim("2d", "Deeper is better.", "size_and_depth")
def trend_by_depth(study: Study) -> Judgement:
    """Judge whether test accuracy rises with depth, two linear layers in a row being one.

    By its nominal depth mlp2 would be deeper than mlp1; it computes what a 784-16-10 network can.
    """
    depths = {n: effective_depth(study.plan["networks"][n]["layers"]) for n in _keys(study)}
    return _judge_trend(
        [_trend("depth", "test accuracy", depths, _means(study, TEST))],
        above(study, _larger_first(depths), TEST),
        "mlp2's two linear layers in a row count as one; "
        "depth and kind of network change together.",
    )


def _keys(study: Study) -> dict[str, str]:
    """Return the variants of the five networks; raises CannotJudgeError if one is missing."""
    return {n: study.variant("generalisation", network=n) for n in FIVE}


def _means(study: Study, measure: str) -> dict[str, float]:
    return {n: float(study.finals(key, measure).mean()) for n, key in _keys(study).items()}


def _larger_first(values: dict[str, int]) -> list[tuple[str, str]]:
    return [(a, b) for a, b in itertools.permutations(FIVE, 2) if values[a] > values[b]]


def _trend(what: str, of: str, x: dict[str, int], y: dict[str, float]) -> Comparison:
    rho, p_value = rank_correlation([x[n] for n in FIVE], [y[n] for n in FIVE])
    difference = Difference(rho, math.nan, math.nan, p_value)
    return Comparison(what, of, RANK, RANK, difference, 0, EXACT_RANKS)


def _judge_trend(trends: list[Comparison], pairs: list[Comparison], note: str) -> Judgement:
    """Judge "the more x, the more y" as a trend over networks and as a rule about each pair.

    The rank correlation can show the trend (with five networks only in nearly perfect order). A
    clear counterexample among the pairs refutes the rule.
    """
    ranked, compared = settle(trends), settle(pairs)
    against = [c for c in compared if c.verdict == FAILS]
    verdict = FAILS if against else all_of([c.verdict for c in ranked])
    numbers = prose.join(
        [f"{prose.number(c.value, 2)} for the {c.b} ({p_text(c.p_adjusted)})" for c in ranked]
    )
    reason = f"The rank correlation with the {trends[0].a} over five networks is {numbers}."
    clearest = min(against, key=lambda c: c.difference.estimate, default=None)
    if clearest:
        number = prose.count(len(against), "pair")
        most = ", most clearly" * (len(against) > 1)
        reason += f" As a rule it is refuted by {number}{most}: {describe(clearest)}"
    main = clearest or min(ranked, key=lambda c: c.value)
    test = f"{EXACT_RANKS}; as a rule, every pair of networks: {describe_tests(compared)}"
    return Judgement(verdict, f"{reason} {note}", test, main, (*ranked, *compared))


@claim("2i", "cnn5 is the one to choose.", "generalisation")
def best_choice(study: Study) -> Judgement:
    """Judge whether no other network is a better choice than cnn5.

    It must be better than each, or smaller and surely less than the margin below it. Judged by
    validation accuracy: a choice made on the test set would spoil it.
    """
    compared = settle(above(study, best("cnn5"), VALIDATION))
    size = {name: network["parameters"] for name, network in study.plan["networks"].items()}
    chosen = [replace(c, verdict=_choice(c, size, study.margin)) for c in compared]
    return conclude(
        chosen,
        "A network is the one to choose if it is better on the validation images, or has fewer "
        f"parameters and is surely less than {prose.points(study.margin, 1)} below; cnn5 has "
        f"{size['cnn5']:,} parameters.",
    )


def _choice(comparison: Comparison, size: dict[str, int], margin: float) -> str:
    smaller = size[comparison.a] < size[comparison.b]
    near = comparison.over_runs and comparison.difference.low > -margin
    return HOLDS if comparison.verdict == UNDECIDED and smaller and near else comparison.verdict
