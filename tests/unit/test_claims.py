"""The rules for the original's claims, on made-up studies: all three verdicts of every kind."""

import copy
import json
import math
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

import judge_claims as judge_claims_program
from fashionlab.judgement.claims import judge, judge_claims
from fashionlab.judgement.comparisons import WELCH, Judgement
from fashionlab.judgement.evidence import Study, effective_depth
from fashionlab.measures import spread_within_epochs, steps_to_reach
from fashionlab.planning.plan import build_plan
from fashionlab.prose import NBSP, count
from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed
from fashionlab.storage.tables import write_table

HOLDS, FAILS, UNDECIDED = "holds", "does not hold", "undecided"
IMAGES = 2000
RECORDS = 18  # an epoch
NETWORKS = {
    "mlp1": "fc64 act",
    "mlp2": "fc16 act fc64",
    "cnn3": "conv3x16 act conv7x8 act pool conv5x16 pool",
    "cnn4": "conv3x16 act conv5x8 act conv3x8 act pool conv5x16 act pool",
    "cnn5": "conv3x16 act conv3x8 act conv3x8 act conv3x8 act pool conv3x16 act conv3x16 act pool",
}
CONFIG = {
    "results": "results",
    "seed": 449,
    "demonstration": "",
    "networks": NETWORKS,
    "figures": {},
    "dataset": {"name": "made up", "classes": list("abcdefghij"), "folder": "data"},
    "split": {"validation_fraction": 0.1, "seed": 449, "images": None},
    "activations": {"relu": {}, "sigmoid": {}},
    "optimizers": {"sgd": {}, "adam": {}},
    "schedules": {
        "two_rates": [{"rate": 0.1, "until": 7}, {"rate": 0.01}],
        "three_rates": [{"rate": 0.1, "until": 7}, {"rate": 0.01, "until": 14}, {"rate": 0.001}],
    },
    "input_ranges": {"symmetric": [-1, 1], "unit": [0, 1], "raw": [0, 255]},
    "defaults": {
        "network": "cnn4",
        "activation": "relu",
        "optimizer": "sgd",
        "learning_rate": 0.01,
        "input_range": "symmetric",
        "batch_size": 50,
        "epochs": 15,
        "runs": 1,
        "record_every": 60,
        "validate": "records",
    },
    "claims": {"margin": 1.0},
}
EXPERIMENTS = {
    "generalisation": {"grid": {"network": list(NETWORKS)}, "optimizer": "adam"},
    "activations": {"grid": {"network": list(NETWORKS), "activation": ["relu", "sigmoid"]}},
    "input_scaling": {"grid": {"network": ["mlp1", "cnn4"], "input_range": ["unit", "raw"]}},
    "learning_rates": {"grid": {"learning_rate": [0.1, 0.01, 0.001]}, "epochs": 20},
    "schedules": {"grid": {"learning_rate": ["two_rates", "three_rates"]}, "epochs": 30},
}


@dataclass(frozen=True)
class Made:
    """What one variant's made-up runs are like; each run differs from the next by `spread`."""

    train: float = 90.0
    validation: float = 88.0
    test: float = 88.0
    gradient: float = 1.0
    epochs_to_learn: float = 1.0  # time constant of the curves
    unrest: float = 0.2  # of the validation accuracy from record to record
    wrong_from: int = 0  # first of the test images that are classified wrongly
    diverged: dict[int, int] = field(default_factory=dict)  # run -> step


def made_up(
    runs: int = 1, without: tuple[str, ...] = (), spread: float = 0.1, **variants: Made
) -> Study:
    """Return a study. Variants are named with "_" for what their names cannot have here."""
    sections = {k: v | {"runs": runs} for k, v in EXPERIMENTS.items() if k not in without}
    plan = build_plan(copy.deepcopy(CONFIG) | {"experiments": sections}, "source", {})
    plan["trainings"] = [t for t in plan["trainings"] if t["variant"] not in without]
    names = [t["variant"].replace("-", "_").replace(".", "") for t in plan["trainings"]]
    assert variants.keys() <= set(names)
    parts = [
        _training(training, variants.get(name, Made()), spread * ((training["run"] + 1) % 3 - 1))
        if runs > 1
        else _training(training, variants.get(name, Made()), 0.0)
        for training, name in zip(plan["trainings"], names, strict=True)
    ]
    finals, records, predictions = zip(*parts, strict=True)
    return Study(plan, pd.DataFrame(finals), pd.concat(records), pd.concat(predictions), weights)


