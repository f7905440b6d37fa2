"""After a change, exactly the jobs whose results could change are run again."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from conftest import TINY, snakemake

TINY_FILE = "workflow/presets/tiny.yaml"


def planned(folder, *arguments):
    """Return how often each rule would run, without the targets that only collect."""
    output = snakemake(folder, "-n", *TINY, *arguments)
    table = re.search(r"^job +count\n-[- ]+\n(.*?)^total", output, re.M | re.S)
    if not table:
        assert "Nothing to be done" in output, output
        return {}
    jobs = {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table[1], re.M)}
    jobs.pop("report", None)
    return jobs


def planned_trainings(folder):
    """Return the ids of the trainings that would run."""
    output = snakemake(folder, "-n", *TINY)
    found = re.findall(r"experiment=(\w+), variant=([\w.-]+), run=(\d+)", output)
    return sorted({f"{experiment}/{variant}/run{run}" for experiment, variant, run in found})


def edit(folder, name, old, new):
    path = Path(folder) / name
    text = path.read_text()
    assert old in text, f"{name} has no {old!r}"
    path.write_text(text.replace(old, new, 1))


AFTER_TABLES = {"collect_results", "judge_claims", "export_handout", "render_report", "plot"}


def test_a_finished_and_moved_study_has_nothing_to_do(study_copy):
    assert planned(study_copy) == {}
    assert planned(study_copy, "--config", "device=cuda") == {}


def test_touched_files_comments_and_key_order_cause_nothing(study_copy):
    for path in [*Path(study_copy).rglob("*.py"), *Path(study_copy).rglob("*.j2")]:
        os.utime(path)
    for path in (study_copy / "data").rglob("*ubyte"):
        os.utime(path)
    edit(study_copy, "config.yaml", "seed: 449 ", "seed:   449 # said otherwise\n#")
    edit(study_copy, "config.yaml", "  width: 7.0              # inch\n", "")
    with open(study_copy / "config.yaml", "a") as file:
        file.write("  width: 7.0\n")
    edit(study_copy, "scripts/fashionlab/training/engine.py", '"""The training loop', '"""The loop')
    assert planned(study_copy) == {}


def test_a_figures_dpi_re_renders_figures_and_report_alone(study_copy):
    edit(study_copy, TINY_FILE, "dpi: 80", "dpi: 90")
    jobs = planned(study_copy)
    assert set(jobs) == {"plot", "render_report"}


def test_a_sentence_re_renders_the_report_alone(study_copy):
    section = sorted((study_copy / "report/content").glob("*.md.j2"))[0]
    section.write_text(section.read_text() + "\nOne more sentence.\n")
    assert planned(study_copy) == {"render_report": 1}


def test_a_networks_layers_retrain_that_network_alone(study_copy):
    edit(study_copy, "config.yaml", "mlp2: fc16 act fc64", "mlp2: fc17 act fc64")
    trainings = planned_trainings(study_copy)
    assert trainings
    assert all("mlp2" in training for training in trainings)
    assert planned(study_copy)["train"] == len(trainings) == 4


def test_a_learning_rate_added_trains_that_one_and_removed_trains_none(study_copy):
    edit(study_copy, TINY_FILE, "[0.1, 0.01]}", "[0.1, 0.01, 0.05]}")
    assert planned_trainings(study_copy) == ["learning_rates/lr0.05/run1"]
    edit(study_copy, TINY_FILE, "[0.1, 0.01, 0.05]}", "[0.1]}")
    jobs = planned(study_copy)
    assert "train" not in jobs
    assert "collect_results" in jobs


def test_an_experiments_epochs_retrain_that_experiment_alone(study_copy):
    edit(study_copy, TINY_FILE, "    grid: {learning_rate: [two_rates]}\n    epochs: 3", "    grid: {learning_rate: [two_rates]}\n    epochs: 4")  # fmt: skip
    assert planned_trainings(study_copy) == ["schedules/two_rates/run1"]


def test_the_split_seed_retrains_everything(study_copy):
    edit(study_copy, "config.yaml", "  seed: 449\n", "  seed: 450\n")
    jobs = planned(study_copy)
    everything = len(json.loads((study_copy / "results/tiny/plan.json").read_text())["trainings"])
    assert jobs["split_data"] == 1
    assert jobs["train"] == everything


def test_one_more_run_trains_those_runs_alone(study_copy):
    edit(study_copy, TINY_FILE, "  generalisation:\n", "  generalisation:\n    runs: 2\n")
    expected = ["generalisation/cnn5/run2", "generalisation/mlp2/run2"]
    assert planned_trainings(study_copy) == expected


def test_a_schedules_switch_epoch_retrains_that_schedule_alone(study_copy):
    edit(study_copy, TINY_FILE, "until: 1", "until: 2")
    assert planned_trainings(study_copy) == ["schedules/two_rates/run1"]


@pytest.mark.parametrize(
    ("name", "old", "new", "rules"),
    [
        ("scripts/fashionlab/training/engine.py", "WARM_UP_CALLS = 3", "WARM_UP_CALLS = 4", {"train"} | AFTER_TABLES),
        ("scripts/fashionlab/data/splitting.py", "def split(", "X = 1\n\n\ndef split(", {"split_data", "train"} | AFTER_TABLES),
        ("scripts/judge_claims.py", "def main(", "X = 1\n\n\ndef main(", {"judge_claims", "render_report"}),
    ],
)  # fmt: skip
def test_an_edit_of_code_re_runs_what_it_bears_on(study_copy, name, old, new, rules):
    edit(study_copy, name, old, new)
    assert set(planned(study_copy)) == rules


def test_a_tampered_result_is_refused_by_name_with_the_command_that_mends_it(study_copy):
    result = study_copy / "results/tiny/runs/generalisation/mlp2/run1.json"
    content = json.loads(result.read_text())
    content["final"]["test_accuracy"] = 99.9
    result.write_text(json.dumps(content))
    output = snakemake(study_copy, *TINY, check=False)
    assert "generalisation/mlp2/run1.json: was altered" in output
    assert "rm results/tiny/runs/generalisation/mlp2/run1.json" in output


def test_results_of_an_earlier_configuration_are_refused_when_snakemakes_records_are_lost(
    study_copy,
):
    shutil.rmtree(study_copy / ".snakemake")
    edit(study_copy, "config.yaml", "mlp2: fc16 act fc64", "mlp2: fc17 act fc64")
    for name in ("summary.json", "report/report.html"):
        (study_copy / "results/tiny" / name).unlink()
    output = snakemake(study_copy, *TINY, check=False)
    assert "mlp2" in output
    assert "was computed from another configuration or code" in output


def test_a_replaced_data_file_is_refused(study_copy):
    images = study_copy / "data/FashionMNIST/raw/train-images-idx3-ubyte"
    content = bytearray(images.read_bytes())
    content[-1] ^= 1
    images.write_bytes(content)
    result = "results/tiny/runs/generalisation/mlp2/run1.json"
    (study_copy / result).unlink()
    output = snakemake(study_copy, result, *TINY, check=False)
    assert "train-images-idx3-ubyte: not the data file of this study" in output
