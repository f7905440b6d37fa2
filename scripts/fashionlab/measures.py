"""Curves and predictions in a few numbers: speed, level, unrest, confusions; weights as images.

A curve is the table that ``Study.curves`` returns for one run: "step" and "epoch" from
0, and "value". Predictions are rows of the table of that name: "run", "label", "predicted".
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

CONFIDENCE_BINS = 10
LEARNED = 0.01  # nats below the loss of guessing that a network must reach to have learned at all
LAST_EPOCHS = 5  # over which "at the end" is judged
SLOPES = {"relu": 1 / math.sqrt(2), "sigmoid": 1 / 4}  # of activations, at the start
# How many records are smoothed over: a loss is that of one batch and noisy; an accuracy is that of
# all validation images, and the fastest runs pass their level within the first 30 records.
SMOOTHING_RECORDS = {"loss": 50, "validation_accuracy": 10}


def steps_to_reach(curve: pd.DataFrame, level: float, rising: bool, records: int) -> float:
    """Return the steps until the smoothed curve first passes a level; infinity if it never does.

    Smoothed: the mean of the last ``records`` records up to a step, at most a tenth of the curve.
    It comes late by the same number of steps for all, which makes ratios of speed smaller.
    """
    window = max(1, min(records, len(curve) // 10))
    smooth = curve["value"].rolling(window).mean()
    reached = smooth >= level if rising else smooth <= level
    return float(curve["step"][reached].iloc[0]) + 1 if reached.any() else math.inf


def expected_errors(layers: list[dict], activation: str) -> list[float]:
    """Return the error by that at the logits before the first step, back to the first layer.

    By theory, for layers of the plan: what passes back of the error's norm, on average, is
    1 / sqrt(3) of it through a layer with PyTorch's initial weights, the root mean square of its
    slope through an activation, all through a pool. NaN behind what theory is not given for.
    """
    errors, now = [], 1.0
    for layer in reversed(layers):
        if layer["kind"] in ("conv", "fc"):
            errors.append(now)
            now /= math.sqrt(3)
        elif layer["kind"] == "act":
            now *= SLOPES.get(activation, math.nan)
        elif layer["kind"] != "pool":
            now = math.nan
    return errors


def spread_within_epochs(curve: pd.DataFrame) -> float:
    """Return the standard deviation of a curve within an epoch, over its last LAST_EPOCHS epochs.

    A straight line is taken out of each epoch, so that a curve that still rises is not taken for
    one that oscillates. NaN with fewer than three records an epoch.
    """
    epochs, steps, values = (curve[name].to_numpy(float) for name in ("epoch", "step", "value"))
    first = epochs.max() - LAST_EPOCHS
    variances = [
        _residual_variance(steps[epochs == epoch], values[epochs == epoch])
        for epoch in np.unique(epochs[epochs > first])
    ]
    return math.sqrt(sum(variances) / len(variances))


def _residual_variance(steps: np.ndarray, values: np.ndarray) -> float:
    if len(steps) < 3:
        return math.nan
    steps, values = steps - steps.mean(), values - values.mean()
    slope = (steps * values).sum() / (steps**2).sum()
    return float(((values - slope * steps) ** 2).sum() / (len(steps) - 2))


def not_learned(losses: pd.Series, guessing: float) -> pd.Series:
    """Return which losses (nat) are not below that of guessing, within LEARNED."""
    return losses > guessing - LEARNED


def recall(predictions: pd.DataFrame) -> pd.Series:
    """Return the share (percent) of each true class's images that was recognised, over all runs."""
    right = predictions["label"] == predictions["predicted"]
    return 100.0 * right.groupby(predictions["label"]).mean()


def confused(predictions: pd.DataFrame) -> dict[tuple[int, int], float]:
    """Return how many images a run of a class were taken for another, {(true, other): images}.

    The most frequent pair comes first.
    """
    wrong = predictions[predictions["label"] != predictions["predicted"]]
    counts = wrong.groupby(["label", "predicted"]).size()
    most = counts.sort_values(ascending=False, kind="stable") / predictions["run"].nunique()
    return {(int(a), int(b)): float(n) for (a, b), n in zip(most.index, most, strict=True)}


def reliability(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return a row a tenth of the confidences (0 to 9): mean "sure" and "right", "images" a run.

    Shares between 0 and 1. Empty where trainings stored no probabilities.
    """
    if "confidence" not in predictions or predictions["confidence"].isna().all():
        return pd.DataFrame()
    sure = predictions["confidence"]
    tenths = np.minimum((sure * CONFIDENCE_BINS).astype(int), CONFIDENCE_BINS - 1)
    right = (predictions["label"] == predictions["predicted"]).astype(float)
    parts = pd.DataFrame({"sure": sure, "right": right}).groupby(tenths)
    return parts.mean().assign(images=parts.size() / predictions["run"].nunique())


def weight_images(weight: np.ndarray, layers: Sequence[dict], image: Sequence[int]) -> np.ndarray:
    """Return a first layer's weights as images, [units, channels, height, width].

    Those of a convolution are its filters. A linear layer has a weight for each value that it sees:
    of the ``image`` [channels, height, width], or of what a pool before it has left. ``layers``: of
    the network, as in the plan.
    """
    if weight.ndim == 4:
        return weight
    shape = list(image)
    for layer in layers:
        if layer["kind"] == "fc":
            break
        shape = layer["output_shape"]
    return weight.reshape(-1, *shape)
