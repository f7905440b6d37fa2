"""Which of two variants reaches a level in fewer steps, for the claims 3d, 4a and 4c."""

import math
from dataclasses import replace

from fashionlab import prose
from fashionlab.judgement.comparisons import FAILS, HOLDS, UNDECIDED, Comparison, compare_factors
from fashionlab.judgement.evidence import Study, name_of
from fashionlab.measures import SMOOTHING_RECORDS, steps_to_reach


def compare_speed(
    study: Study, slow: str, fast: str, column: str, level: float, what: str
) -> Comparison:
    """Compare the steps that two variants take until their smoothed curve passes a level.

    ``column`` is "loss" (falls) or "validation_accuracy" (rises), ``what`` the level in words. A
    run that does not get there counts with all its steps, fewer than it would need; a verdict that
    could turn if it were trained longer is not given. A run that diverged never gets there,
    however long: if all runs of one variant diverged and all of the other arrived, that decides.
    """
    steps = {key: _steps_of_runs(study, key, column, level) for key in (slow, fast)}
    capped = [[min(s, _total_steps(study, key)) for s in steps[key]] for key in (slow, fast)]
    names = name_of(slow), name_of(fast)
    comparison = compare_factors(names, capped, f"number of steps to {what}")
    remarks = [_remark(study, key, steps[key]) for key in (slow, fast)]
    verdict = _preset_verdict(study, slow, fast, steps, comparison.difference.estimate)
    return replace(comparison, remark=" ".join(filter(None, remarks)), verdict=verdict)


def _steps_of_runs(study: Study, key: str, column: str, level: float) -> list[float]:
    """Return the steps of each run, infinity for those that diverged or never get there."""
    how = level, column != "loss", SMOOTHING_RECORDS[column]
    ended = [steps_to_reach(curve, *how) for curve in study.curves(key, column)]
    return ended + [math.inf] * study.diverged(key)


def _total_steps(study: Study, key: str) -> int:
    training = study.plan_entries(key)[0]
    return training["epochs"] * training["steps_per_epoch"]


def _preset_verdict(
    study: Study, slow: str, fast: str, steps: dict[str, list[float]], shift: float
) -> str:
    arrived = {key: all(map(math.isfinite, steps[key])) for key in (slow, fast)}
    gone = {key: study.diverged(key) == len(steps[key]) for key in (slow, fast)}
    if gone[slow] and arrived[fast]:
        return HOLDS
    if gone[fast] and arrived[slow]:
        return FAILS
    could_turn = (not arrived[fast] and shift >= 0) or (not arrived[slow] and shift <= 0)
    return UNDECIDED if could_turn else ""


def _remark(study: Study, key: str, steps: list[float]) -> str:
    name, missing = name_of(key), sum(map(math.isinf, steps))
    if diverged := study.diverged(key):
        runs = prose.capitalise(prose.count(diverged, "run"))
        return f"{runs} of {name} diverged, the first at step {study.first_divergence(key):,}."
    runs = prose.count(missing, "run")
    counts = prose.plural(missing, "counts", "count")
    return f"{prose.capitalise(runs)} of {name} never got there and {counts} with all steps." * (
        missing > 0
    )
