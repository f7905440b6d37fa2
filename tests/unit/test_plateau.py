"""The plateau rule: where a validation curve has stopped rising."""

import math

import numpy as np
import pandas as pd
import pytest

from fashionlab.plateau import epoch_means, find_switch_epochs, switch_epoch

# The epoch means of the original's cnn4: rate 0.1, and its schedule until the second switch.
ORIGINAL = [73.6, 84.7, 86.7, 87.9, 88.4, 88.5, 88.69, 88.76, 88.84, 88.91, 89.0, 89.1, 89.0, 89.0]
SCHEDULED = [72.1, 83.8, 86.4, 87.6, 88.1, 88.6, 89.0, 90.09, 90.36, 90.45, 90.56, 90.56, 90.59]


def test_reading_of_the_original_is_found_for_the_first_switch():
    assert switch_epoch(ORIGINAL) == 7


def test_second_switch_is_sought_after_the_first():
    assert switch_epoch([*SCHEDULED, 90.59], start=7) == 9


def test_curve_that_keeps_rising_gives_the_last_epoch_that_can_be_judged():
    assert switch_epoch(np.linspace(50, 90, 15)) == 12


def test_level_start_before_learning_is_no_plateau():
    assert switch_epoch([10, 10, 10.1, 10.1, 10.2, 40, 70, 80, 80, 80, 80]) == 8


def test_tolerance_is_the_gain_that_still_counts_as_level():
    curve = [50.0, 80.0, 80.5, 80.5, 80.5, 80.5]
    assert switch_epoch(curve, tolerance=0.5) == 2
    assert switch_epoch(curve, tolerance=0.4) == 3


def test_patience_outlasts_a_short_dip():
    curve = [50.0, 80.0, 79.0, 79.0, 85.0, 85.0, 85.0, 85.0, 85.0]
    assert switch_epoch(curve, patience=2) == 2
    assert switch_epoch(curve, patience=3) == 5


@pytest.mark.parametrize("curve", [[], [50.0], [50.0, 60.0], [math.nan] * 5])
def test_short_or_diverged_curve_still_gives_a_switch_after_the_start(curve):
    assert switch_epoch(curve) == 1
    assert switch_epoch(curve, start=7) == 8


def test_epochs_after_a_divergence_are_ignored():
    assert switch_epoch([50, 80, 80, 80, 80, math.nan, 99]) == 2


def records(runs: dict[int, list[list[float]]]) -> pd.DataFrame:
    rows = [
        {"run": run, "epoch": epoch, "validation_accuracy": value}
        for run, epochs in runs.items()
        for epoch, values in enumerate(epochs)
        for value in values
    ]
    return pd.DataFrame(rows)


def test_epoch_means_average_records_then_runs():
    means = epoch_means(records({1: [[10, 20], [30, 50]], 2: [[25], [60]]}))
    assert means.tolist() == [20.0, 50.0]


def test_run_that_diverged_half_way_puts_no_step_into_the_means():
    means = epoch_means(records({1: [[80], [82]], 2: [[20], [math.nan]]}))
    assert means.tolist() == [80.0, 82.0]


def plan(**schedules: list[tuple[float, object]]) -> dict:
    """Return a plan with a constant rate 0.1 and schedules of (rate, until)."""
    named = {"lr0.1": [(0.1, None)]} | schedules
    stages = {
        name: [{"rate": rate, "until": until} for rate, until in pairs]
        for name, pairs in named.items()
    }
    trainings = [
        {"experiment": "any", "variant": name, "learning_rate": name, "run": 1}
        | {"specification": {"learning_rate": stages[name], "optimizer": {"class": "SGD"}}}
        for name in named
    ]
    return {"schedules": {name: stages[name] for name in schedules}, "trainings": trainings}


def test_each_switch_is_found_in_the_run_with_the_rates_before_it():
    curves = {"lr0.1": ORIGINAL, "two": [*SCHEDULED, 90.59]}
    study = plan(two=[(0.1, 7), (0.01, None)], three=[(0.1, 7), (0.01, 14), (0.001, None)])
    found = find_switch_epochs(study, lambda experiment, variant: np.array(curves[variant]))
    assert found == {
        "two": [{"configured": 7, "found": 7}],
        "three": [{"configured": 7, "found": 7}, {"configured": 14, "found": 9}],
    }


def test_automatic_first_switch_is_the_start_for_the_second():
    stages = [(0.1, "auto"), (0.01, "auto"), (0.001, None)]
    study = plan(two=[(0.1, "auto"), (0.01, None)], three=stages)
    curves = {"lr0.1": ORIGINAL, "two": [*SCHEDULED, 90.59]}
    found = find_switch_epochs(study, lambda experiment, variant: np.array(curves[variant]))
    assert found["three"][1] == {"configured": "auto", "found": 9}


def test_nothing_is_found_without_the_shorter_schedule_or_its_curve():
    study = plan(three=[(0.1, 7), (0.01, 14), (0.001, None)])
    found = find_switch_epochs(study, lambda experiment, variant: None)
    assert [stage["found"] for stage in found["three"]] == [None, None]
    found = find_switch_epochs(study, lambda experiment, variant: np.array(ORIGINAL))
    assert [stage["found"] for stage in found["three"]] == [7, None]


def test_training_with_other_settings_is_not_the_shorter_run():
    study = plan(two=[(0.1, 7), (0.01, None)])
    study["trainings"][0]["specification"]["optimizer"] = {"class": "Adam"}
    found = find_switch_epochs(study, lambda experiment, variant: np.array(ORIGINAL))
    assert found["two"][0]["found"] is None
