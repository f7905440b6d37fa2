"""Facts of the chapters on questions 2 to 4: sentences follow the data, for one run or several."""

import re

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from fashionlab import measures
from fashionlab.chapters import load
from fashionlab.claims.claims_json import claims_content
from fashionlab.claims.judging import read_claims
from fashionlab.counterparts import by_input_range
from fashionlab.study import LAST_EPOCH
from made_up import Made, made_up, plan_of

CHAPTERS = ROOT / "report/chapters"
NAMES = ("03-generalisation", "04-gradients", "05-learning-rates")
if not all((CHAPTERS / name).is_dir() for name in NAMES):
    pytest.skip("a paper of one's own: these chapters are gone", allow_module_level=True)
Q2, Q3, Q4 = (load(CHAPTERS / f"{name}/facts.py") for name in NAMES)


def ranked(**tests: float):
    made = {name: Made(test=value, validation=value) for name, value in tests.items()}
    return Q2.facts(made_up(runs=5, **made))


def test_three_groups_of_networks_are_three_tiers_and_not_five_places():
    found = ranked(mlp1=87, mlp2=85, cnn3=90, cnn4=90, cnn5=90)
    assert [len(tier["labels"]) for tier in found["tiers"]] == [3, 1, 1]
    assert found["tiers"][1] == {"labels": ["mlp1"], "span": "87.0\u202f%"}
    assert found["decided"]


def test_the_smallest_network_that_is_not_below_another_is_the_one_to_choose():
    assert ranked(mlp1=87, mlp2=85, cnn3=90, cnn4=90, cnn5=90)["choice"]["label"] == "cnn5"
    assert ranked(mlp1=87, mlp2=85, cnn3=90, cnn4=92, cnn5=90)["choice"]["label"] == "cnn4"


def test_without_a_known_spread_one_run_settles_no_place_and_no_choice():
    found = Q2.facts(made_up(cnn4=Made(test=88.3, validation=88.3)))
    assert not found["decided"]
    assert found["choice"] is None
    assert found["best"]["label"] == "cnn4"


def test_a_network_of_which_every_run_diverged_is_in_no_ranking():
    found = Q2.facts(made_up(cnn4=Made(diverged={1: 40})))
    assert found["lost"] == ["cnn4"]
    assert "cnn4" not in found["ended"]["label"].tolist()


def test_size_and_depth_in_opposite_order_are_said_to_be():
    assert Q2.facts(made_up())["opposite"]
    networks = {"cnn5": "conv3x16 act conv3x8 act conv3x8 act conv3x8 act pool fc400 act"}
    study = made_up(config={"networks": networks})
    assert not Q2.facts(study)["opposite"]


def test_effective_classes_of_a_specialist_and_of_units_without_preference():
    specialist, even = np.zeros((10, 1)), np.array([[1.0, -1.0] * 5]).T
    specialist[3] = 5
    assert Q2.effective_classes(specialist, 1)[0] == pytest.approx(3.6)  # 1 if not centred
    assert Q2.effective_classes(even, 1)[0] == pytest.approx(10)
    assert Q2.effective_classes(even + 7, 1)[0] == pytest.approx(10), "softmax ignores a shift"
    assert Q2.expected_effective_classes(10, 1) == pytest.approx(6.77, abs=0.1)
    assert Q2.expected_effective_classes(10, 9) == pytest.approx(9.53, abs=0.1)


def test_confusions_are_counted_a_run_and_recall_over_all_runs():
    rows = pd.DataFrame({"run": [1] * 4 + [2] * 4, "label": [0, 0, 1, 1] * 2,
                         "predicted": [0, 1, 0, 1, 1, 1, 1, 1]})  # fmt: skip
    assert measures.confused(rows) == {(0, 1): 1.5, (1, 0): 0.5}
    assert measures.recall(rows).to_dict() == {0: 25.0, 1: 75.0}


def test_calibration_is_the_distance_of_confidence_from_accuracy():
    study = made_up()
    table = study.predictions("generalisation", "cnn4")
    rows = Q2.facts(study)["calibration"]
    row = next(row for row in rows if row["label"] == "cnn4")
    accuracy = 100 * (table["label"] == table["predicted"]).mean()
    assert row["error"] == pytest.approx(abs(90 - accuracy))
    assert row["loss"] == pytest.approx(-table["log_likelihood"].mean())


def test_a_loss_above_that_of_guessing_has_not_learned_either():
    found = Q3.facts(made_up(cnn4_sigmoid=Made(loss=2.303), cnn5_sigmoid=Made(loss=2.4)))
    assert found["stuck_words"] == "the sigmoid networks cnn4 and cnn5"


