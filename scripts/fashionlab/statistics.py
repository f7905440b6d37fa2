"""The study's statistics: a thin layer over SciPy that fixes units and conventions.

Accuracies are in percent and their differences in percentage points. A `Difference` is an estimate
with its standard error and degrees of freedom; intervals are Student's t, two-sided, 95 % unless
said otherwise. Runs of one network (whatever its activation, rate or inputs) start from the same
weights and see the same batches: they are paired by seed. Runs of different networks, which share
the order of their batches alone, count as independent samples.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import scipy  # its parts are imported where they are first used: 0.2 s, and scipy.stats 0.6

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
RUNS_FOR_INTERVAL = 3  # below, the spread over seeds must be known from elsewhere
RUNS_FOR_IMAGES = 5  # from here on, the doubt of the test images is added to that of the runs

Values = Sequence[float] | np.ndarray


@dataclass(frozen=True)
class Difference:
    """An estimate of a - b, its standard error, and the degrees of freedom of the error."""

    estimate: float
    error: float
    df: float = math.inf

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Return the two-sided interval of a - b."""
        half = float(scipy.special.stdtrit(self.df, (1 + confidence) / 2)) * self.error
        return self.estimate - half, self.estimate + half

    def p_above(self, line: float = 0.0) -> float:
        """Return the one-sided p-value of "a - b is not above the line"."""
        return self._p(self.estimate - line)

    def p_below(self, line: float = 0.0) -> float:
        """Return the one-sided p-value of "a - b is not below the line"."""
        return self._p(line - self.estimate)

    def _p(self, distance: float) -> float:
        if self.error <= 0:  # runs that agree to the last digit leave nothing to estimate
            return 0.0 if distance > 0 else 1.0
        return float(scipy.special.stdtr(self.df, -distance / self.error))


@dataclass(frozen=True)
class Spread:
    """The standard deviation of a quantity over the runs of one setting, and how many runs."""

    deviation: float
    runs: int


def wilson_interval(accuracy: float, images: int) -> tuple[float, float]:
    """Return the 95 % interval (percent) of an accuracy (percent) over images (Wilson, 1927)."""
    share, z2 = accuracy / 100, float(scipy.special.ndtri(1 - ALPHA / 2)) ** 2
    centre = (share + z2 / (2 * images)) / (1 + z2 / images)
    half = math.sqrt(z2 * (share * (1 - share) / images + z2 / (4 * images**2))) / (1 + z2 / images)
    return 100 * max(centre - half, 0.0), 100 * min(centre + half, 1.0)


def welch_difference(a: Values, b: Values) -> Difference:
    """Return mean(a) - mean(b) over independent runs without equal variances (Welch, 1947).

    Needs two runs or more of each.
    """
    spreads = [Spread(float(np.std(values, ddof=1)), len(values)) for values in (a, b)]
    counts = len(a), len(b)
    return spread_difference(float(np.mean(a) - np.mean(b)), spreads, counts)


def paired_difference(a: Values, b: Values) -> Difference:
    """Return the mean of a - b over pairs of runs with the same seed (Student's paired t)."""
    differences = np.subtract(a, b)
    error = float(np.std(differences, ddof=1)) / math.sqrt(len(differences))
    return Difference(float(differences.mean()), error, len(differences) - 1)


def spread_difference(
    estimate: float, spreads: Sequence[Spread], counts: Sequence[int]
) -> Difference:
    """Return a difference of means of ``counts`` runs, whose settings spread as ``spreads`` say.

    The spreads may come from other runs than those compared, which is what a single run needs.
    Degrees of freedom by Welch (1947) and Satterthwaite (1946).
    """
    parts = [s.deviation**2 / n for s, n in zip(spreads, counts, strict=True)]
    return Difference(
        estimate, math.sqrt(sum(parts)), _satterthwaite(parts, [s.runs - 1 for s in spreads])
    )


def _satterthwaite(variances: Sequence[float], dfs: Sequence[float]) -> float:
    """Return the degrees of freedom of a sum of independent estimates of variances."""
    below = sum(v**2 / df for v, df in zip(variances, dfs, strict=True))
    return sum(variances) ** 2 / below if below > 0 else math.inf


def with_images(over_runs: Difference, variance: float) -> Difference:
    """Return a difference with the ``variance`` that the choice of the images adds to it."""
    parts = [over_runs.error**2, variance]
    return replace(
        over_runs, error=math.sqrt(sum(parts)), df=_satterthwaite(parts, [over_runs.df, math.inf])
    )


def image_variance(a: np.ndarray, b: np.ndarray, paired: bool = False) -> float:
    """Return the variance (squared points) that other images would add to mean(a) - mean(b).

    ``a``, ``b``: bool, runs x images, which images are classified correctly. Runs and images are
    crossed random effects; this is the part of the images, from the expected mean squares (Searle,
    Casella and McCulloch, 1992, chapter 4): the variance over images of the differences per image,
    less what the runs' own noise adds to it. A bootstrap that draws runs and images is not used: it
    counts that noise three times (Owen, 2007), and of five runs its intervals are too short.
    """
    differences = a.mean(axis=0) - b.mean(axis=0)
    if paired:
        noise = (a.astype(float) - b).var(axis=0, ddof=1).mean() / len(a)
    else:
        noise = sum(x.var(axis=0, ddof=1).mean() / len(x) for x in (a, b))
    between = max(float(differences.var(ddof=1) - noise), 0.0)
    return 100**2 * between / differences.size