def _training(training: dict, made: Made, shift: float) -> tuple[dict, pd.DataFrame, pd.DataFrame]:
    key = {name: training[name] for name in ("experiment", "variant", "run")}
    step = made.diverged.get(training["run"], math.nan)
    lost = math.nan if step == step else 0.0
    final = {
        f"{name}_accuracy": getattr(made, name) + shift * share + lost
        for name, share in (("train", 0.5), ("validation", 1), ("test", 1))
    }
    steps = np.arange(training["epochs"] * RECORDS) * training["steps_per_epoch"] // RECORDS
    t = steps / training["steps_per_epoch"] / made.epochs_to_learn / math.exp(shift / 5)
    zigzag = made.unrest * math.exp(shift / 5) * (-1.0) ** np.arange(len(steps))
    records = pd.DataFrame(
        {
            "step": steps,
            "epoch": steps // training["steps_per_epoch"],
            "loss": 0.3 + 2 * np.exp(-t),
            "gradient_norm": made.gradient * math.exp(shift / 5),
            "gradient_rms": made.gradient / (224.0 if "mlp" in training["network"] else 12.0),
            "validation_accuracy": 10 + 79 * (1 - np.exp(-t)) + zigzag,
        }
    ).assign(**key)
    values = ["loss", "gradient_norm", "gradient_rms", "validation_accuracy"]
    records.loc[steps > (step if step == step else math.inf), values] = math.nan
    wrong = made.wrong_from + np.arange(round((100 - made.test - shift) * IMAGES / 100))
    predicted = np.isin(np.arange(IMAGES), wrong).astype(int)
    predictions = pd.DataFrame({"image": np.arange(IMAGES), "label": 0, "predicted": predicted})
    predictions = predictions.assign(**key)[: 0 if step == step else None]
    return key | final | {"diverged_step": step}, records, predictions


def weights(training: dict) -> np.ndarray:
    """Return smooth images for perceptrons and noise for kernels."""
    generator = np.random.default_rng(training["run"])
    if "mlp" in training["network"]:
        smooth = generator.normal(size=(16, 28, 28)).cumsum(axis=1).cumsum(axis=2)
        return smooth.reshape(16, 784)
    return generator.normal(size=(16, 1, 3, 3))


PARTS = {"2": ("generalisation",), "3": ("activations", "input_scaling")}
PARTS["4"] = ("learning_rates", "schedules", "generalisation")


def judgement_of(claim: str, **description) -> Judgement:
    """Return the judgement on a made-up study of no more than the claim's experiments."""
    without = tuple(EXPERIMENTS.keys() - set(PARTS[claim[0]]))
    return judge(claim, made_up(without=without, **description))


def verdict(claim: str, **description) -> str:
    return judgement_of(claim, **description).verdict


def reason(claim: str, **description) -> str:
    return judgement_of(claim, **description).reason


# Claims about accuracies

BEST = {"cnn4": Made(test=92, validation=88), "cnn5": Made(test=88, validation=92)}


@pytest.mark.parametrize("runs", [1, 2, 3, 10])
def test_2a_holds_where_both_networks_are_clearly_best(runs):
    assert verdict("2a", runs=runs, **BEST) == HOLDS


@pytest.mark.parametrize("runs", [1, 2, 3, 10])
def test_2a_fails_where_one_part_is_clearly_wrong(runs):
    assert verdict("2a", runs=runs, **BEST, mlp1=Made(validation=94)) == FAILS


@pytest.mark.parametrize("runs", [1, 3])
def test_2a_is_undecided_where_one_part_is(runs):
    assert verdict("2a", runs=runs, **BEST, mlp1=Made(validation=92.01)) == UNDECIDED


@pytest.mark.parametrize("runs", [1, 3])
def test_2b_takes_both_accuracies_of_the_worst_network(runs):
    assert verdict("2b", runs=runs, mlp2=Made(test=84, validation=84)) == HOLDS
    assert verdict("2b", runs=runs, mlp2=Made(test=84, validation=92)) == FAILS
    assert verdict("2b", runs=runs, mlp2=Made(test=84, validation=88)) == UNDECIDED