def test_runs_that_leave_the_loss_of_guessing_and_runs_that_stay_are_counted():
    study = made_up(runs=3, cnn4_sigmoid=Made(loss=2.4), cnn5_sigmoid=Made(loss=2.4))
    records = study.table("records")
    away = (records["variant"] == "cnn4-sigmoid") & (records["run"] == 2)
    records.loc[away, "loss"] = 1.0
    found = Q3.facts(study)
    assert found["stuck_words"] == "the sigmoid network cnn5"
    assert found["partly"] == ["cnn4 with sigmoid stays there in two of three runs"]


def test_a_schedules_end_is_set_beside_the_best_constant_rate():
    study = made_up(three_rates=Made(validation=90.0, unrest=0.1), lr01=Made(validation=89.0))
    found = {one["label"]: one for one in Q4.facts(study)["works"]}["three rates"]
    assert found["last"] > found["best_last"]
    assert (found["best"], found["twin"]) == ("rate 0.1", "rate 0.1")
    assert found["ratio"] > 1.5


def test_one_network_of_each_structure_is_not_called_every():
    study = made_up(without=("mlp2-relu", "cnn4-relu", "cnn5-relu", "mlp2-sigmoid", "cnn4-sigmoid", "cnn5-sigmoid"),
                    mlp1_relu=Made(gradient=9))  # fmt: skip
    assert Q3.facts(study)["families"][0].startswith(
        "With ReLU, in the last epoch, the perceptron has a larger norm, but a smaller size per weight than the"
    )


def test_gradients_early_and_late_are_told_apart():
    falling = {f"{name}_sigmoid": Made(gradient=10.0**-place)
               for place, name in enumerate(("mlp1", "mlp2", "cnn3", "cnn4", "cnn5"))}  # fmt: skip
    found = Q3.facts(made_up(**falling))
    assert found["falls"]["early"] == {"ReLU": False, "sigmoid": True}
    assert found["ratios"]["late"].index.tolist() == ["mlp1", "mlp2", "cnn3", "cnn4", "cnn5"]


def test_the_error_before_the_first_step_is_compared_with_theory():
    found = Q3.facts(made_up())["initial"].set_index(["network", "activation"])
    row = found.loc[("cnn5", "sigmoid")]
    assert row["slopes"] == row["layers"] == 6
    assert row["expected"] == pytest.approx((4 * 3**0.5) ** -6)
    assert row["measured"] == pytest.approx(7.0**-6)
    assert found.loc[("mlp2", "sigmoid"), "slopes"] == 1, "its last two layers have none between"


def test_a_faster_rate_comes_first_and_one_that_never_arrives_is_named():
    study = made_up(lr01=Made(epochs_to_learn=0.5), lr001=Made(epochs_to_learn=3),
                    lr0001=Made(validation=40))  # fmt: skip
    speed = Q4.facts(study)["speed"]
    assert speed["reached"]["label"].tolist() == ["rate 0.1", "rate 0.01"]
    assert speed["missing"] == ["rate 0.001"]
    assert speed["ordered"]
    assert speed["pairs"][0]["rate"] == pytest.approx(10)


def test_each_run_of_a_found_switch_counts_with_its_own_epochs():
    schedules = {"two_rates": [{"rate": 0.1, "until": "auto"}, {"rate": 0.01}]}
    found = Made(switches={1: [12], 2: [8], 3: [7]})
    facts = Q4.facts(made_up(runs=3, config={"schedules": schedules}, two_rates=found))
    rows = [row for row in facts["phase_rows"] if row["Schedule"] == "Two rates"]
    assert [row["To epoch"] for row in rows] == ["6–11", "29"]
    assert rows[1]["From epoch"] == "7–12"
    assert all(one["same"] == one["total"] for one in facts["shared"])


def test_a_schedule_that_begins_unlike_its_constant_rate_is_reported():
    facts = Q4.facts(made_up(lr01=Made(loss=0.5)))
    assert all(one["same"] < one["total"] for one in facts["shared"])


def test_schedules_are_compared_with_adam_of_equal_length_where_there_is_one():
    words = Q4.facts(made_up())["adam_words"]
    assert words["ours"]["epochs"] == words["theirs"]["epochs"] == 30
    words = Q4.facts(made_up(without=("adam_baseline",)))["adam_words"]
    assert (words["ours"]["epochs"], words["theirs"]["epochs"]) == (30, 15)


