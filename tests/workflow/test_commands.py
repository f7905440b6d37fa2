"""The commands that README shows, and what a finished study has."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT, TINY, copy_project, snakemake
from forked import run_snakemake

COMMANDS = [
    ["report", "--resources", "gpu=1"],
    ["--resources", "gpu=1"],
    ["--resources", "gpu=1", "--", "report"],
]


@pytest.mark.parametrize("arguments", COMMANDS)
def test_the_users_own_words_plan_the_whole_study(arguments, tmp_path):
    output = snakemake(copy_project(tmp_path), "-n", *arguments)
    assert re.search(r"^train +25$", output, re.M)
    assert re.search(r"^report +1$", output, re.M)


def test_the_exports_have_the_shapes_that_the_courses_helpers_read(tiny_study):
    exports = tiny_study / "results/tiny/exports"
    part2 = json.loads((exports / "part2_mlp2.json").read_text())
    assert part2.keys() == {"name", "loss_curve", "train_acc_curve", "val_acc_curve", "test_acc", "weights"}  # fmt: skip
    assert part2["name"] == "mlp2"
    assert {len(part2[key]) for key in part2 if key.endswith("curve")} == {2 * 3}
    assert (len(part2["weights"]), len(part2["weights"][0])) == (16, 784)
    cnn5 = json.loads((exports / "part2_cnn5.json").read_text())["weights"]
    assert (len(cnn5), len(cnn5[0]), len(cnn5[0][0]), len(cnn5[0][0][0])) == (16, 1, 3, 3)
    part3 = json.loads((exports / "part3_cnn4.json").read_text())
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


def test_snakemakes_own_report_is_sorted_by_chapter(tiny_study, tmp_path):
    snakemake(tiny_study, *TINY, "--report", str(tmp_path / "provenance.html"))
    page = (tmp_path / "provenance.html").read_text(encoding="utf-8")
    for category in ("Question 2 generalisation", "Method", "Cost", "The study"):
        assert f'"{category}"' in page
    assert "The verdict on each claim of the original report" in page


def test_one_and_two_cores_give_the_same_results(tiny_study, tmp_path):
    folder = copy_project(tmp_path / "one")
    target = "results/tiny/runs/generalisation/cnn5/run1.json"
    snakemake(folder, target, "--cores", "1", *TINY)
    assert (folder / target).read_bytes() == (tiny_study / target).read_bytes()


def entry(folder, *words):
    """Run the environment's own `snakemake`, as README's users do."""
    program = folder / "bin" / "snakemake"
    program.parent.mkdir(exist_ok=True)
    shutil.copy(ROOT / "envs/snakemake", program)
    program.chmod(0o755)
    python = program.with_name("python")
    if not python.exists():
        python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        python.chmod(0o755)
    return subprocess.run([program, *words], cwd=folder, text=True, capture_output=True)


def forked(folder, words):
    """Return status and output of the same Python program, which is quicker to start so."""
    return run_snakemake(folder, words, os.environ, ROOT / "envs/snakemake")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.mark.parametrize(
    "typed",
    [
        "--cores 4 --resources gpu=1 report",
        "--resources gpu=1 report --cores 4",
        "report --resources gpu=1 --cores 4",
        "--cores 4 --config device=cpu report",
        "--cores 4 --default-resources mem_mb=100 report --resources gpu=1",
        "--cores 4 --set-threads train=1 report",
        "--cores 4 --set-resources train:mem_mb=100 report",
        "--cores 4 --rerun-triggers mtime params report",
        "--cores 4 --quiet rules report",
    ],
)
def test_a_target_may_stand_behind_options_of_several_words(typed, project):
    status, output = forked(project, [*typed.split(), "--dry-run"])
    assert status == 0, output
    assert re.search(r"^report +1$", output, re.M)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--configfile", "nope.yaml"], "--configfile nope.yaml: No such file or directory"),
        (["--configfile", "latin.yaml"], "--configfile latin.yaml: is not UTF-8 text (byte 2)"),
        (["results/runs/generalisation/cnn4/run2.json"], "near to it: results/runs/generalisation/cnn4/run1.json"),
        (["results/figures/nothing.svg"], "is nothing that this study makes"),
        (["results/switches/generalisation/cnn4/run1.json"], "is nothing that this study makes"),
        (["train"], "train: is a rule for every training; name a file"),
        (["rep0rt"], "rep0rt: is nothing that this study makes; near to it: report"),
        (["--cores", "4", "--resources", "gpu=1", "rep0rt"], "near to it: report"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused_in_a_sentence(typed, said, project):
    (project / "latin.yaml").write_bytes(b"# \xe9\n")
    status, output = forked(project, ["--dry-run", *typed])
    assert status == 1
    assert said in output.splitlines()[-1]
    assert "Traceback" not in output


def test_a_folder_with_braces_in_its_name_is_refused_in_a_sentence(tmp_path):
    project = copy_project(tmp_path / "a {study}")
    done = entry(project, "--dry-run")
    assert done.returncode == 1
    assert "Snakemake takes braces in a path for names of its own" in done.stderr.splitlines()[-1]


def arrows(graph):
    """Return the pairs of rules of a graph: Snakemake numbers and orders them by chance."""
    names = dict(re.findall(r"(id\d+)\[(\w+)\]", graph))
    return {(names[a], names[b]) for a, b in re.findall(r"(id\d+) --> (id\d+)", graph)}


def test_the_picture_of_the_rules_is_that_of_these_rules(project):
    done = entry(project, "--resources", "gpu=1", "report", "--rulegraph", "mermaid-js")
    shown = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
    assert ("train", "collect_results") in arrows(done.stdout)
    assert arrows(shown) == arrows(done.stdout), "run `make dag`"
