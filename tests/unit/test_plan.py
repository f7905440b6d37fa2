"""From configuration to trainings."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from fashionlab.planning.plan import build_plan
from fashionlab.planning.planned import PLAN_KEYS, trainings_of
from fashionlab.storage.published import settings_checksum

CONFIG = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))


def plan_of(config, source="code"):
    return build_plan(config, source, "split code")


def changed(**sections):
    config = copy.deepcopy(CONFIG)
    for name, section in sections.items():
        config[name] = config[name] | section
    return config


def specifications(plan):
    return {t["id"]: t["specification_sha256"] for t in plan["trainings"]}


def test_the_default_study_has_the_homeworks_trainings_and_counts():
    plan = plan_of(CONFIG)
    assert plan.keys() == set(PLAN_KEYS), "those without which a plan is refused when it is read"
    counts = {name: len(trainings_of(plan, name)) for name in plan["experiments"]}
    assert counts == {"generalisation": 5, "activations": 10, "input_scaling": 4, "learning_rates": 3, "schedules": 2, "adam_baseline": 1}  # fmt: skip
    records = {name: trainings_of(plan, name)[0] for name in counts}
    totals = {n: t["epochs"] * t["records_per_epoch"] for n, t in records.items()}
    assert totals == {"generalisation": 1620, "activations": 1620, "input_scaling": 1620, "learning_rates": 2160, "schedules": 3240, "adam_baseline": 3240}  # fmt: skip
    assert {t["steps_per_epoch"] for t in plan["trainings"]} == {1080}


def test_key_order_and_spaces_of_a_network_line_change_no_specification():
    shuffled = dict(reversed(list(changed(networks={"mlp2": "fc16  act   fc64"}).items())))
    shuffled["experiments"] = dict(reversed(list(shuffled["experiments"].items())))
    assert specifications(plan_of(shuffled)) == specifications(plan_of(CONFIG))


def test_one_networks_layers_change_the_specifications_of_that_network_alone():
    before, after = (specifications(plan_of(c)) for c in (CONFIG, changed(networks={"mlp1": "fc65 act"})))  # fmt: skip
    different = {name for name in before if before[name] != after[name]}
    assert different == {name for name in before if "mlp1" in name}


def test_code_and_split_change_every_specification_and_figures_none():
    before = specifications(plan_of(CONFIG))
    for other in (plan_of(CONFIG, "other code"), plan_of(changed(split={"seed": 1}))):
        assert not set(before.values()) & set(specifications(other).values())
    assert before == specifications(plan_of(changed(figures={"dpi": 99})))


def test_a_grid_over_several_settings_gives_every_combination_a_readable_name():
    own = {"own": {"grid": {"batch_size": [25, 50], "network": ["mlp1", "mlp2"], "epochs": [1]}}}
    variants = [t["variant"] for t in trainings_of(plan_of(changed(experiments=own)), "own")]
    assert variants == ["mlp1-batch25-epochs1", "mlp1-batch50-epochs1", "mlp2-batch25-epochs1", "mlp2-batch50-epochs1"]  # fmt: skip


def test_a_split_of_another_seed_has_a_file_and_is_part_of_the_specification():
    own, other = CONFIG["split"]["seed"], 7
    grid = {"own": {"grid": {"network": ["mlp2"], "split_seed": [other, own]}}}
    plan = plan_of(changed(experiments=grid))
    (drawn, drawn_anew) = trainings_of(plan, "own")
    assert [t["variant"] for t in (drawn, drawn_anew)] == [f"mlp2-split{own}", f"mlp2-split{other}"]
    assert (drawn["split"], drawn_anew["split"]) == (
        "results/split.json",
        "results/splits/seed7.json",
    )
    as_if_alone = plan_of(changed(split={"seed": other}, experiments=grid))
    twin = trainings_of(as_if_alone, "own")[1]
    assert (twin["split"], twin["variant"]) == ("results/split.json", f"mlp2-split{other}")
    assert drawn_anew["specification"] == twin["specification"] != drawn["specification"]
    assert settings_checksum(plan, drawn_anew) == settings_checksum(as_if_alone, twin)


def test_an_auto_switch_takes_its_epoch_from_the_finished_training_before_it():
    stages = [{"rate": 0.1, "until": "auto"}, {"rate": 0.01}]
    more = [{"rate": 0.1, "until": "auto"}, {"rate": 0.01, "until": "auto"}, {"rate": 0.001}]
    plan = plan_of(changed(schedules={"two_rates": stages, "three_rates": more}))
    found = {t["variant"]: t["switches_from"] for t in trainings_of(plan, "schedules")}
    assert found == {
        "two_rates": "learning_rates/lr0.1/run1",
        "three_rates": "schedules/two_rates/run1",
    }


def test_an_auto_switch_is_found_in_the_same_run_however_long_it_was_trained_and_recorded():
    stages = [{"rate": 0.1, "until": "auto"}, {"rate": 0.01}]
    shorter = {"runs": 2, "epochs": 9, "record_every": 50, "validate": "epochs"}
    experiments = {"learning_rates": CONFIG["experiments"]["learning_rates"] | shorter}
    experiments |= {"schedules": {"runs": 2, "grid": {"learning_rate": ["two_rates"]}}}
    plan = plan_of(changed(schedules={"two_rates": stages}, experiments=experiments))
    found = [t["switches_from"] for t in trainings_of(plan, "schedules")]
    assert found == ["learning_rates/lr0.1/run1", "learning_rates/lr0.1/run2"]


def test_a_switch_at_another_epoch_is_not_how_a_longer_schedule_begins():
    begun = [{"rate": 0.1, "until": 6}, {"rate": 0.01}]
    stages = [{"rate": 0.1, "until": 7}, {"rate": 0.01, "until": "auto"}, {"rate": 0.001}]
    with pytest.raises(ValueError, match=r"with the learning rate 0\.1 then 0\.01"):
        plan_of(changed(schedules={"two_rates": begun, "three_rates": stages}))


def test_an_auto_switch_without_a_training_before_it_is_refused_with_what_is_missing():
    stages = [{"rate": 0.3, "until": "auto"}, {"rate": 0.01}]
    with pytest.raises(ValueError, match="needs a training of 'cnn4' with the learning rate 0.3"):
        plan_of(changed(schedules={"two_rates": stages}))


def test_what_no_experiment_uses_is_no_part_of_the_plan():
    more = changed(networks={"spare": "fc8"}, input_ranges={"spare": [0, 9]}, activations={"spare": {"class": "SiLU"}})  # fmt: skip
    assert plan_of(more) == plan_of(CONFIG)


def test_the_plan_is_plain_json():
    assert json.loads(json.dumps(plan_of(CONFIG))) == plan_of(CONFIG)