@pytest.mark.parametrize("runs", [1, 3])
def test_2e_needs_every_convolutional_network_above_every_perceptron(runs):
    good = {n: Made(test=91) for n in ("cnn3", "cnn4", "cnn5")}
    assert verdict("2e", runs=runs, **good) == HOLDS
    assert verdict("2e", runs=runs, **good, mlp1=Made(test=91)) == UNDECIDED
    assert verdict("2e", runs=runs, **good, mlp1=Made(test=94)) == FAILS


@pytest.mark.parametrize(
    ("runs", "mlp2", "expected"),
    [
        (1, 86.0, HOLDS),
        (1, 90.0, FAILS),
        (1, 87.5, UNDECIDED),
        (3, 86.0, HOLDS),
        (3, 90.0, FAILS),
        (3, 87.95, UNDECIDED),
        (10, 87.5, HOLDS),
    ],
)
def test_2f_judges_one_difference(runs, mlp2, expected):
    assert verdict("2f", runs=runs, mlp2=Made(test=mlp2)) == expected


def test_one_run_tells_trained_networks_from_architectures():
    differ = reason("2f", mlp2=Made(test=87.5))
    assert f"mlp1 is 0.50{NBSP}points above mlp2 in test accuracy" in differ
    assert "These trained networks differ, but one run cannot show that others would" in differ
    alike = reason("2f", mlp2=Made(test=87.9, wrong_from=150))
    assert "The trained networks do not differ detectably, and one run cannot" in alike
    assert "two runs cannot" in reason("2f", runs=2, mlp2=Made(test=87.9, wrong_from=150))


def test_three_runs_give_their_interval_over_runs():
    judgement = judgement_of("2f", runs=3, mlp2=Made(test=86.0))
    assert "interval over runs" in judgement.reason
    assert judgement.decisive.interval == pytest.approx((1.773, 2.227), abs=1e-3)
    assert judgement.test == WELCH + "."


def test_interval_is_turned_to_the_side_that_the_sentence_names():
    text = reason("2f", runs=3, mlp2=Made(test=90.0))
    assert f"mlp1 is 2.00{NBSP}points below mlp2" in text
    assert "1.77 to 2.23" in text


def test_the_margin_itself_is_enough_of_a_difference():
    assert verdict("2f", mlp1=Made(test=88.0), mlp2=Made(test=87.0)) == HOLDS
    assert verdict("2f", mlp1=Made(test=88.0), mlp2=Made(test=87.05)) == UNDECIDED


def test_p_value_that_holm_raised_says_so():
    better = {n: Made(test=88.2) for n in ("cnn3", "cnn4", "cnn5")}
    assert "after Holm's correction" in reason("2e", runs=3, **better)
    assert "Holm" not in reason("2f", runs=3, mlp2=Made(test=86.0))


def test_larger_margin_makes_one_run_undecided():
    study = made_up(mlp2=Made(test=86.0))
    study.plan["claims"]["margin"] = 3.0
    assert judge("2f", study).verdict == UNDECIDED


def test_holm_is_applied_within_a_claim():
    judgement = judgement_of("2e", runs=3, cnn3=Made(test=88.2))
    assert "Holm's correction for 6 comparisons" in judgement.test
    assert all(c.p_adjusted >= c.difference.p_value for c in judgement.comparisons)


@pytest.mark.parametrize(
    ("runs", "cnn5", "expected"),
    [
        (1, 88.0, HOLDS),
        (1, 92.0, FAILS),
        (1, 89.5, UNDECIDED),
        (3, 88.0, HOLDS),
        (3, 92.0, FAILS),
        (3, 90.0, UNDECIDED),
    ],
)
def test_2h_judges_training_accuracy(runs, cnn5, expected):
    assert verdict("2h", runs=runs, cnn5=Made(train=cnn5)) == expected


def test_2i_the_smallest_network_may_be_chosen_when_surely_not_much_worse():
    assert verdict("2i", cnn5=Made(validation=92)) == HOLDS
    assert verdict("2i") == UNDECIDED
    assert verdict("2i", runs=3) == HOLDS
    assert verdict("2i", runs=3, mlp1=Made(validation=89)) == FAILS


