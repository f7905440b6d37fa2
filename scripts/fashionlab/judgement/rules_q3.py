"""Rules for the claims 3a to 3d: gradients of the first layer, and inputs that are not scaled."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fashionlab import prose
from fashionlab.judgement.comparisons import (
    Comparison,
    Judgement,
    all_of,
    compare_factors,
    left_out,
    settle,
)
from fashionlab.judgement.declared import claim
from fashionlab.judgement.evidence import (
    CONVOLUTIONAL,
    FIVE,
    PERCEPTRONS,
    CannotJudgeError,
    Study,
    name_of,
)
from fashionlab.judgement.speed import compare_speed
from fashionlab.judgement.wording import conclude
from fashionlab.measures import last_mean

ACTIVATIONS = ("relu", "sigmoid")
NORM, RMS = "gradient_norm", "gradient_rms"
PROGRESS = 0.9  # of the way from chance to the baseline's last loss, for "a good result"

LEVEL = (
    f"Slower means more steps to a loss {100 * PROGRESS:.0f}{prose.NBSP}% of the way from guessing "
    "to the last epoch with scaled inputs."
)

Pair = tuple[tuple[str, str], tuple[str, str]]  # (network, activation), the claimed larger first


def compare_gradients(study: Study, a: str, b: str, column: str) -> Comparison:
    """Compare two variants in the median over all recorded steps of a run.

    The median, since a few steps of a network that has just begun to learn outweigh any mean. A
    run that diverged counts with its steps until then.
    """
    medians = [_median_gradients(study, key, column) for key in (a, b)]
    size = column.replace("_", " ").replace("rms", "root mean square")
    measure = f"median {size} over all records"
    return compare_factors((name_of(a), name_of(b)), medians, measure)


def _median_gradients(study: Study, key: str, column: str) -> list[float]:
    curves = study.curves(key, column, with_diverged=True)
    medians = [float(np.median(curve["value"])) for curve in curves if len(curve)]
    if not medians:
        raise CannotJudgeError(f"No gradient of {name_of(key)} is recorded.")
    return medians


def _compare_all(study: Study, pairs: Sequence[Pair], column: str) -> list[Comparison]:
    keys = [[study.variant("activations", network=n, activation=a) for n, a in p] for p in pairs]
    return [compare_gradients(study, a, b, column) for a, b in keys]


def _judge_pairs(study: Study, pairs: Sequence[Pair], *notes: str) -> Judgement:
    """Judge by the norm, as the claims are stated, and say what the size per weight says."""
    norm = conclude(_compare_all(study, pairs, NORM))
    per_weight = all_of([c.verdict for c in settle(_compare_all(study, pairs, RMS))])
    same = "also " if per_weight == norm.verdict else ""
    note = f"Per weight (root mean square) the verdict is {same}“{per_weight}”."
    return conclude(norm.comparisons, note, *notes)


@claim("3a", "ReLU networks have larger gradients than sigmoid ones.", "gradients")
def gradients_by_activation(study: Study) -> Judgement:
    """Judge whether every network has a larger gradient with ReLU than with sigmoid."""
    return _judge_pairs(study, [((n, "relu"), (n, "sigmoid")) for n in FIVE])


@claim(
    "3b",
    "With the same activation, perceptrons have larger gradients than convolutional networks.",
    "gradients",
)
def gradients_by_kind(study: Study) -> Judgement:
    """Judge whether perceptrons have larger gradients than convolutional networks, pair by pair."""
    triples = itertools.product(ACTIVATIONS, PERCEPTRONS, CONVOLUTIONAL)
    return _judge_pairs(study, [((p, a), (c, a)) for a, p, c in triples])


@claim("3c", "The deeper, the smaller the gradient; cnn5 has the smallest.", "gradients")
def gradients_by_depth(study: Study) -> Judgement:
    """Judge whether each network is above the next deeper one, and all are above cnn5.

    The order is that of the original (mlp1, mlp2, cnn3, cnn4, cnn5), by nominal depth.
    """
    order = [*itertools.pairwise(FIVE), *((n, "cnn5") for n in FIVE[:-2])]
    pairs = [((a, act), (b, act)) for act in ACTIVATIONS for a, b in order]
    within = [((a, "sigmoid"), (b, "sigmoid")) for a, b in itertools.pairwise(CONVOLUTIONAL)]
    verdict = all_of([c.verdict for c in settle(_compare_all(study, within, NORM))])
    note = f"Among the convolutional networks with sigmoid alone it is “{verdict}”."
    return _judge_pairs(study, pairs, note)


@claim(
    "3d", "Unscaled inputs make it slower to a good result, and gradients larger.", "input_scaling"
)
def unscaled_inputs(study: Study) -> Judgement:
    """Judge whether both networks are slower and have larger gradients with either range."""
    comparisons, divergences = [], []
    for network, scale in itertools.product(("mlp1", "cnn4"), ("unit", "raw")):
        unscaled = study.variant("input_scaling", network=network, input_range=scale)
        baseline = study.variant("activations", network=network, activation="relu")
        names = [_with_range(study, key) for key in (unscaled, baseline)]
        level = _level(study, baseline)
        what = f"a loss of {prose.number(level, 2)}"
        comparisons += [
            _renamed(compare_speed(study, unscaled, baseline, "loss", level, what), names),
            _renamed(compare_gradients(study, unscaled, baseline, NORM), names),
        ]
        if runs := study.diverged(unscaled):
            divergences.append(f"{prose.count(runs, 'run')} of {names[0]}")
    listed = f"Diverged, and so never arrived: {prose.join(divergences)}." if divergences else ""
    names = [f"{c.a} ({c.verdict})" for c in settle(comparisons)]
    parts = f"Slower: {prose.join(names[::2])}. Larger gradients: {prose.join(names[1::2])}."
    return conclude(comparisons, listed, parts, LEVEL)


def _with_range(study: Study, key: str) -> str:
    """Return a variant by its network and inputs: "mlp1 on [0, 255]"."""
    training = study.plan_entries(key)[0]
    inputs = prose.span(study.plan["input_ranges"][training["input_range"]])
    return f"{training['network']} on {inputs}"


def _renamed(comparison: Comparison, names: Sequence[str]) -> Comparison:
    """Return a comparison with other names for its two variants, in its remark as well."""
    a, b = names
    remark = comparison.remark.replace(comparison.a, a).replace(comparison.b, b)
    return replace(comparison, a=a, b=b, remark=remark)


def _level(study: Study, baseline: str) -> float:
    """Return the loss that counts as a good result: most of the way to the baseline's last one."""
    curves = study.curves(baseline, "loss")
    if not curves:
        raise CannotJudgeError(f"{name_of(baseline)} diverged. {left_out(study, baseline)}")
    start = math.log(len(study.plan["dataset"]["classes"]))
    return start + PROGRESS * (float(np.mean([last_mean(c) for c in curves])) - start)
