"""The commands that README shows, and what a finished study has."""

import json
import re

import pytest

from conftest import TINY, copy_project, snakemake

COMMANDS = [
    ["report", "--resources", "gpu=1"],
    ["--resources", "gpu=1"],
    ["--resources", "gpu=1", "--", "report"],
]


@pytest.mark.parametrize("arguments", COMMANDS)
def test_the_users_own_words_plan_the_whole_study(arguments, tmp_path):
    output = snakemake(copy_project(tmp_path), "-n", *arguments)
    assert re.search(r"^train +24$", output, re.M)
    assert re.search(r"^report +1$", output, re.M)


def test_the_exports_have_the_shapes_that_the_courses_helpers_read(tiny_study):
    handout = tiny_study / "results/tiny/handout"
    part2 = json.loads((handout / "part2_mlp2.json").read_text())
    assert part2.keys() == {"name", "loss_curve", "train_acc_curve", "val_acc_curve", "test_acc", "weights"}  # fmt: skip
    assert part2["name"] == "mlp2"
    assert {len(part2[key]) for key in part2 if key.endswith("curve")} == {2 * 3}
    assert (len(part2["weights"]), len(part2["weights"][0])) == (16, 784)
    cnn5 = json.loads((handout / "part2_cnn5.json").read_text())["weights"]
    assert (len(cnn5), len(cnn5[0]), len(cnn5[0][0]), len(cnn5[0][0][0])) == (16, 1, 3, 3)
    part3 = json.loads((handout / "part3_cnn4.json").read_text())
    assert part3.keys() == {"name", "relu_loss_curve", "sigmoid_loss_curve", "relu_grad_curve", "sigmoid_grad_curve"}  # fmt: skip


def test_the_scheduled_run_equals_the_constant_one_record_for_record_up_to_the_switch(tiny_study):
    runs = tiny_study / "results/tiny/runs"
    constant = json.loads((runs / "learning_rates/lr0.1/run1.json").read_text())["records"]
    scheduled = json.loads((runs / "schedules/two_rates/run1.json").read_text())["records"]
    for name in constant:
        assert constant[name][:3] == scheduled[name][:3]
    assert constant["loss"][4:] != scheduled["loss"][4:]


def test_every_training_uses_the_same_stratified_split(tiny_study):
    split = json.loads((tiny_study / "results/tiny/split.json").read_text())
    assert split["class_counts"]["train"] == [108] * 10
    assert split["class_counts"]["validation"] == [12] * 10
    assert not set(split["train"]) & set(split["validation"])
    for path in (tiny_study / "results/tiny/runs").rglob("run*.json"):
        result = json.loads(path.read_text())
        if "specification" in result:
            assert result["specification"]["split"] == split["specification_sha256"]


def test_a_diverged_training_is_a_result_and_the_study_goes_on(tiny_study):
    result = json.loads((tiny_study / "results/tiny/runs/input_scaling/mlp2-raw/run1.json").read_text())  # fmt: skip
    assert {len(values) for values in result["records"].values()} == {6}


def test_nothing_is_written_outside_of_the_project(tiny_study):
    assert not list(tiny_study.with_name("home").rglob("*"))


def test_checkpoints_disappear_when_results_are_collected(tiny_study):
    assert not list((tiny_study / "results/tiny").rglob("checkpoints/*.safetensors"))


def test_snakemakes_own_report_is_sorted_by_question_and_has_the_captions(tiny_study, tmp_path):
    snakemake(tiny_study, *TINY, "--report", str(tmp_path / "provenance.html"))
    page = (tmp_path / "provenance.html").read_text(encoding="utf-8")
    for category in ("Question 2", "Question 3", "Question 4", "All questions"):
        assert f'"{category}"' in page
    assert "Training accuracy in b: means over an epoch." in page  # a caption of the paper
    assert "The verdict on each claim of the original report" in page


def test_one_and_two_cores_give_the_same_results(tiny_study, tmp_path):
    folder = copy_project(tmp_path / "one")
    target = "results/tiny/runs/generalisation/cnn5/run1.json"
    snakemake(folder, target, "--cores", "1", *TINY)
    assert (folder / target).read_bytes() == (tiny_study / target).read_bytes()