# Trends

FEWER_IS_BETTER = {
    name: Made(train=92 - 0.1 * i, test=86 + i, validation=86 + i)
    for i, name in enumerate(NETWORKS)
}


@pytest.mark.parametrize("runs", [1, 3])
def test_2c_holds_only_in_perfect_order_of_gap_and_accuracy(runs):
    assert verdict("2c", runs=runs, **FEWER_IS_BETTER) == HOLDS
    order = FEWER_IS_BETTER | {"cnn5": replace(FEWER_IS_BETTER["cnn4"], test=88.9)}
    assert verdict("2c", runs=runs, spread=0.5, **order) == UNDECIDED


@pytest.mark.parametrize("runs", [1, 3])
def test_2c_one_clear_counterexample_refutes_the_rule(runs):
    text = reason("2c", runs=runs, **FEWER_IS_BETTER | {"mlp2": Made(test=82)})
    assert re.search("As a rule it is refuted by .* pairs?(, most clearly)?: .*mlp2", text)
    assert verdict("2c", runs=runs, **FEWER_IS_BETTER | {"mlp2": Made(test=82)}) == FAILS


@pytest.mark.parametrize("runs", [1, 3])
def test_2d_counts_two_linear_layers_in_a_row_as_one(runs):
    depths = {n["line"]: effective_depth(n["layers"]) for n in made_up().plan["networks"].values()}
    assert sorted(depths.values()) == [2, 2, 4, 5, 7]
    # mlp2 below mlp1 is no counterexample: it is no deeper.
    assert verdict("2d", runs=runs, **FEWER_IS_BETTER | {"mlp2": Made(test=84)}) == HOLDS
    assert verdict("2d", runs=runs, **FEWER_IS_BETTER | {"cnn5": Made(test=84)}) == FAILS
    assert verdict("2d", runs=runs) == UNDECIDED


# Weights


@pytest.mark.parametrize("runs", [1, 3])
def test_2g_weighs_the_spatial_order_of_the_weights(runs):
    study = made_up(runs=runs)
    assert judge("2g", study).verdict == HOLDS
    noise = np.random.default_rng(0).normal(size=(64, 784))
    alike = replace(study, weights_of=lambda t: weights(t) if "cnn" in t["network"] else noise)
    assert judge("2g", alike).verdict == UNDECIDED
    ramps = np.add.outer(np.linspace(1, 2, 16), np.arange(9.0)).reshape(16, 1, 3, 3)
    kernels = ramps + np.random.default_rng(1).normal(0, 0.1, ramps.shape)
    ordered = replace(study, weights_of=lambda t: kernels if "cnn" in t["network"] else noise)
    assert judge("2g", ordered).verdict == FAILS


def test_2g_is_undecided_without_weights():
    judgement = judge("2g", replace(made_up(), weights_of=lambda training: None))
    assert judgement.verdict == UNDECIDED
    assert judgement.reason == "No first-layer weights of mlp1 are stored."


# Gradients


def gradients(relu: float = 1.0, sigmoid: float = 1.0, **own: float) -> dict[str, Made]:
    """Return gradients of the ten variants, by activation unless given by name."""
    levels = {f"{n}_{a}": v for n in NETWORKS for a, v in (("relu", relu), ("sigmoid", sigmoid))}
    return {name: Made(gradient=value) for name, value in (levels | own).items()}


@pytest.mark.parametrize(
    ("runs", "relu", "expected"),
    [
        (1, 2.5, HOLDS),
        (1, 1.5, UNDECIDED),
        (1, 0.4, FAILS),
        (1, 2.0, UNDECIDED),  # twofold, and not more
        (3, 1.5, HOLDS),
        (3, 1.001, UNDECIDED),
        (3, 0.7, FAILS),
    ],
)
def test_3a_needs_twofold_from_one_run_and_an_interval_from_three(runs, relu, expected):
    assert verdict("3a", runs=runs, **gradients(relu=relu)) == expected


