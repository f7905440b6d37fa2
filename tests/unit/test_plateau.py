"""The plateau rule: where a validation curve has stopped rising."""

import math

import numpy as np
import pytest

from fashionlab.claims.plateaus import find_plateaus, plateau_sensitivity
from fashionlab.plateau import switch_epoch
from made_up import Made, made_up

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


def found(**description) -> dict:
    return find_plateaus(made_up(**description))


def test_each_switch_is_found_in_the_run_with_the_rates_before_it():
    plateaus = found(lr01=Made(epochs_to_learn=2.0), two_rates=Made(epochs_to_learn=4.0))
    assert plateaus["two_rates"] == [{"configured": 7, "found": 12, "found_by_run": [12]}]
    assert [stage["configured"] for stage in plateaus["three_rates"]] == [7, 14]
    assert plateaus["three_rates"][1]["found"] > 12  # by the slower curve of the two rates


def test_each_run_has_its_own_switch_and_the_mean_of_them_is_nobodys():
    stage = found(runs=3, spread=2.0, lr01=Made(epochs_to_learn=2.0))["two_rates"][0]
    assert len(set(stage["found_by_run"])) == 3
    assert stage["found"] is None


def test_nothing_is_found_without_the_training_with_the_rates_before():
    assert found(without=("learning_rates",))["two_rates"][0]["found_by_run"] == []
    assert found(without=("two_rates",))["three_rates"][1]["found_by_run"] == []


def test_sensitivity_spans_what_other_patience_and_tolerance_find_in_the_original():
    first, second, _ = plateau_sensitivity(made_up())
    assert (first["switch"], first["original"]) == (1, [5, 12])
    assert second["original"][0] == 8
    assert first["here"][0] < first["here"][1]


def test_study_of_other_images_has_no_original_beside_it():
    dataset = {"name": "digits"}
    (first, *_) = plateau_sensitivity(made_up(config={"dataset": dataset}))
    assert first["original"] is None
