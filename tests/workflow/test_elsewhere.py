"""Results and data in absolute folders, as on a cluster's scratch: the same guarantees as at home."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from conftest import TINY, copy_project


@pytest.fixture
def elsewhere(tiny_study, tmp_path):
    """The results of a finished study, moved to an absolute folder."""
    return shutil.copytree(tiny_study / "results/tiny", tmp_path / "scratch/results")


def run(program, folder, results, *words, data=None):
    config = [f"results={results}", *([f"dataset={json.dumps({'folder': str(data)})}"] if data else [])]  # fmt: skip
    command = [sys.executable, f"scripts/{program}.py", *TINY, "--config", *config]
    done = subprocess.run([*command, *words], cwd=folder, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_folder_takes_finished_results_and_data_over_and_trains_nothing(
    elsewhere, tiny_study, tmp_path
):
    project = copy_project(tmp_path / "another")
    shutil.rmtree(project / "data", ignore_errors=True)
    data = shutil.copytree(tiny_study / "data/FashionMNIST/raw", tmp_path / "scratch/data")
    runs, given = contents(elsewhere / "runs"), contents(data)
    part = elsewhere / "runs/.0123456789abcdef.part"
    part.write_text("{")
    verdicts = elsewhere / "claims.json"
    judged = verdicts.read_bytes()
    verdicts.unlink()
    said = run("run_study", project, elsewhere, "--", str(verdicts), data=data)
    assert re.search(r"^generalisation .* 2/2$", said, re.M)
    assert verdicts.read_bytes() == judged
    assert not part.exists()
    assert contents(elsewhere / "runs") == runs
    assert contents(data) == given
    assert not (project / "results").exists()
    assert not (project / "data").exists()
    log = (elsewhere / "logs/snakemake.log").read_text(encoding="utf-8")
    assert "rule judge_claims:" in log
    assert "rule train:" not in log
    again = run("run_study", project, elsewhere, "--dry-run", "--", str(verdicts), data=data)
    assert "Nothing to be done" in again


def test_what_left_the_configuration_is_pruned_there_and_nowhere_else(elsewhere, study_copy):
    stale = "runs/generalisation/old/run1.json"
    for results in (elsewhere, study_copy / "results/tiny"):
        (results / stale).parent.mkdir()
        (results / stale).write_text("{}")
    before = contents(elsewhere)
    said = run("prune_results", study_copy, elsewhere, "--yes")
    assert said.startswith("generalisation/old/run1  (1 file)\n")
    after = contents(elsewhere)
    assert before.keys() - after.keys() == {elsewhere / stale}
    assert (study_copy / "results/tiny" / stale).exists()
