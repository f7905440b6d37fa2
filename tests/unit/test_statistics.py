"""The statistics against SciPy and statsmodels called directly, and against hand-made values."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.anova import AnovaRM
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from fashionlab import statistics
from fashionlab.outcomes import Outcome


def test_the_interval_of_a_mean_is_students():
    values = (88.1, 88.4, 87.9, 88.6)
    expected = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert Outcome(values).interval == pytest.approx(expected)


def test_wilson_interval_is_in_percent():
    low, high = proportion_confint(8800, 10000, method="wilson")
    assert statistics.wilson_interval(88.0, 10000) == pytest.approx((100 * low, 100 * high))


def two_sided(difference: statistics.Difference) -> tuple[float, ...]:
    p_value = 2 * min(difference.p_above(), difference.p_below())
    return (difference.estimate, *difference.interval(), p_value)


def test_welch_difference_is_scipys():
    a, b = [88.1, 88.4, 87.9], [86.0, 87.5, 86.4]
    test = stats.ttest_ind(a, b, equal_var=False)
    interval = test.confidence_interval(0.95)
    expected = (np.mean(a) - np.mean(b), interval.low, interval.high, test.pvalue)
    assert two_sided(statistics.welch_difference(a, b)) == pytest.approx(expected)


def test_paired_difference_is_scipys():
    a, b = [88.1, 88.4, 87.9, 90.0], [86.0, 87.5, 86.4, 88.8]
    test = stats.ttest_rel(a, b)
    interval = test.confidence_interval(0.95)
    expected = (np.mean(a) - np.mean(b), interval.low, interval.high, test.pvalue)
    assert two_sided(statistics.paired_difference(a, b)) == pytest.approx(expected)


def test_one_sided_p_values_meet_the_interval_of_twice_their_level():
    difference = statistics.Difference(1.2, 0.4, df=7)
    low, high = difference.interval(0.9)
    assert difference.p_above(low) == pytest.approx(0.05)
    assert difference.p_below(high) == pytest.approx(0.05)


def test_runs_that_agree_to_the_last_digit_give_an_exact_difference():
    found = statistics.welch_difference([2.0] * 3, [1.0] * 3)
    assert (found.interval(), found.p_above(), found.p_below()) == ((1.0, 1.0), 0.0, 1.0)
    same = statistics.welch_difference([2.0] * 3, [2.0] * 3)
    assert (same.p_above(), same.p_below()) == (1.0, 1.0)


def test_spread_of_other_runs_stands_in_for_a_single_runs_own():
    spreads = [statistics.Spread(0.3, 10), statistics.Spread(0.4, 10)]
    found = statistics.spread_difference(1.0, spreads, (1, 1))
    assert found.error == pytest.approx(0.5)
    assert found.df == pytest.approx(0.25**2 / ((0.09**2 + 0.16**2) / 9))


def test_interval_over_runs_and_images_covers_other_runs_and_other_images():
    """Of 400 made-up studies of five runs and 300 images, all drawn anew."""
    generator = np.random.default_rng(0)
    skill = {"a": 1.6, "b": 1.4}
    truth = 100 * np.subtract(*(stats.norm.cdf(x / math.sqrt(2.01)) for x in skill.values()))
    covered = {"runs": 0, "both": 0}
    for _ in range(400):
        hardness = generator.normal(size=300)
        a, b = (
            generator.normal(x, 0.1, 5)[:, None] + hardness + generator.normal(size=(5, 300)) > 0
            for x in skill.values()
        )
        over_runs = statistics.welch_difference(100 * a.mean(axis=1), 100 * b.mean(axis=1))
        both = statistics.with_images(over_runs, statistics.image_variance(a, b))
        for name, found in (("runs", over_runs), ("both", both)):
            low, high = found.interval()
            covered[name] += low < truth < high
    assert 0.93 <= covered["both"] / 400 <= 0.99
    assert covered["runs"] < covered["both"]


def test_images_on_which_all_runs_agree_add_no_doubt():
    right = np.arange(100) < 90
    assert statistics.image_variance(np.array([right] * 5), np.array([right] * 5)) == 0


def test_repeatability_limit_holds_95_percent_of_pairs_of_runs():
    generator = np.random.default_rng(0)
    pairs = generator.normal(0, 0.31, size=(100_000, 2))
    limit, _ = statistics.repeatability_limits([statistics.Spread(0.31, 10_000)] * 2)
    assert np.mean(np.abs(np.diff(pairs)) < limit) == pytest.approx(0.95, abs=0.01)


def test_repeatability_limits_of_few_runs_are_far_apart():
    (low, high), (lower, upper) = (
        statistics.repeatability_limits([statistics.Spread(0.31, runs)]) for runs in (30, 3)
    )
    assert lower < low < 1.96 * math.sqrt(2) * 0.31 < high < upper
    assert all(map(math.isnan, statistics.repeatability_limits([statistics.Spread(0.31, 1)])))


def test_holm_adjusts_step_by_step():
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert statistics.holm([]) == []
    p_values = np.random.default_rng(0).uniform(size=20)
    expected = multipletests(p_values, method="holm")[1]
    assert statistics.holm(p_values) == pytest.approx(expected)


def test_five_pairs_are_significant_only_in_perfect_order():
    x = [1, 2, 3, 4, 5]
    assert statistics.rank_correlation(x, [1, 2, 3, 4, 5]) == pytest.approx((1, 2 / 120))
    assert statistics.rank_correlation(x, [2, 1, 3, 4, 5]) == pytest.approx((0.9, 10 / 120))
    assert statistics.rank_correlation(x, [5, 4, 3, 2, 1]) == pytest.approx((-1, 2 / 120))


def test_rank_correlation_is_scipys_also_with_ties():
    x, y = [2, 2, 4, 5, 7], [88.0, 86.0, 89.5, 89.0, 90.0]
    rho, p_value = statistics.rank_correlation(x, y)
    observed = stats.spearmanr(x, y).statistic
    assert rho == pytest.approx(observed)
    others = [abs(stats.spearmanr(x, order).statistic) for order in itertools.permutations(y)]
    assert p_value == pytest.approx(np.mean(np.array(others) >= abs(observed) - 1e-12))


def test_rank_correlation_of_a_constant_says_nothing():
    rho, p_value = statistics.rank_correlation([1, 1, 1], [1, 2, 3])
    assert math.isnan(rho)
    assert p_value == 1.0


def test_blocked_variance_is_the_repeated_measures_analysis_of_statsmodels():
    runs = 3 * np.arange(5)  # in common to all splits of a run
    values = np.random.default_rng(3).normal(size=(4, 5)) + np.arange(4)[:, None] + runs
    between, alone, p_value = statistics.blocked_variance(values)
    rows = [(split, run, values[split, run]) for split in range(4) for run in range(5)]
    table = pd.DataFrame(rows, columns=["split", "run", "accuracy"])
    found = AnovaRM(table, "accuracy", "run", within=["split"]).fit().anova_table
    assert between == pytest.approx(values.mean(axis=1).std(ddof=1))
    assert (between / alone) ** 2 == pytest.approx(found["F Value"].iloc[0])
    assert p_value == pytest.approx(found["Pr > F"].iloc[0])
    assert math.isnan(statistics.blocked_variance(values[:, :1])[2])


def test_morans_i_of_chessboard_halves_and_constant():
    board = np.indices((4, 4)).sum(axis=0) % 2.0
    halves = np.zeros((4, 4))
    halves[:, 2:] = 1
    found = statistics.morans_i(np.array([board, halves, np.ones((4, 4))]))
    # Of 24 neighbours all differ on a chessboard, 4 between the halves; the expectation is -1/15.
    scale = statistics.largest_morans_i(4, 4) + 1 / 15
    assert found[:2] * scale - 1 / 15 == pytest.approx([-1.0, (20 - 4) / 24])
    assert math.isnan(found[2])


@pytest.mark.parametrize(("size", "largest"), [(3, 0.530), (28, 1.022)])
def test_no_image_is_smoother_than_the_largest_morans_i(size, largest):
    assert statistics.largest_morans_i(size, size) == pytest.approx(largest, abs=1e-3)
    ramp = np.cos(np.pi * (np.arange(size) + 0.5) / size)[:, None] + np.zeros(size)
    assert 0.6 < statistics.morans_i(ramp[None])[0] <= 1


@pytest.mark.parametrize("size", [(2, 2), (2, 9), (3, 3), (5, 4), (7, 7), (8, 12), (28, 28)])
def test_the_largest_morans_i_is_the_largest_eigenvalue_of_the_centred_graph(size):
    rows, columns = (np.eye(n, k=1) + np.eye(n, k=-1) for n in size)
    graph = np.kron(rows, np.eye(size[1])) + np.kron(np.eye(size[0]), columns)
    centred = graph - graph.mean(axis=0) - graph.mean(axis=1)[:, None] + graph.mean()
    largest = np.linalg.eigvalsh(centred)[-1] * len(graph) / graph.sum()
    assert statistics.largest_morans_i(*size) == pytest.approx(largest, abs=1e-12)


def test_morans_i_of_random_kernels_is_zero_on_average():
    kernels = np.random.default_rng(0).normal(size=(4000, 3, 3))
    assert statistics.morans_i(kernels).mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("size", [(3, 3), (5, 5), (28, 28), (2, 5), (1, 4)])
def test_random_images_spread_in_morans_i_as_its_formula_says(size):
    found = statistics.morans_i(np.random.default_rng(0).normal(size=(4000, *size)))
    assert found.std() == pytest.approx(statistics.morans_i_spread(*size), rel=0.04)
