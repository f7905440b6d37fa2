"""The statistics against SciPy and statsmodels called directly, and against hand-made values."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from fashionlab import statistics


def test_mean_interval_is_students():
    values = [88.1, 88.4, 87.9, 88.6]
    low, high = stats.t.interval(0.95, 3, np.mean(values), stats.sem(values))
    assert statistics.mean_interval(values) == pytest.approx((np.mean(values), low, high))


def test_wilson_interval_is_in_percent():
    low, high = proportion_confint(8800, 10000, method="wilson")
    assert statistics.wilson_interval(88.0, 10000) == pytest.approx((100 * low, 100 * high))


def test_welch_difference_is_scipys():
    a, b = [88.1, 88.4, 87.9], [86.0, 87.5, 86.4]
    test = stats.ttest_ind(a, b, equal_var=False)
    interval = test.confidence_interval(0.95)
    expected = (np.mean(a) - np.mean(b), interval.low, interval.high, test.pvalue)
    assert statistics.welch_difference(a, b) == pytest.approx(expected)


def test_runs_that_agree_to_the_last_digit_give_an_exact_difference():
    assert statistics.welch_difference([2.0] * 3, [1.0] * 3) == (1.0, 1.0, 1.0, 0.0)
    assert statistics.welch_difference([2.0] * 3, [2.0] * 3) == (0.0, 0.0, 0.0, 1.0)


def correct(n: int, wrong: range) -> np.ndarray:
    return ~np.isin(np.arange(n), wrong)


def test_mcnemar_counts_only_the_images_on_which_the_networks_differ():
    a, b = correct(1000, range(0, 100)), correct(1000, range(80, 200))
    found = statistics.mcnemar_difference(a[None], b[None])
    assert found.p_value == pytest.approx(mcnemar([[0, 100], [80, 0]], exact=True).pvalue)
    assert found.estimate == pytest.approx(2.0)
    variance = (0.18 - 0.02**2) / 1000  # of a paired difference of proportions
    assert found.high - found.estimate == pytest.approx(196 * math.sqrt(variance), rel=2e-3)


def test_networks_that_agree_on_every_image_do_not_differ():
    same = correct(100, range(10))[None]
    assert statistics.mcnemar_difference(same, same) == (0.0, 0.0, 0.0, 1.0)


def test_of_two_runs_the_weaker_one_counts_and_contradiction_shows_nothing():
    a, b = correct(1000, range(0)), correct(1000, range(50))
    weak = correct(1000, range(5))
    assert statistics.mcnemar_difference(
        np.array([a, a]), np.array([b, weak])
    ).p_value == pytest.approx(2 * 0.5**5)
    assert statistics.mcnemar_difference(np.array([a, b]), np.array([b, a])).p_value == 1.0


def test_independent_proportions_are_adjusted_wald():
    found = statistics.accuracy_difference(90.0, 88.0, 6000)
    p, q = (5400 + 1) / 6002, (5280 + 1) / 6002
    half = stats.norm.ppf(0.975) * math.sqrt((p * (1 - p) + q * (1 - q)) / 6002)
    assert found.estimate == 2.0
    assert (found.high - found.low) / 2 == pytest.approx(100 * half)
    assert found.p_value < 0.001


def test_normal_difference_has_its_p_value_at_the_interval():
    found = statistics.normal_difference(1.96, 1.0)
    assert found.low == pytest.approx(0, abs=1e-4)
    assert found.p_value == pytest.approx(0.05, abs=1e-4)
    assert statistics.normal_difference(0.5, 0.0) == (0.5, 0.5, 0.5, 0.0)


def test_variance_of_a_share_is_binomial_in_percent():
    assert statistics.share_variance(90.0, 100) == pytest.approx(100**2 * 0.9 * 0.1 / 100)


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


def test_morans_i_of_chessboard_halves_and_constant():
    board = np.indices((4, 4)).sum(axis=0) % 2.0
    halves = np.zeros((4, 4))
    halves[:, 2:] = 1
    found = statistics.morans_i(np.array([board, halves, np.ones((4, 4))]))
    # Of 24 neighbours all differ on a chessboard, 4 between the halves; the expectation is -1/15.
    assert found[:2] - 1 / 15 == pytest.approx([-1.0, (20 - 4) / 24])
    assert math.isnan(found[2])


def test_morans_i_of_random_kernels_is_zero_on_average():
    kernels = np.random.default_rng(0).normal(size=(4000, 3, 3))
    assert statistics.morans_i(kernels).mean() == pytest.approx(0, abs=0.02)


def test_shuffling_shows_order_only_where_there_is_some():
    generator = np.random.default_rng(1)
    noise = generator.normal(size=(8, 12, 12))
    smooth = np.cumsum(np.cumsum(noise, axis=1), axis=2)
    assert statistics.shuffled_p(smooth) == pytest.approx(1 / 200)
    assert statistics.shuffled_p(noise) > 0.05
