"""The sentences of a verdict: what was compared, what came out, and why it may be undecided."""

import math
from collections.abc import Sequence

from fashionlab import prose
from fashionlab.judgement.comparisons import (
    FACTOR,
    FAILS,
    HOLDS,
    POINTS,
    RANK,
    UNDECIDED,
    Comparison,
    Judgement,
    all_of,
    decisive,
    settle,
)
from fashionlab.judgement.old_statistics import ALPHA


def conclude(comparisons: Sequence[Comparison], *notes: str, verdict: str = "") -> Judgement:
    """Return the judgement on a claim that holds if all its comparisons do, with its reason.

    ``notes`` are sentences for the end of the reason. ``verdict`` overrides the combination.
    """
    settled = settle(comparisons)
    verdict = verdict or all_of([c.verdict for c in settled])
    main = decisive(settled, verdict)
    sentences = [_opening(settled, verdict) + describe(main), doubt(main), main.remark, *notes]
    reason = " ".join(sentence for sentence in sentences if sentence)
    reason = prose.capitalise(reason) if reason.startswith("the ") else reason  # not "mlp1"
    test = prose.capitalise(describe_tests(settled))
    return Judgement(verdict, reason, test, main, tuple(settled))


def _opening(comparisons: Sequence[Comparison], verdict: str) -> str:
    """Return how many of several comparisons have the verdict, up to the one it hangs on."""
    total, number = len(comparisons), sum(c.verdict == verdict for c in comparisons)
    if total == 1:
        return ""
    of_all = prose.count(total, "comparison")
    share = prose.capitalise(prose.count(number, f"of {of_all}", f"of {of_all}"))
    if number == total:
        share = "Both comparisons" if total == 2 else f"All {of_all}"
    verbs = {
        HOLDS: ("holds", "hold"),
        FAILS: ("contradicts the claim", "contradict the claim"),
        UNDECIDED: ("is undecided", "are undecided"),
    }
    most = ", most clearly" if verdict == FAILS else ", the weakest"
    return f"{share} {prose.plural(number, *verbs[verdict])}{most * (number > 1)}: "


def describe(comparison: Comparison) -> str:
    """Return a comparison as a sentence with its numbers."""
    return f"{_finding(comparison)}{_evidence(comparison)}."


def _finding(comparison: Comparison) -> str:
    a, b, measure, value = comparison.a, comparison.b, comparison.measure, comparison.value
    if comparison.unit == RANK:
        return f"the rank correlation of {a} and {b} is {prose.number(value, 2)}"
    if math.isnan(value):
        return f"the {measure} of {a} and that of {b} cannot be compared"
    if comparison.unit == FACTOR:
        if value in (0, math.inf):
            zero, other = (b, a) if value else (a, b)
            return f"the {measure} of {zero} is zero, that of {other} is not"
        return f"the {measure} of {a} is {prose.magnitude(value)} times that of {b}"
    text = prose.points(value) if comparison.unit == POINTS else prose.number(abs(value), 2)
    side = "above" if value >= 0 else "below"
    return f"{a} is {text} {side} {b} in {measure}"


def _evidence(comparison: Comparison) -> str:
    """Return interval and p-value in brackets, turned to the side that the sentence names."""
    parts, bounds = [], comparison.interval
    if bounds is not None:
        turn = comparison.unit != FACTOR and comparison.value < 0
        low, high = (-bounds[1], -bounds[0]) if turn else bounds
        sample = "runs" if comparison.over_runs else "images"
        text = prose.interval((low, high))
        if comparison.unit == FACTOR:
            text = f"{prose.magnitude(low)} to {prose.magnitude(high)}"
        parts.append(f"95{prose.NBSP}% interval over {sample} {text}")
    if not math.isnan(comparison.p_adjusted):
        corrected = comparison.p_adjusted > comparison.difference.p_value
        parts.append(p_text(comparison.p_adjusted) + " after Holm's correction" * corrected)
    return f" ({', '.join(parts)})" if parts else ""


def p_text(p_value: float) -> str:
    """Return "p = 0.012" or "p < 0.001"."""
    return f"p{prose.NBSP}= {p_value:.3f}" if p_value >= 0.001 else f"p{prose.NBSP}< 0.001"


def doubt(comparison: Comparison) -> str:
    """Return why fewer than three runs leave a comparison undecided, or nothing."""
    if comparison.verdict != UNDECIDED or comparison.over_runs or comparison.unit == RANK:
        return ""
    runs = prose.count(comparison.runs, "run")
    if comparison.unit == FACTOR:
        small = abs(comparison.difference.estimate) < comparison.threshold
        return (
            f"Curves from {runs} count only if they are more than twofold apart." if small else ""
        )
    if comparison.p_adjusted >= ALPHA:
        return f"The trained networks do not differ detectably, and {runs} cannot show more."
    needed = f": that takes a difference of {prose.points(comparison.threshold, 1)}"
    tail = needed if comparison.unit == POINTS else ""
    return f"These trained networks differ, but {runs} cannot show that others would{tail}."


def describe_tests(comparisons: Sequence[Comparison]) -> str:
    """Return the tests behind a claim as one sentence, its first letter as it comes."""
    tests = "; ".join(dict.fromkeys(c.test for c in comparisons))
    tested = sum(not math.isnan(c.p_adjusted) for c in comparisons)
    correction = f"; Holm's correction for {tested} comparisons" if tested > 1 else ""
    return f"{tests}{correction}."
