"""Rules for the claims 4a to 4e: learning rates, their schedules, and the schedule against Adam."""

import itertools
import math
from dataclasses import replace

import numpy as np

from fashionlab import prose
from fashionlab.judgement.comparisons import (
    FAILS,
    HOLDS,
    TWOFOLD,
    UNDECIDED,
    Comparison,
    Judgement,
    compare_accuracies,
    compare_factors,
    left_out,
)
from fashionlab.judgement.declared import claim
from fashionlab.judgement.evidence import CannotJudgeError, Study, name_of
from fashionlab.judgement.old_statistics import ALPHA
from fashionlab.plateau import TOLERANCE
from fashionlab.judgement.speed import compare_speed
from fashionlab.judgement.wording import conclude
from fashionlab.measures import LAST_EPOCHS, last_mean, spread_within_epochs

NETWORK, RATES, SCHEDULE = "cnn4", (0.1, 0.01, 0.001), "three_rates"
PROGRESS = 0.8  # of the way from chance to the best last epoch, for "has converged so far"
VALIDATION = "validation_accuracy"
LEVEL = (
    f"That level is {100 * PROGRESS:.0f}{prose.NBSP}% of the way from guessing to the highest "
    "last epoch of the constant rates."
)
WITHIN_TWICE = (
    "not worse by a factor of two (by the 95 % interval; from fewer than three runs, not "
    "worse at all)"
)
EQUIVALENCE = "equivalence: the 95 % interval over runs within {margin} either way"


def _rate(study: Study, rate: float) -> str:
    return study.variant("learning_rates", network=NETWORK, learning_rate=rate)


def _schedule(study: Study) -> str:
    return study.variant("schedules", network=NETWORK, learning_rate=SCHEDULE)


def _compare_validation_speed(study: Study, slow: str, fast: str) -> Comparison:
    """Compare the steps to PROGRESS of the way from chance to the best of the constant rates."""
    last = [last_mean(c) for rate in RATES for c in study.curves(_rate(study, rate), VALIDATION)]
    if not last:
        raise CannotJudgeError("No run of the learning rates ended: all diverged.")
    level = study.chance + PROGRESS * (max(last) - study.chance)
    what = f"{prose.percent(level, 1)} validation accuracy"
    return compare_speed(study, slow, fast, VALIDATION, level, what)


def _compare_spread(study: Study, a: str, b: str) -> Comparison:
    """Compare the oscillation of validation accuracy within the last epochs."""
    spreads = []
    for key in (a, b):
        spreads.append([spread_within_epochs(c) for c in study.curves(key, VALIDATION)])
        if not spreads[-1]:
            raise CannotJudgeError(f"{name_of(key)} diverged, so it has no last epochs.")
        if np.isnan(spreads[-1]).any():
            raise CannotJudgeError(f"{name_of(key)} was validated fewer than 3 times an epoch.")
    measure = f"spread of validation accuracy within the last {LAST_EPOCHS} epochs"
    comparison = compare_factors((name_of(a), name_of(b)), spreads, measure)
    return replace(comparison, remark=left_out(study, a, b))


@claim("4a", "A larger learning rate converges faster.", "learning_rates")
def speed_by_rate(study: Study) -> Judgement:
    """Judge whether each rate takes more steps than the next larger one."""
    pairs = itertools.pairwise(_rate(study, rate) for rate in RATES)
    return conclude([_compare_validation_speed(study, slow, fast) for fast, slow in pairs], LEVEL)


@claim("4b", "A larger learning rate oscillates more where it has converged.", "learning_rates")
def unrest_by_rate(study: Study) -> Judgement:
    """Judge whether each rate oscillates more at its end than the next smaller one."""
    keys = [_rate(study, rate) for rate in RATES]
    comparisons = [_compare_spread(study, a, b) for a, b in itertools.pairwise(keys)]
    return conclude(comparisons, _still_rising(study, keys))