def test_3b_says_when_the_size_per_weight_disagrees_with_the_norm():
    perceptrons = {f"{n}_{a}": 4.0 for n in ("mlp1", "mlp2") for a in ("relu", "sigmoid")}
    text = reason("3b", **gradients(**perceptrons))
    assert text.startswith("All twelve comparisons hold, the weakest: ")
    assert "Per weight (root mean square) the verdict is “does not hold”." in text
    assert verdict("3b", **gradients(**perceptrons | {"mlp1_relu": 0.1})) == FAILS
    assert verdict("3b", **gradients()) == UNDECIDED


def test_3c_needs_the_order_of_depth_with_both_activations():
    order = {n: 4.0**-i for i, n in enumerate(NETWORKS)}
    both = {f"{n}_{a}": v for n, v in order.items() for a in ("relu", "sigmoid")}
    assert verdict("3c", **gradients(**both)) == HOLDS
    only_sigmoid = {f"{n}_sigmoid": v for n, v in order.items()} | {"cnn5_relu": 9.0}
    assert verdict("3c", **gradients(**only_sigmoid)) == FAILS
    text = reason("3c", **gradients(**only_sigmoid))
    assert "Among the convolutional networks with sigmoid alone it is “holds”." in text
    assert verdict("3c", **gradients(**both | {"mlp2_relu": 0.9})) == UNDECIDED


def scaling(slower: float, gradient: float, **own: Made) -> dict[str, Made]:
    names = ("mlp1_unit", "mlp1_raw", "cnn4_unit", "cnn4_raw")
    made = Made(epochs_to_learn=slower, gradient=gradient)
    return dict.fromkeys(names, made) | own


@pytest.mark.parametrize("runs", [1, 3])
def test_3d_needs_slower_and_larger_gradients(runs):
    assert verdict("3d", runs=runs, **scaling(3.0, 3.0)) == HOLDS
    assert verdict("3d", runs=runs, **scaling(3.0, 0.3)) == FAILS
    assert verdict("3d", runs=runs, **scaling(3.0, 1.0)) == UNDECIDED


@pytest.mark.parametrize("runs", [1, 3])
def test_3d_divergence_is_slower_and_is_told(runs):
    gone = Made(gradient=9.0, diverged=dict.fromkeys(range(1, runs + 1), 130))
    judgement = judgement_of("3d", runs=runs, **scaling(3.0, 3.0, mlp1_raw=gone))
    assert judgement.verdict == HOLDS
    lost = f"Diverged, and so never arrived: {count(runs, 'run')} of mlp1 on [0, 255]."
    assert lost in judgement.reason
    assert "mlp1-raw" not in judgement.reason


def test_gradient_of_zero_is_called_zero_and_not_a_multiple():
    judgement = judgement_of("3d", **scaling(3.0, 0.0))
    assert judgement.verdict == FAILS
    assert judgement.decisive.value == 0
    assert "of mlp1 on [0, 1] is zero, that of mlp1 on [−1, 1] is not" in judgement.reason


# Learning rates

RATES = {
    "lr01": Made(unrest=0.6),
    "lr001": Made(epochs_to_learn=4.0, unrest=0.2),
    "lr0001": Made(epochs_to_learn=9.0, unrest=0.05),
}
CALM = {"three_rates": Made(unrest=0.05)}


@pytest.mark.parametrize("runs", [1, 3])
def test_4a_compares_the_steps_to_one_level(runs):
    assert verdict("4a", runs=runs, **RATES) == HOLDS
    assert verdict("4a", runs=runs, **RATES | {"lr01": Made(epochs_to_learn=12)}) == FAILS
    alike = verdict("4a", runs=runs, **RATES | {"lr01": Made(epochs_to_learn=4.0)})
    assert alike == UNDECIDED


def test_4a_one_run_that_is_less_than_twofold_faster_is_undecided():
    nearly = RATES | {"lr01": Made(epochs_to_learn=3.0)}
    assert verdict("4a", **nearly) == UNDECIDED
    assert verdict("4a", runs=3, **nearly) == HOLDS


