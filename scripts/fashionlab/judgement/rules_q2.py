"""Rules for the claims 2a to 2i: generalisation, size and depth of the original's five networks."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from fashionlab import prose
from fashionlab.judgement.comparisons import (
    FAILS,
    HOLDS,
    RANK,
    UNDECIDED,
    Comparison,
    Judgement,
    Rule,
    all_of,
    compare_accuracies,
    settle,
)
from fashionlab.judgement.evidence import CONVOLUTIONAL, FIVE, PERCEPTRONS, Study, effective_depth
from fashionlab.judgement.rules_weights import judge_2g
from fashionlab.judgement.statistics import RUNS_FOR_INTERVAL, Difference, rank_correlation
from fashionlab.judgement.wording import conclude, describe, describe_tests, p_text

TEST, VALIDATION, TRAINING = "test_accuracy", "validation_accuracy", "train_accuracy"
EXACT_RANKS = "Spearman's rank correlation over the networks, exact over all their orders"


def above(study: Study, pairs: Sequence[tuple[str, str]], measure: str) -> list[Comparison]:
    """Compare pairs of networks of the generalisation experiment, the claimed better one first."""
    keys = [[study.variant("generalisation", network=n) for n in pair] for pair in pairs]
    return [compare_accuracies(study, a, b, measure) for a, b in keys]


def best(network: str) -> list[tuple[str, str]]:
    """Return the pairs that say that a network is the best of the five."""
    return [(network, other) for other in FIVE if other != network]


def judge_2a(study: Study) -> Judgement:
    """Judge whether cnn4 is above every other network in test, cnn5 in validation accuracy."""
    tested = above(study, best("cnn4"), TEST)
    return conclude(tested + above(study, best("cnn5"), VALIDATION))


def judge_2b(study: Study) -> Judgement:
    """Judge whether every other network is above mlp2 in test and in validation accuracy."""
    pairs = [(other, "mlp2") for other, _ in map(reversed, best("mlp2"))]
    return conclude(above(study, pairs, TEST) + above(study, pairs, VALIDATION))


def judge_2c(study: Study) -> Judgement:
    """Judge whether gap and test error rise with the number of parameters.

    The note on mlp2: the 784-16-10 network that could replace it has 12,730 parameters, which
    changes no rank, so the plain counts are used.
    """
    sizes = {n: float(study.plan["networks"][n]["parameters"]) for n in _five(study)}
    larger = [(a, b) for a, b in itertools.permutations(FIVE, 2) if sizes[a] > sizes[b]]
    smaller = [(b, a) for a, b in larger]
    pairs = above(study, larger, "gap") + above(study, smaller, TEST)
    means = _means(study, "gap"), {n: 100 - v for n, v in _means(study, TEST).items()}
    what = ("generalisation gap", "test error")
    trends = [_trend("number of parameters", w, sizes, m) for w, m in zip(what, means, strict=True)]
    return _judge_trend(
        trends,
        pairs,
        "Only the order of the counts enters; mlp2's is the same "
        "for the 784-16-10 network that can compute all that mlp2 can.",
    )


def judge_2d(study: Study) -> Judgement:
    """Judge whether test accuracy rises with depth, two linear layers in a row being one.

    By its nominal depth mlp2 would be deeper than mlp1; it computes what a 784-16-10 network can.
    """
    depths = {n: float(effective_depth(study.plan["networks"][n]["layers"])) for n in _five(study)}
    deeper = [(a, b) for a, b in itertools.permutations(FIVE, 2) if depths[a] > depths[b]]
    trend = _trend("depth", "test accuracy", depths, _means(study, TEST))
    return _judge_trend(
        [trend],
        above(study, deeper, TEST),
        "mlp2's two linear layers in a row "
        "count as one; depth and kind of network change together.",
    )


def _five(study: Study) -> tuple[str, ...]:
    for network in FIVE:
        study.variant("generalisation", network=network)
    return FIVE


def _means(study: Study, measure: str) -> dict[str, float]:
    keys = {n: study.variant("generalisation", network=n) for n in FIVE}
    return {n: float(study.finals(key, measure).mean()) for n, key in keys.items()}


def _trend(what: str, of: str, x: dict[str, float], y: dict[str, float]) -> Comparison:
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


def judge_2e(study: Study) -> Judgement:
    """Judge whether every convolutional network is above every perceptron in test accuracy."""
    return conclude(above(study, list(itertools.product(CONVOLUTIONAL, PERCEPTRONS)), TEST))


def judge_2f(study: Study) -> Judgement:
    """Judge whether mlp1 is above mlp2 in test accuracy."""
    return conclude(above(study, [("mlp1", "mlp2")], TEST))


def judge_2h(study: Study) -> Judgement:
    """Judge whether cnn4 is above cnn5 in final training accuracy."""
    return conclude(above(study, [("cnn4", "cnn5")], TRAINING))


def judge_2i(study: Study) -> Judgement:
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
    near = comparison.runs >= RUNS_FOR_INTERVAL and comparison.difference.low > -margin
    return HOLDS if comparison.verdict == UNDECIDED and smaller and near else comparison.verdict


RULES: dict[str, Rule] = {
    "2a": judge_2a,
    "2b": judge_2b,
    "2c": judge_2c,
    "2d": judge_2d,
    "2e": judge_2e,
    "2f": judge_2f,
    "2g": judge_2g,
    "2h": judge_2h,
    "2i": judge_2i,
}
