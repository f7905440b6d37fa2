"""How fast a curve rises and how restless it is: measures on records, for question 4."""

import math

import numpy as np
import pandas as pd


def first_crossing(records: pd.DataFrame, level: float, steps_per_epoch: int) -> list[float]:
    """Return, for each run, the epochs until the validation accuracy first reached a level.

    Infinite for a run that never did.
    """
    found = []
    for _, run in records.groupby("run"):
        steps = run[run.validation_accuracy >= level].step
        found.append((steps.min() + 1) / steps_per_epoch if len(steps) else math.inf)
    return found


def unrest(curve: np.ndarray) -> float:
    """Return how much a curve jumps from record to record, as a standard deviation.

    The root mean square of successive differences over sqrt(2): for independent noise its standard
    deviation, but, unlike it, not raised by a trend. NaN for fewer than three records.
    """
    steps = np.diff(curve)
    return float(np.sqrt(np.mean(steps**2) / 2)) if len(steps) > 1 else math.nan


def mean_unrest(records: pd.DataFrame, first_epoch: int, last_epoch: int) -> float:
    """Return `unrest` of the validation accuracy over some epochs, as the mean over runs."""
    part = records[records.epoch.between(first_epoch, last_epoch)]
    runs = [unrest(run.validation_accuracy.dropna().to_numpy()) for _, run in part.groupby("run")]
    finite = [value for value in runs if math.isfinite(value)]
    return float(np.mean(finite)) if finite else math.nan