@pytest.mark.parametrize("runs", [1, 3])
def test_4a_run_that_diverges_never_converges(runs):
    gone = {"lr01": Made(diverged=dict.fromkeys(range(1, runs + 1), 60))}
    judgement = judgement_of("4a", runs=runs, **RATES | gone)
    assert judgement.verdict == FAILS
    assert "of lr0.1 diverged, the first at step 60." in judgement.reason
    everything = {name: Made(diverged=dict.fromkeys(range(1, runs + 1), 60)) for name in RATES}
    assert verdict("4a", runs=runs, **everything) == UNDECIDED


def test_4a_run_that_never_arrives_counts_with_all_its_steps():
    judgement = judgement_of("4a", **RATES | {"lr0001": Made(epochs_to_learn=90.0)})
    assert judgement.verdict == HOLDS
    assert "One run of lr0.001 never got there and counts with all steps." in judgement.reason


@pytest.mark.parametrize("runs", [1, 3])
def test_4b_compares_the_unrest_at_the_end(runs):
    assert verdict("4b", runs=runs, **RATES) == HOLDS
    assert verdict("4b", runs=runs, **RATES | {"lr01": Made(unrest=0.02)}) == FAILS
    assert verdict("4b", runs=runs, **RATES | {"lr01": Made(unrest=0.2)}) == UNDECIDED


def test_4b_says_which_rate_has_not_converged():
    one, none = RATES | {"lr001": Made(epochs_to_learn=2)}, dict.fromkeys(RATES, Made())
    assert "lr0.01 and lr0.001 still rise in the last epochs: they have not" in reason(
        "4b", **RATES
    )
    assert "lr0.001 still rises in the last epochs: it has not" in reason("4b", **one)
    assert "still" not in reason("4b", **none)


@pytest.mark.parametrize("runs", [1, 3])
def test_4c_needs_speed_and_steadiness(runs):
    assert verdict("4c", runs=runs, **RATES, **CALM) == HOLDS
    slow = {"three_rates": replace(CALM["three_rates"], epochs_to_learn=9.0)}
    assert verdict("4c", runs=runs, **RATES, **slow) == FAILS
    restless = {"three_rates": replace(CALM["three_rates"], unrest=0.6)}
    assert verdict("4c", runs=runs, **RATES, **restless) == FAILS


def test_4c_one_run_a_little_less_calm_is_undecided():
    nearly = {"three_rates": replace(CALM["three_rates"], unrest=0.08)}
    assert verdict("4c", **RATES, **nearly) == UNDECIDED
    assert verdict("4c", runs=3, **RATES, **nearly) == HOLDS


@pytest.mark.parametrize(
    ("runs", "schedule", "equal", "better"),
    [
        (1, 88.0, UNDECIDED, UNDECIDED),
        (1, 90.0, FAILS, HOLDS),
        (1, 86.0, FAILS, FAILS),
        (3, 88.0, HOLDS, UNDECIDED),
        (3, 88.5, HOLDS, HOLDS),
        (3, 90.0, FAILS, HOLDS),
        (3, 89.0, UNDECIDED, HOLDS),
        (10, 86.0, FAILS, FAILS),
    ],
)
def test_4d_and_4e_equivalence_and_superiority(runs, schedule, equal, better):
    description = {"runs": runs, "three_rates": Made(test=schedule)}
    assert verdict("4d", **description) == equal
    assert verdict("4e", **description) == better


def test_4e_says_how_long_each_was_trained():
    assert "trained for 30 epochs, Adam's cnn4 for 15." in reason("4e")


# Any study


@pytest.mark.parametrize("runs", [1, 2, 3])
def test_every_claim_gets_an_entry_that_json_can_hold(runs, tmp_path):
    write_json(tmp_path / "claims.json", judge_claims(made_up(runs=runs)))
    claims = json.loads((tmp_path / "claims.json").read_text())["claims"]
    ids = " ".join(claim["id"] for claim in claims)
    assert ids == "2a 2b 2c 2d 2e 2f 2g 2h 2i 3a 3b 3c 3d 4a 4b 4c 4d 4e"
    for claim in claims:
        assert claim["verdict"] in (HOLDS, FAILS, UNDECIDED)
        assert re.fullmatch(r"(?!.*nan).*\.", claim["reason"])
        assert claim["test"].endswith(".")
        assert claim["figure"]
        assert claim["comparisons"]