def test_a_number_has_one_value_in_text_table_and_study():
    study = made_up(runs=3, lr01=Made(validation=91), cnn4=Made(test=89.5, train=93))
    q2, q4 = Q2.facts(study), Q4.facts(study)
    row = next(row for row in q2["rows"] if row["Network"] == "cnn4")
    assert float(row["Gap"].split(" ")[0]) == pytest.approx(q2["ended"]["gap"]["cnn4"], abs=0.005)
    assert q2["key_figures"][0][0] == f"{q2['best']['test']:.1f}\u202f%"
    rate = q4["rates"].iloc[0]
    text = re.match(r"[\d.]+", q4["rate_rows"][0]["Validation, last epoch"])[0]
    assert float(text) == pytest.approx(rate["mean"], abs=0.005)
    assert rate["mean"] == study.values("learning_rates", "lr0.1", LAST_EPOCH).mean()
    epochs = study.epochs_to("learning_rates", "lr0.1", "validation_accuracy", 80).median()
    assert q4["rate_rows"][0]["Epochs to 80 %"] == f"{epochs:.2f}"


def test_a_range_of_inputs_is_called_by_its_bounds_and_not_by_its_name():
    labels = made_up().variants("input_scaling")["label"].tolist()
    assert labels[:2] == [
        "mlp1 with inputs in [0,\u202f1]", "mlp1 with inputs in [0,\u202f255]",
    ]  # fmt: skip


def test_unscaled_inputs_are_said_to_end_higher_or_lower_network_by_network():
    study = made_up(mlp1_raw=Made(validation=80.0), cnn4_unit=Made(validation=89.5))
    assert Q3.facts(study)["scaling"]["ends"] == {
        "lower": ["mlp1 with inputs in [0,\u202f255] (by 8.0\u202fpoints)"],
        "higher": ["cnn4 with inputs in [0,\u202f1] (by 1.5\u202fpoints)"],
    }


def test_a_dead_network_has_no_tick_and_the_others_one_each_by_the_claims_comparisons():
    dead = Made(gradient=0.0)
    study = made_up(runs=3, mlp1_raw=dead, cnn4_raw=Made(gradient=3.0))
    claims = claims_content(study, read_claims(study.plan))["claims"]
    rows = {row.pop("Network and inputs"): row for row in Q3.tick_rows(claims)}
    assert set(rows["mlp1 on [0, 255]"].values()) == {"nothing to compare"}
    assert rows["cnn4 on [0, 255]"]["Larger gradient"] == "yes (3.00 times)"
    assert rows["cnn4 on [0, 1]"]["Larger gradient"].startswith("undecided (1.00")
    assert Q3.tick_rows([]) == []


def test_gradients_over_all_records_are_said_as_the_claim_compares_them():
    own = {f"{n}_relu": Made(gradient=2.0) for n in ("mlp1", "mlp2", "cnn3", "cnn4", "cnn5")}
    found = Q3.facts(made_up(runs=3, **own))["ratios"]
    assert list(found) == ["whole", "early", "late"]
    assert found["whole"].tolist() == pytest.approx([2.0] * 5)


SHORT_ADAM = {
    "adam_baseline": {
        "title": "Adam",
        "optimizer": "adam",
        "epochs": 20,
        "grid": {"learning_rate": [0.001]},
    }
}
SHORT_RAW = {
    "input_scaling": {
        "title": "Raw",
        "epochs": 10,
        "grid": {"network": ["cnn4"], "input_range": ["raw"]},
    }
}


@pytest.mark.parametrize(
    ("study", "adam", "ranges"),
    [
        ({}, "adam_baseline", ["unit", "raw", "symmetric"]),
        ({"config": {"experiments": SHORT_ADAM}}, "adam_baseline", ["unit", "raw", "symmetric"]),
        ({"without": ["adam_baseline"]}, "generalisation", ["unit", "raw", "symmetric"]),
        ({"config": {"experiments": SHORT_RAW}}, "adam_baseline", ["raw"]),
    ],
)  # fmt: skip
def test_figure_and_table_compare_the_same_trainings(study, adam, ranges):
    study = made_up(**study)
    figure = load(CHAPTERS / "05-learning-rates/figures/schedules.py")
    drawn = {entry.name: entry.experiment for entry in figure.compared(study)}
    table = Q4.against_adam(study)
    assert drawn["Adam"] == table["place"].iloc[-1][0] == adam
    assert list(by_input_range(study, "input_scaling", "activations")["cnn4"]) == ranges


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("fc64 act", [1, 1 / 4 / 3**0.5]),
        ("act fc64 act", [1, 1 / 4 / 3**0.5]),  # nothing of the loss passes the first one
        ("conv3x8 act pool fc8", [1, 3**-0.5, 1 / 4 / 3]),
        ("fc64 norm act", [1, float("nan")]),
    ],
)
def test_theory_of_the_first_error_counts_what_lies_between_it_and_the_logits(line, expected):
    layers = plan_of(1, (), {"networks": {"mlp1": line}})["networks"]["mlp1"]["layers"]
    assert measures.expected_errors(layers, "sigmoid") == pytest.approx(expected, nan_ok=True)
    assert Q3.slopes_behind(layers) == 1