def repeatability_limits(spreads: Sequence[Spread]) -> tuple[float, float]:
    """Return the difference that two runs of one setting stay below in 95 % of pairs.

    1.96 x sqrt(2) x the standard deviation over runs (ISO 5725-6), pooled over the ``spreads``. A
    standard deviation of few runs is doubtful, so both its one-sided 95 % limits are given: what is
    within the lower one is alike, what is beyond the upper one is not. NaN without two runs.
    """
    df = sum(s.runs - 1 for s in spreads)
    if df < 1:
        return math.nan, math.nan
    squares = sum((s.runs - 1) * s.deviation**2 for s in spreads)
    factor = float(scipy.special.ndtri(1 - ALPHA / 2)) * math.sqrt(2)
    low, high = (math.sqrt(squares / scipy.special.chdtri(df, 1 - p)) for p in (CONFIDENCE, ALPHA))
    return factor * low, factor * high


def holm(p_values: Values) -> list[float]:
    """Return the p-values adjusted for being several (Holm, 1979), in the same order.

    Equal to statsmodels' ``multipletests``, which runs the garbage collector at every call.
    """
    order = np.argsort(p_values)
    steps = np.asarray(p_values)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted.tolist()


def blocked_variance(values: np.ndarray) -> tuple[float, float, float]:
    """Return how far groups' means spread, how far chance alone would spread them, and p of that.

    ``values``: groups x blocks, such as splits x runs, where the runs of a number share their seed.
    Two-way analysis of variance without interaction (Fisher, 1935): what a block has in common is
    taken out. Standard deviations; the last two are NaN with fewer than two blocks.
    """
    groups, blocks = values.shape
    means = values.mean(axis=1)
    between = float(np.std(means, ddof=1))
    if blocks < 2:
        return between, math.nan, math.nan
    rest = values - means[:, None] - values.mean(axis=0) + values.mean()
    freedom = groups - 1, (groups - 1) * (blocks - 1)
    alone = math.sqrt(float((rest**2).sum()) / freedom[1] / blocks)
    ratio = (between / alone) ** 2 if alone else math.inf if between else math.nan
    return between, alone, float(scipy.special.fdtrc(*freedom, ratio))


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """Return Spearman's rank correlation and its exact p-value over all orders of y.

    For up to eight pairs: SciPy's own p-value is asymptotic and far off for five. Five untied
    pairs are significant only in perfect order (p = 2/120). NaN and 1 where x or y is constant.
    """
    x_ranks, y_ranks = (pd.Series(v).rank().to_numpy() for v in (x, y))
    if np.ptp(x_ranks) == 0 or np.ptp(y_ranks) == 0:
        return math.nan, 1.0
    orders = np.array(list(itertools.permutations(y_ranks - y_ranks.mean())))
    products = orders @ (x_ranks - x_ranks.mean())
    as_extreme = np.abs(products) >= abs(products[0]) - 1e-9
    rho = products[0] / (len(x) * x_ranks.std() * y_ranks.std())
    return float(rho), float(as_extreme.mean())


def morans_i(images: np.ndarray) -> np.ndarray:
    """Return each image's Moran's I between chance (0) and its maximum (1): n x height x width.

    Spatial autocorrelation between horizontal and vertical neighbours (Moran, 1950). What shuffled
    pixels have, -1 / (pixels - 1), and the largest possible value differ by the size of the image:
    the latter is 0.53 for 3 x 3 and 1.02 for 28 x 28 (de Jong, Sprenger and van Veen, 1984). Scaled
    between the two, images of different sizes compare. NaN for an image of one value.
    """
    height, width = images.shape[1:]
    z = images - images.mean(axis=(1, 2), keepdims=True)
    products = (z[:, :, 1:] * z[:, :, :-1]).sum((1, 2)) + (z[:, 1:] * z[:, :-1]).sum((1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = (products / _edges(height, width)) / (z**2).mean(axis=(1, 2))
    chance = -1 / (height * width - 1)
    return (observed - chance) / (largest_morans_i(height, width) - chance)


def morans_i_spread(height: int, width: int) -> float:
    """Return the standard deviation of `morans_i` of an image of independent normal pixels.

    Cliff and Ord (1981), in the unit of `morans_i`; about 1 / sqrt(2 pixels) for large images.
    """
    pixels, weights = height * width, 2 * _edges(height, width)
    inner = [1 if n > 1 else 0 for n in (height, width)]
    neighbours = np.full((height, width), 2 * sum(inner))
    neighbours[[0, -1]] -= inner[0]
    neighbours[:, [0, -1]] -= inner[1]
    squares = 2 * pixels**2 * weights - 4 * pixels * int((neighbours**2).sum()) + 3 * weights**2
    chance = -1 / (pixels - 1)
    variance = squares / ((pixels**2 - 1) * weights**2) - chance**2
    return math.sqrt(variance) / (largest_morans_i(height, width) - chance)


def _edges(height: int, width: int) -> int:
    return height * (width - 1) + (height - 1) * width


def largest_morans_i(height: int, width: int) -> float:
    """Return the largest Moran's I of an image of at least two pixels.

    It has one half-wave along the shorter side and a whole one along the longer: the eigenvector of
    the graph of neighbours with the largest eigenvalue among those of mean zero.
    """
    short, long = sorted((height, width))
    largest = 2 * math.cos(math.pi / (short + 1)) + 2 * math.cos(2 * math.pi / (long + 1))
    return largest / 2 * height * width / _edges(height, width)