@pytest.mark.parametrize(
    "missing",
    [
        *EXPERIMENTS,
        *NETWORKS,
        "cnn4-sigmoid",
        "mlp1-raw",
        "lr0.001",
        "two_rates",
        "three_rates",
    ],
)
def test_claims_without_their_experiment_are_not_part_of_the_study(missing):
    claims = judge_claims(made_up(without=(missing,)))["claims"]
    absent = [c for c in claims if c["reason"].startswith("This is not part of this study")]
    assert absent or missing == "two_rates"
    assert {(c["verdict"], c["figure"], c["effect"]) for c in absent} <= {(UNDECIDED, None, None)}


@pytest.mark.parametrize("runs", [1, 3])
def test_study_in_which_everything_diverged_is_judged_without_an_error(runs, tmp_path):
    gone = Made(diverged=dict.fromkeys(range(1, runs + 1), 0))
    names = {t["variant"].replace("-", "_").replace(".", "") for t in made_up().plan["trainings"]}
    result = judge_claims(made_up(runs=runs, **dict.fromkeys(names, gone)))
    write_json(tmp_path / "claims.json", result)
    by_id = {c["id"]: c for c in result["claims"]}
    assert by_id["2f"]["reason"] == "mlp1 has no final accuracy: it diverged."
    assert by_id["4a"]["verdict"] == UNDECIDED


def test_a_diverged_run_is_left_out_and_told():
    study = made_up(runs=4, mlp2=Made(test=86.0, diverged={2: 500}))
    judgement = judge("2f", study)
    assert judgement.verdict == HOLDS
    assert judgement.decisive.runs == 3
    assert "Left out: one diverged run of mlp2." in judgement.reason


def test_plateaus_are_those_of_the_finished_runs():
    plateaus = judge_claims(made_up(**RATES, **CALM))["plateaus"]
    assert plateaus["two_rates"] == [{"configured": 7, "found": 7}]
    assert [stage["configured"] for stage in plateaus["three_rates"]] == [7, 14]


def test_program_reads_tables_and_first_weights_and_writes_verdicts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = made_up(without=("learning_rates", "schedules", "activations", "input_scaling"))
    for name in ("trainings", "records"):
        write_table(getattr(study, name), Path(name), ["parquet"])
    validation = study.predictions.assign(part="validation", predicted=0)  # not what is judged
    both = pd.concat([validation, study.predictions.assign(part="test")])
    write_table(both, Path("predictions"), ["parquet"])
    write_json("plan.json", sealed(study.plan))
    for training in study.plan["trainings"]:
        Path(training["weights"]).parent.mkdir(parents=True)
        tensors = {
            "10.weight": np.ones((10, 9)),
            "2.bias": np.ones(3),
            "2.weight": weights(training),
        }
        save_file(tensors, training["weights"])
    options = ["--plan", "plan.json", "--tables", ".", "--output", "claims.json"]
    monkeypatch.setattr("sys.argv", ["judge_claims.py", *options])
    judge_claims_program.main()
    verdicts = {
        c["id"]: c["verdict"]
        for c in json.loads(Path("claims.json").read_text(encoding="utf-8"))["claims"]
    }
    assert verdicts["2g"] == HOLDS
    assert verdicts["4a"] == UNDECIDED


# Curves


def curve(values: list[float], records: int = 10) -> pd.DataFrame:
    steps = np.arange(len(values))
    return pd.DataFrame({"step": 10 * steps, "epoch": steps // records, "value": values})


def test_steps_to_reach_smooths_over_a_tenth_of_the_curve():
    rising = curve([0.0] * 10 + [1.0] * 10)
    assert steps_to_reach(rising, 1.0, True, 50) == 111  # two records, the second at step 110
    assert steps_to_reach(rising, 2.0, True, 50) == math.inf
    assert steps_to_reach(rising, 0.0, False, 50) == 11


def test_spread_within_epochs_takes_out_a_straight_line():
    assert spread_within_epochs(curve(list(np.arange(100.0)))) == pytest.approx(0, abs=1e-9)
    noise = np.random.default_rng(0).normal(0, 0.5, 5000)
    assert spread_within_epochs(curve(list(noise), records=100)) == pytest.approx(0.5, rel=0.1)
    assert math.isnan(spread_within_epochs(curve([1.0, 2.0], records=1)))
