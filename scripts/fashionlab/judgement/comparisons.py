"""Comparisons of two variants, the verdict on each, and the verdict on a claim made of several.

Every comparison is written so that the claim says "a above b". With three or more runs of both the
difference of means over runs decides. With fewer, a test on images speaks about these trained
networks only, so a verdict also needs a difference of at least the study's margin; and a curve,
which no test speaks about, needs a factor of more than two.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fashionlab import prose
from fashionlab.judgement.evidence import Study, name_of
from fashionlab.judgement.old_statistics import (
    ALPHA,
    RUNS_FOR_INTERVAL,
    Difference,
    accuracy_difference,
    holm,
    mcnemar_difference,
    normal_difference,
    share_variance,
    welch_difference,
)

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
TWOFOLD = math.log(2)
POINTS, FACTOR, RANK, MORAN = "percentage points", "factor", "rank correlation", "Moran's I"
SMALLEST = 1e-12  # a gradient of exactly 0 has no logarithm
BEYOND = math.log(1e9)
MEASURES = {"gap": "generalisation gap", "train_accuracy": "training accuracy"}

# The tests, in the words of the report.
WELCH = "Welch's difference of means over runs with its 95 % interval"
WELCH_LOG = "ratio of geometric means over runs with its 95 % interval (Welch on logarithms)"
MCNEMAR = "McNemar's exact test on the stored test predictions, with a difference of {margin}"
PROPORTIONS = "accuracies as independent proportions of their images, with a difference of {margin}"
TWICE = "a factor of more than two, which fewer than three runs must show"


@dataclass(frozen=True)
class Comparison:
    """The claim's "a above b" in one measure. Of a factor, all but `value` is the logarithm."""

    a: str
    b: str
    measure: str
    unit: str
    difference: Difference
    runs: int
    test: str
    threshold: float = 0.0  # what fewer than three runs must show
    remark: str = ""
    p_adjusted: float = math.nan
    verdict: str = ""

    @property
    def value(self) -> float:
        """The effect: a - b, or a / b for a factor."""
        return self._of_unit(self.difference.estimate)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the effect, or None."""
        bounds = self._of_unit(self.difference.low), self._of_unit(self.difference.high)
        return bounds if all(map(math.isfinite, bounds)) else None

    @property
    def over_runs(self) -> bool:
        """Whether there are enough runs for a test over runs, and not over images."""
        return self.runs >= RUNS_FOR_INTERVAL

    def _of_unit(self, shift: float) -> float:
        if self.unit != FACTOR:
            return shift
        # A ratio with SMALLEST is one with zero.
        return 0.0 if shift < -BEYOND else math.inf if shift > BEYOND else math.exp(shift)


def compare_accuracies(study: Study, a: str, b: str, measure: str) -> Comparison:
    """Compare two variants in a final accuracy, or in the "gap" between training and test."""
    values_a, values_b = study.finals(a, measure), study.finals(b, measure)
    runs, test, unit = min(len(values_a), len(values_b)), WELCH, POINTS
    if runs >= RUNS_FOR_INTERVAL:
        difference = welch_difference(values_a, values_b)
    elif measure == "test_accuracy":
        difference = mcnemar_difference(study.correct(a)[:runs], study.correct(b)[:runs])
        test = MCNEMAR
    elif measure == "gap":
        variance = _gap_variance(study, a) + _gap_variance(study, b)
        estimate = float(values_a.mean() - values_b.mean())
        difference, test = normal_difference(estimate, math.sqrt(variance)), PROPORTIONS
    else:
        images = study.images(a, measure)
        difference = accuracy_difference(values_a.mean(), values_b.mean(), images)
        test = PROPORTIONS
    test = test.format(margin=f"at least {prose.points(study.margin, 1)}")
    words = MEASURES.get(measure, measure.replace("_", " "))
    remark = left_out(study, a, b)
    names = name_of(a), name_of(b)
    return Comparison(*names, words, unit, difference, runs, test, study.margin, remark)


def _gap_variance(study: Study, key: str) -> float:
    measures = ("train_accuracy", "test_accuracy")
    return sum(
        share_variance(float(study.finals(key, m).mean()), study.images(key, m)) for m in measures
    )


def compare_factors(
    names: tuple[str, str], values: Sequence[Sequence[float]], measure: str
) -> Comparison:
    """Compare the positive values (one a run) of two variants by their geometric means."""
    logs_a, logs_b = (np.log(np.maximum(of_runs, SMALLEST)) for of_runs in values)
    runs = min(len(logs_a), len(logs_b))
    if runs >= RUNS_FOR_INTERVAL:
        difference, test = welch_difference(logs_a, logs_b), WELCH_LOG
    else:
        estimate = float(logs_a.mean() - logs_b.mean())
        difference, test = Difference(estimate, math.nan, math.nan, math.nan), TWICE
    return Comparison(*names, measure, FACTOR, difference, runs, test, TWOFOLD)


def left_out(study: Study, *keys: str) -> str:
    """Return which diverged runs a comparison is made without, as a sentence, or nothing."""
    missing = {name_of(key): study.diverged(key) for key in keys if study.diverged(key)}
    parts = [f"{prose.count(n, 'diverged run')} of {name}" for name, n in missing.items()]
    return f"Left out: {prose.join(parts)}." if parts else ""


def settle(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons of one claim with p-values after Holm and with their verdicts.

    A verdict that a rule has set already stays.
    """
    p_values = [c.difference.p_value for c in comparisons]
    adjusted = iter(holm([p for p in p_values if not math.isnan(p)]))
    p_adjusted = [math.nan if math.isnan(p) else next(adjusted) for p in p_values]
    pairs = zip(comparisons, p_adjusted, strict=True)
    return [replace(c, p_adjusted=p, verdict=c.verdict or _verdict(c, p)) for c, p in pairs]


def _verdict(comparison: Comparison, p_adjusted: float) -> str:
    shift = comparison.difference.estimate
    # At least the margin (88.9 - 87.9 is a little less than 1), but more than twofold.
    needed = comparison.threshold + (1e-9 if comparison.unit == FACTOR else -1e-9)
    enough = comparison.over_runs or abs(shift) >= needed
    if math.isnan(shift) or shift == 0 or not enough or p_adjusted >= ALPHA:
        return UNDECIDED
    return HOLDS if shift > 0 else FAILS


def all_of(verdicts: Sequence[str]) -> str:
    """Return the verdict on a claim whose parts must all hold."""
    if FAILS in verdicts:
        return FAILS
    return HOLDS if set(verdicts) == {HOLDS} else UNDECIDED


def decisive(comparisons: Sequence[Comparison], verdict: str) -> Comparison:
    """Return the comparison that a verdict hangs on: the clearest against, or the weakest for."""
    same = [c for c in comparisons if c.verdict == verdict] or list(comparisons)
    return min(same, key=lambda c: c.difference.estimate)


@dataclass(frozen=True)
class Judgement:
    """What a rule returns: the verdict, what it rests on, and the sentences that say why."""

    verdict: str
    reason: str
    test: str = ""
    decisive: Comparison | None = None
    comparisons: tuple[Comparison, ...] = ()
