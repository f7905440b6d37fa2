"""The study's statistics: a thin layer over SciPy and statsmodels that fixes units and conventions.

Accuracies are in percent and their differences in percentage points. Intervals are 95 %, tests are
two-sided. Runs of different variants are treated as independent samples (Welch), although runs of
equal number share a seed: the seed draws other numbers in another network, so pairing by run
number would be legitimate only within one network, and one rule for all comparisons is easier to
trust. Ignoring the pairing where it exists makes the intervals wider, never too narrow.
"""

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    test_proportions_2indep,
)

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
RUNS_FOR_INTERVAL = 3  # below, nothing is said about a mean over runs

Values = Sequence[float] | np.ndarray


class Difference(NamedTuple):
    """The estimate of a - b, its 95 % interval, and the p-value of a - b = 0."""

    estimate: float
    low: float
    high: float
    p_value: float


def mean_interval(values: Values) -> tuple[float, float, float]:
    """Return the mean over runs and its 95 % interval (Student's t). Needs two values or more."""
    mean, half = float(np.mean(values)), float(stats.sem(values))
    half *= stats.t.ppf(1 - ALPHA / 2, len(values) - 1)
    return mean, mean - half, mean + half


def wilson_interval(accuracy: float, images: int) -> tuple[float, float]:
    """Return the 95 % interval (percent) of an accuracy (percent) over images (Wilson, 1927)."""
    low, high = proportion_confint(accuracy / 100 * images, images, ALPHA, method="wilson")
    return 100 * float(low), 100 * float(high)


def welch_difference(a: Values, b: Values) -> Difference:
    """Return mean(a) - mean(b) over independent runs without equal variances (Welch, 1947).

    Needs two runs or more of each. Runs that agree to the last digit leave nothing to estimate:
    then the interval is the difference itself, and p is 0, or 1 for equal means.
    """
    estimate = float(np.mean(a) - np.mean(b))
    if _all_equal(a) and _all_equal(b):
        return Difference(estimate, estimate, estimate, float(math.isclose(np.mean(a), np.mean(b))))
    with warnings.catch_warnings():  # SciPy warns where the runs of one side agree; that is fine
        warnings.simplefilter("ignore", RuntimeWarning)
        test = stats.ttest_ind(a, b, equal_var=False)
    interval = test.confidence_interval(CONFIDENCE)
    return Difference(estimate, float(interval.low), float(interval.high), float(test.pvalue))


def _all_equal(values: Values) -> bool:
    return bool(np.allclose(values, values[0], rtol=1e-12, atol=0))


def mcnemar_difference(correct_a: np.ndarray, correct_b: np.ndarray) -> Difference:
    """Compare trained networks on the same images by McNemar's exact test (McNemar, 1947).

    ``correct_a`` and ``correct_b``: bool, runs x images. The estimate (percentage points) is the
    mean over runs; its interval is the normal one over images, of the differences per image. With
    several runs the largest p-value of the pairs counts, so that each pair must differ, and it is
    1 where the pairs disagree on the sign.
    """
    difference = correct_a.astype(float) - correct_b
    over_runs = difference.mean(axis=0)
    half = stats.norm.ppf(1 - ALPHA / 2) * over_runs.std(ddof=1) / math.sqrt(over_runs.size)
    estimate, signs = over_runs.mean(), set(np.sign(difference.sum(axis=1)))
    p_values = [_mcnemar_p(a, b) for a, b in zip(correct_a, correct_b, strict=True)]
    p_value = max(p_values) if len(signs) == 1 else 1.0
    low, high = 100 * (estimate - half), 100 * (estimate + half)
    return Difference(100 * float(estimate), float(low), float(high), p_value)


def _mcnemar_p(a: np.ndarray, b: np.ndarray) -> float:
    only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
    return float(mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue)


def accuracy_difference(a: float, b: float, images: int) -> Difference:
    """Compare two accuracies (percent) on ``images`` as independent proportions.

    For networks judged on the same images without stored predictions. Good networks err on the
    same images, so ignoring the pairs is conservative. Adjusted Wald (Agresti and Caffo, 2000).
    """
    counts = a / 100 * images, images, b / 100 * images, images
    low, high = confint_proportions_2indep(*counts, method="agresti-caffo", alpha=ALPHA)
    p_value = test_proportions_2indep(*counts, method="agresti-caffo").pvalue
    return Difference(a - b, 100 * float(low), 100 * float(high), float(p_value))


def normal_difference(estimate: float, standard_error: float) -> Difference:
    """Return a difference with the interval and p-value of the normal distribution."""
    if standard_error == 0:
        return Difference(estimate, estimate, estimate, float(estimate == 0))
    half = float(stats.norm.ppf(1 - ALPHA / 2)) * standard_error
    p_value = 2 * stats.norm.sf(abs(estimate) / standard_error)
    return Difference(estimate, estimate - half, estimate + half, float(p_value))


def share_variance(accuracy: float, images: int) -> float:
    """Return the variance (squared percentage points) of an accuracy counted on ``images``."""
    return accuracy * (100 - accuracy) / images


def holm(p_values: Values) -> list[float]:
    """Return the p-values adjusted for being several (Holm, 1979), in the same order.

    Equal to statsmodels' ``multipletests``, which runs the garbage collector at every call.
    """
    order = np.argsort(p_values)
    steps = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted.tolist()


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Return Spearman's rank correlation and its exact p-value over all orders of y.

    For up to eight pairs: SciPy's own p-value is asymptotic and far off for five. Five untied
    pairs are significant only in perfect order (p = 2/120). NaN and 1 where x or y is constant.
    """
    x_ranks, y_ranks = stats.rankdata(x), stats.rankdata(y)
    if np.ptp(x_ranks) == 0 or np.ptp(y_ranks) == 0:
        return math.nan, 1.0
    orders = np.array(list(itertools.permutations(y_ranks - y_ranks.mean())))
    products = orders @ (x_ranks - x_ranks.mean())
    as_extreme = np.abs(products) >= abs(products[0]) - 1e-9
    rho = products[0] / (len(x) * x_ranks.std() * y_ranks.std())
    return float(rho), float(as_extreme.mean())


def morans_i(images: np.ndarray) -> np.ndarray:
    """Return each image's Moran's I above its expectation, for images of n x height x width.

    Spatial autocorrelation between horizontal and vertical neighbours (Moran, 1950): near 1 for
    smooth images. For random ones the expectation is -1 / (pixels - 1); it is subtracted, so that
    0 means "as if shuffled" for 9 pixels as for 784. NaN for an image of one value.
    """
    height, width = images.shape[1:]
    z = images - images.mean(axis=(1, 2), keepdims=True)
    edges = height * (width - 1) + (height - 1) * width
    products = (z[:, :, 1:] * z[:, :, :-1]).sum((1, 2)) + (z[:, 1:] * z[:, :-1]).sum((1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (products / edges) / (z**2).mean(axis=(1, 2))
    return observed + 1 / (height * width - 1)


def shuffled_p(images: np.ndarray, draws: int = 199, seed: int = 0) -> float:
    """Return the permutation p-value (one-sided) of the mean of Moran's I over the images.

    The null hypothesis shuffles the pixels of each image; the smallest p is 1 / (draws + 1).
    """
    generator = np.random.default_rng(seed)
    flat, observed = images.reshape(len(images), -1), np.nanmean(morans_i(images))
    shuffled = (generator.permuted(flat, axis=1).reshape(images.shape) for _ in range(draws))
    at_least = sum(np.nanmean(morans_i(draw)) >= observed for draw in shuffled)
    return float((at_least + 1) / (draws + 1))
