"""Where a finished validation curve stops rising: the rule behind ``until: auto`` schedules.

The homework has the student read the two switch epochs off the validation curve. The rule reads
them off the epoch means: the curve has stopped rising at the first epoch that none of the next
PATIENCE epochs exceeds by more than TOLERANCE percentage points, and the next rate begins with the
epoch after it. Only epochs that are at least half-way from the curve's first to its best mean are
asked, so that the level stretch before a slow run has begun to learn is no plateau. On the curves
published with the original report the rule gives 7 (the original's reading: 7) with rate 0.1, and
9 (the original's reading: 14) with the second rate.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fashionlab.planning.planned import beginnings_of

PATIENCE = 3  # epochs: shorter, and the noise of one epoch decides
TOLERANCE = 0.3  # percentage points: about what an epoch mean moves by without a trend


def switch_epoch(
    validation_accuracy_by_epoch: Sequence[float],
    start: int = 0,
    patience: int = PATIENCE,
    tolerance: float = TOLERANCE,
) -> int:
    """Return the first epoch (from 0) of the next rate, at least ``start`` + 1.

    ``validation_accuracy_by_epoch``: epoch means in percent of a finished run; what follows its
    first NaN (a divergence) is ignored. ``start``: the first epoch of the rate under judgement.
    Where no plateau is found it is the last epoch that the rule could have given, the one after
    the last epoch with ``patience`` epochs behind it.
    """
    curve = np.asarray(validation_accuracy_by_epoch, dtype=float)
    curve = curve[: np.argmax(np.isnan(curve))] if np.isnan(curve).any() else curve
    judged = range(start, len(curve) - patience)
    half_way = (curve[0] + curve.max()) / 2 if len(curve) else np.nan
    for epoch in judged:
        best_next = curve[epoch + 1 : epoch + 1 + patience].max()
        if curve[epoch] >= half_way and best_next <= curve[epoch] + tolerance:
            return epoch + 1
    return max(start + 1, len(curve) - patience)


def epoch_means(records: pd.DataFrame) -> np.ndarray:
    """Return the mean validation accuracy (percent) of each epoch, over records and then runs.

    ``records``: rows of the records table of one variant. Runs that diverged are left out while
    another run is complete: one that drops out half-way would put a step into the mean.
    """
    by_run = records.groupby(["run", "epoch"])["validation_accuracy"].mean().unstack("epoch")
    complete = by_run.dropna()
    return (complete if len(complete) else by_run).mean().to_numpy()


def find_switch_epochs(
    plan: dict, curve_of: Callable[[str, str], np.ndarray | None]
) -> dict[str, list[dict[str, Any]]]:
    """Return, for each schedule that is trained, configured and found first epochs of its rates.

    ``curve_of(experiment, variant)`` gives a variant's epoch means, or None. The curve that stage
    k is judged by is that of the finished training with the first k rates, otherwise alike: a
    constant rate for the first, the shorter schedule for the second. ``found`` is None where the
    study has no such training.
    """
    trained = {t["learning_rate"]: t for t in plan["trainings"]}
    return {
        name: _stages_of(plan, trained[name], curve_of)
        for name in sorted(plan["schedules"].keys() & trained.keys())
    }


def _stages_of(plan: dict, scheduled: dict, curve_of: Callable) -> list[dict[str, Any]]:
    stages, start, switches = plan["schedules"][scheduled["learning_rate"]], 0, []
    for count, stage in enumerate(stages[:-1], start=1):
        shorter = next(beginnings_of(scheduled, count, plan["trainings"]), None)
        curve = curve_of(shorter["experiment"], shorter["variant"]) if shorter else None
        found = None if curve is None or not len(curve) else switch_epoch(curve, start)
        switches.append({"configured": stage["until"], "found": found})
        start = stage["until"] if isinstance(stage["until"], int) else (found or start)
    return switches
