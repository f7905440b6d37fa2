"""`make report` and its relatives: one run at a time, and a summary at the end."""

import fcntl
import re
import subprocess
import sys

import yaml

from conftest import ROOT, TINY


def run_study(folder):
    return subprocess.run(
        [sys.executable, "scripts/run_study.py", *TINY], cwd=folder, text=True, capture_output=True
    )


def test_a_second_start_beside_a_live_one_is_refused_in_one_sentence(study_copy):
    with open(study_copy / ".snakemake/study.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_study(study_copy)
    assert done.returncode == 1
    assert "already running in this folder" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_dead_runs_lock_is_cleared_and_a_finished_study_ends_with_its_summary(study_copy):
    (study_copy / ".snakemake/locks").mkdir(exist_ok=True)
    for kind in ("input", "output"):
        (study_copy / f".snakemake/locks/0.{kind}.lock").write_text("results/tiny/split.json\n")
    done = run_study(study_copy)
    assert done.returncode == 0, done.stderr
    assert "Report: results/tiny/report/report.html" in done.stdout
    for words in ("that hold", "that do not hold", "left undecided"):
        assert re.search(rf"Claims {words} \(\d+\): \w", done.stdout), words


def test_the_conda_file_agrees_with_the_lock():
    lock = (ROOT / "envs/requirements.txt").read_text()
    locked = dict(re.findall(r"^([\w.-]+)(?:\[.*?\])?==([^ \\]+)", lock, re.M))
    pins = yaml.safe_load((ROOT / "envs/study.yaml").read_text())["dependencies"][-1]["pip"]
    wanted = [
        re.split("[=<>]", line)[0].replace("_", "-")
        for line in (ROOT / "envs/requirements.in").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    names = {name.replace("_", "-"): version for name, version in locked.items()}
    assert {pin.split("==")[0].replace("_", "-"): pin.split("==")[1] for pin in pins} == {
        name: names[name] for name in wanted
    }