def _still_rising(study: Study, keys: list[str]) -> str:
    """Return which variants still rise over their last epochs, as a sentence, or nothing."""
    names = [name_of(key) for key in keys if _rise(study, key) > TOLERANCE]
    if not names:
        return ""
    verb, have = prose.agree(names, "rises", "rise"), prose.agree(names, "it has", "they have")
    return f"{prose.join(names)} still {verb} in the last epochs: {have} not converged yet."


def _rise(study: Study, key: str) -> float:
    """Return how much validation accuracy gains from the fifth last to the last epoch."""
    curves = study.curves(key, VALIDATION)
    before = [c[c["epoch"] <= c["epoch"].max() - LAST_EPOCHS + 1] for c in curves]
    return float(np.mean([*map(last_mean, curves)]) - np.mean([*map(last_mean, before)]))


@claim(
    "4c",
    "The schedule keeps the speed of 0.1 and gains the steadiness of 0.001.",
    "schedule_three_rates",
)
def speed_and_steadiness(study: Study) -> Judgement:
    """Judge whether the schedule is as fast as 0.1, calmer than it, and as calm as 0.001."""
    schedule, fast, calm = _schedule(study), _rate(study, RATES[0]), _rate(study, RATES[-1])
    return conclude(
        [
            _not_below(_compare_validation_speed(study, fast, schedule)),
            _compare_spread(study, fast, schedule),
            _not_below(_compare_spread(study, calm, schedule)),
        ]
    )


def _not_below(comparison: Comparison) -> Comparison:
    """Judge that a is more than half of b, where "a above b" would ask too much.

    From fewer than three runs it holds if a is not below b at all, and fails if it is half of b.
    """
    shift, low, high, _ = comparison.difference
    holds, fails = shift >= 0, shift <= -TWOFOLD
    if comparison.over_runs:
        holds, fails = low > -TWOFOLD, high < -TWOFOLD
    judged = _instead(comparison, holds, fails, WITHIN_TWICE)
    return replace(judged, verdict=comparison.verdict or judged.verdict)


def _instead(comparison: Comparison, holds: bool, fails: bool, test: str) -> Comparison:
    """Return a comparison with the verdict on another hypothesis, for which it has no p-value."""
    verdict = HOLDS if holds else FAILS if fails else UNDECIDED
    difference = comparison.difference._replace(p_value=math.nan)
    return replace(comparison, difference=difference, verdict=verdict, test=test)


def _against_adam(study: Study) -> tuple[Comparison, str]:
    """Compare the schedule with Adam in test accuracy; also say how long each was trained."""
    schedule = _schedule(study)
    adam = study.variant("generalisation", network=NETWORK, optimizer="adam")
    comparison = compare_accuracies(study, schedule, adam, "test_accuracy")
    epochs = [study.plan_entries(key)[0]["epochs"] for key in (schedule, adam)]
    note = f"{SCHEDULE} was trained for {epochs[0]} epochs, Adam's {NETWORK} for {epochs[1]}."
    return replace(comparison, b=f"Adam's {NETWORK}"), note


@claim("4d", "The scheduled run's accuracy is nearly the same as Adam's.", "schedule_against_adam")
def as_good_as_adam(study: Study) -> Judgement:
    """Judge whether the schedule's test accuracy differs from Adam's by less than the margin.

    Stricter than two one-sided tests, whose interval would be that of 90 %. One run can show that
    two ways of training differ, not that they are alike.
    """
    comparison, note = _against_adam(study)
    (estimate, low, high, p_value), margin = comparison.difference, study.margin
    if comparison.over_runs:
        holds, fails = max(abs(low), abs(high)) < margin, low > margin or high < -margin
        test = EQUIVALENCE.format(margin=prose.points(margin, 1))
        comparison = _instead(comparison, holds, fails, test)
    else:
        differ = abs(estimate) >= margin and p_value < ALPHA
        comparison = replace(comparison, verdict=FAILS if differ else UNDECIDED)
    return conclude([comparison], note)


@claim("4e", "The schedule converges better than Adam.", "schedule_against_adam")
def better_than_adam(study: Study) -> Judgement:
    """Judge whether the schedule's test accuracy is above Adam's."""
    comparison, note = _against_adam(study)
    return conclude([comparison], note)
