"""The report's facts: sentences change with the data, for one run or ten, ties and divergence."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from safetensors.numpy import save_file

from fashionlab.chapters import ROOT as REPOSITORY
from fashionlab.findings.facts import Facts
from fashionlab.findings.weights import effective_classes, expected_effective_classes
from fashionlab.measures import mean_unrest
from fashionlab.outcomes import Outcome, tied
from fashionlab.planning.plan import build_plan
from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed
from fashionlab.storage.tables import write_table

ACCURACY = {"mlp1": 88.0, "mlp2": 85.5, "cnn3": 89.0, "cnn4": 91.5, "cnn5": 90.0}
CLAIM_IDS = [f"2{k}" for k in "abcdefghi"] + [f"3{k}" for k in "abcd"] + [f"4{k}" for k in "abcde"]


# Made-up results in the shape of a finished study --------------------------------------------


def make_study(folder, runs=1, accuracy=ACCURACY, diverged=(), without=(), extra=None):
    """Write a made-up study of 5,000 images and return its facts."""
    config = yaml.safe_load((REPOSITORY / "config.yaml").read_text())
    config["defaults"]["runs"], config["split"]["images"] = runs, 5000
    config["experiments"] |= extra or {}
    for name in without:
        del config["experiments"][name]
    plan = build_plan(config, "source", {"seed": 449})
    (folder / "tables").mkdir(parents=True)
    for name, table in make_tables(plan, accuracy, diverged).items():
        write_table(table, folder / "tables" / name, ["parquet"])
    counts = {"train": [450] * 10, "validation": [50] * 10, "test": [20] * 10}
    save_weights(folder, plan)
    documents = {
        "plan": plan,
        "split": {"class_counts": counts},
        "claims": {"claims": make_claims(), "plateaus": make_plateaus(plan)},
    }
    for name, document in documents.items():
        write_json(folder / f"{name}.json", sealed(document))
    return Facts.load(folder / "plan.json", folder)


def make_tables(plan, accuracy, diverged):
    nothing = pd.DataFrame(columns=["experiment", "variant", "run", "part", "image", "label", "predicted"])  # fmt: skip
    rows = {"trainings": [], "records": [], "predictions": [nothing], "costs": []}
    for k, t in enumerate(plan["trainings"]):
        rng = np.random.default_rng(k)
        network = plan["networks"][t["network"]]
        final = accuracy.get(t["network"], 87.0) + rng.normal(0, 0.05)
        slow = {"0.01": 2.0, "0.001": 8.0}.get(t["learning_rate"], 0.5)
        place = {key: t[key] for key in ("experiment", "variant", "run")}
        lost = any(t["id"].startswith(prefix) for prefix in diverged)
        same = ("network", "activation", "optimizer", "learning_rate", "input_range")
        numbers = ("batch_size", "epochs")
        ended = np.nan if lost else 1.0
        rows["trainings"].append(
            place
            | {key: t[key] for key in same + numbers}
            | {key: network[key] for key in ("parameters", "depth", "first_layer_weights")}
            | {
                "train_accuracy": (final + 3) * ended,
                "validation_accuracy": final * ended,
                "test_accuracy": (final - 0.5) * ended,
                "diverged_epoch": 0 if lost else np.nan,
                "diverged_step": 37 if lost else np.nan,
            }
        )
        rows["records"].append(make_records(t, network, final, slow, lost, rng, place))
        if not lost:
            labels = np.arange(200) % 10
            wrong = rng.random(200) * 100 > final
            rows["predictions"].append(
                pd.DataFrame(
                    place
                    | {
                        "part": "test",
                        "image": np.arange(200),
                        "label": labels,
                        "predicted": np.where(
                            wrong | (labels == 6) & (np.arange(200) % 3 == 0), 0, labels
                        ),
                    }
                )
            )
        rows["costs"].append(
            place
            | {
                "seconds": 100.0 + k,
                "training_seconds": 30.0,
                "validation_seconds": 60.0,
                "device": "cpu",
                "device_name": "a processor",
                "python": "3.12.1",
                "torch": "2.15.0",
                "numpy": "2.4.6",
                "platform": "Linux",
                "peak_memory_mb": 500.0,
            }
        )
    return {
        "trainings": pd.DataFrame(rows["trainings"]),
        "costs": pd.DataFrame(rows["costs"]),
        "records": pd.concat(rows["records"], ignore_index=True),
        "predictions": pd.concat(rows["predictions"], ignore_index=True),
    }


def make_records(t, network, final, slow, lost, rng, place):
    per_epoch = t["records_per_epoch"]
    epoch = np.repeat(np.arange(t["epochs"]), per_epoch)
    step = (
        epoch * t["steps_per_epoch"]
        + np.tile(np.arange(per_epoch), t["epochs"]) * t["record_every"]
    )
    risen = 1 - np.exp(-(step + 1) / t["steps_per_epoch"] / slow)
    stuck = t["activation"] == "sigmoid" and t["network"] in ("cnn4", "cnn5")
    size = {"sigmoid": 10.0 ** -network["depth"]}.get(t["activation"], 1.0)
    validation = 10 + (final - 10) * risen + rng.normal(0, 0.2, len(step))
    if t["validate"] == "epochs":
        validation[np.arange(len(step)) % per_epoch != per_epoch - 1] = np.nan
    norm = size * np.exp(rng.normal(0, 0.1, len(step)))
    table = pd.DataFrame(
        place
        | {
            "epoch": epoch,
            "step": step,
            "loss": 2.3026 if stuck else 2.3 - 2 * risen,
            "train_accuracy": 10 + 80 * risen,
            "gradient_norm": norm,
            "gradient_rms": norm / np.sqrt(network["first_layer_weights"]),
            "validation_accuracy": validation,
        }
    )
    measured = ["loss", "train_accuracy", "gradient_norm", "gradient_rms", "validation_accuracy"]
    table.loc[lost & (table.step >= 37), measured] = np.nan
    return table


def save_weights(folder, plan):
    for t in plan["trainings"]:
        rng, tensors, shape = np.random.default_rng(1), {}, [1, 28, 28]
        for k, layer in enumerate(plan["networks"][t["network"]]["layers"]):
            out = layer["output_shape"]
            if layer["kind"] == "conv":
                size = (out[0], shape[0], shape[1] - out[1] + 1, shape[2] - out[2] + 1)
            elif layer["kind"] == "fc":
                size = (out[0], int(np.prod(shape)))
            if layer["parameters"]:
                tensors[f"{k}.weight"] = rng.normal(size=size).astype(np.float32)
                tensors[f"{k}.bias"] = np.zeros(out[0], np.float32)
            shape = out
        path = folder / Path(t["weights"]).relative_to(plan["results"])
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, path)


def make_claims():
    verdicts = ("holds", "does not hold", "undecided")
    return [
        {
            "id": name,
            "question": f"Q{name[0]}",
            "claim": f"Claim <{name}> of a_b.",
            "test": "A test.",
            "verdict": verdicts[k % 3],
            "effect": 1.5,
            "unit": "percentage points",
            "interval": [0.5, 2.5],
            "p_value": 0.01,
            "figure": "absent",
            "reason": "It is so.",
            "comparisons": [],
        }
        for k, name in enumerate(CLAIM_IDS)
    ]


def make_plateaus(plan):
    return {
        "two_rates": [{"configured": 7, "found": 9}],
        "three_rates": [{"configured": 7, "found": 7}, {"configured": 14, "found": None}],
    }


# Sentences follow the data ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def three_runs(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("three"), runs=3)


def test_another_winner_is_named_by_every_sentence(study, tmp_path):
    swapped = make_study(tmp_path / "swapped", accuracy=ACCURACY | {"mlp2": 93.5})
    assert study.generalisation.order("test").startswith("cnn4 (91.0")
    assert study.generalisation.order("test").rindex("mlp2") > 50
    assert swapped.generalisation.order("test").startswith("mlp2 (93.0")
    assert swapped.generalisation.chosen == "mlp2"
    assert study.generalisation.chosen == "cnn4"


def test_close_networks_tie_and_the_smallest_of_them_is_chosen(tmp_path):
    f = make_study(tmp_path / "tie", accuracy=ACCURACY | {"cnn5": 91.4})
    assert f.generalisation.leaders("validation") == ["cnn4", "cnn5"]
    assert "cnn4 and cnn5 tie" in f.generalisation.ties("validation")
    assert f.generalisation.chosen == "cnn5"


def test_one_run_has_a_wilson_interval_and_three_runs_have_a_spread(study, three_runs):
    assert "±" not in study.generalisation.outcome("cnn4", "test").percent
    assert "Wilson" in study.generalisation.caption
    assert "±" in three_runs.generalisation.outcome("cnn4", "test").percent
    assert "Student" in three_runs.generalisation.caption


def test_networks_without_gradient_are_called_stuck(study):
    assert study.gradients.stuck_text == "the sigmoid networks cnn4 and cnn5"
    assert "every network" in study.gradients.pairs_sentence


def test_dead_network_and_standing_curve_are_told_without_a_ratio(tmp_path):
    f = make_study(tmp_path / "dead")
    records = f.tables["records"]
    dead = (records.experiment == "input_scaling") & (records.variant == "mlp1-raw")
    records.loc[dead, ["gradient_norm", "gradient_rms"]] = 0.0
    still = (records.variant == "two_rates") & (records.epoch >= 7)
    records.loc[still, "validation_accuracy"] = 88.0
    assert "in the first epoch are exactly zero" in f.scaling.answer("mlp1", "raw")
    assert f.scaling.dead.startswith("In the last epoch most gradients of mlp1 with inputs in [0")
    assert "its unrest cannot be compared" in f.schedules.switch_sentence("two_rates")
    baseline = (records.experiment == "activations") & (records.variant == "mlp1-relu")
    records.loc[baseline, "gradient_norm"] = 0.0
    assert "are not to be compared" in f.scaling.answer("mlp1", "unit")


def test_larger_inputs_that_help_are_named(study, tmp_path):
    assert study.scaling.gained == ""
    f = make_study(tmp_path / "gained")
    records = f.tables["records"]
    records.loc[records.variant == "cnn4-raw", "validation_accuracy"] += 5
    assert f.scaling.gained == "cnn4 with inputs in [0, 255] ends higher than with [−1, 1]"


def test_structures_are_compared_by_norm_and_per_weight(study):
    assert study.gradients.family_sentence("sigmoid").startswith("With sigmoid, every perceptron ")


def test_a_faster_rate_comes_first_and_an_unreached_level_is_said(study):
    assert study.rates.larger_is_faster
    assert study.rates.speed_sentence.endswith("0.001 never did.")
    assert study.rates.variants == ["lr0.1", "lr0.01", "lr0.001"]


def test_plateau_sentence_compares_found_with_configured(study):
    assert study.schedules.plateau_sentence("two_rates") == (
        "For two_rates it gives epoch 9 for the first switch (7 is configured)."
    )
    sentence = study.schedules.plateau_sentence("three_rates")
    assert "as configured" in sentence
    assert "no epoch for the second switch" in sentence


def test_a_schedule_that_starts_unlike_its_constant_rate_is_reported(study):
    assert "which needs explaining" in study.schedules.checks


# Parts that stand alone ---------------------------------------------------------------------------


def test_formula_plan_and_stored_weights_count_the_same_parameters(study):
    expected = {"mlp1": 50890, "mlp2": 14298, "cnn3": 11106, "cnn4": 8618, "cnn5": 7426}
    networks = study.networks
    assert networks.counts_agree
    for name, parameters in expected.items():
        assert networks.count_by_formula(name) == parameters
        assert networks.stored[name] == parameters
        assert sum(map(evaluate_tex, networks.worked_formula(name))) == parameters


def evaluate_tex(formula):
    text = formula.replace("\\left", "").replace("\\right", "").replace("\\cdot", "*")
    return eval(text)  # a sum of products of numbers, made by the function under test


def test_two_linear_layers_in_a_row_are_recognised_as_one(study):
    assert study.networks.linear_chains == {
        "mlp2": {"dropped": [64], "widths": "784-16-10", "parameters": 12730}
    }


def test_ties_need_the_margin_with_one_run_and_a_test_with_three():
    assert tied(Outcome((90.0,)), Outcome((90.9,)), margin=1.0)
    assert not tied(Outcome((90.0,)), Outcome((91.1,)), margin=1.0)
    assert not tied(Outcome((90.0, 90.1, 90.2)), Outcome((90.8, 90.9, 91.0)), margin=1.0)
    assert tied(Outcome((88.0, 90.0, 92.0)), Outcome((89.0, 91.0, 93.0)), margin=0.5)


def test_effective_classes_of_a_specialist_and_of_an_even_unit():
    weight = np.zeros((10, 2))
    weight[3, 0], weight[:, 1] = 2.0, -1.0
    assert effective_classes(weight, 2) == pytest.approx([1, 10])


@pytest.mark.parametrize("features", [1, 9])
def test_expected_effective_classes_is_that_of_gaussian_weights(features):
    weight = np.random.default_rng(0).normal(size=(10, 4000 * features))
    simulated = effective_classes(weight, 4000).mean()
    assert expected_effective_classes(10, features) == pytest.approx(simulated, rel=0.01)


def made_curve(values, each):
    records = np.arange(len(values))
    return pd.DataFrame({"step": 10 * records, "epoch": records // each, "value": values})


def test_unrest_ignores_a_trend_and_measures_noise_at_the_end():
    assert mean_unrest([made_curve(np.arange(50) * 0.01, each=10)], last_epoch=4) < 1e-9
    noise = np.random.default_rng(0).normal(0, 0.5, 5000)
    assert mean_unrest([made_curve(noise, each=1000)], 4) == pytest.approx(0.5, rel=0.05)
    wild = np.concatenate([1000 * noise, noise])
    assert mean_unrest([made_curve(wild, each=1000)], 9) == pytest.approx(0.5, rel=0.05)
    assert mean_unrest([made_curve(wild, each=1000)], 9, first_epoch=5) < 1
    assert math.isnan(mean_unrest([], 4))


def test_where_no_validation_was_timed_its_share_is_missing_not_zero(tmp_path):
    f = make_study(tmp_path / "untimed")
    f.tables["costs"]["validation_seconds"] = np.nan
    assert math.isnan(f.costs.validation_share)
    assert {row["Validation"] for row in f.costs.rows} == {"–"}
