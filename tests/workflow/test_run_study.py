"""`make report` and its relatives: one run at a time, and a summary at the end."""

import fcntl
import os
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
    with open(study_copy / ".snakemake/study.lock", "w", encoding="utf-8") as lock:
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


def test_results_altered_without_a_trace_are_refused_and_mended_by_the_command_it_says(study_copy):
    result = study_copy / "results/tiny/runs/generalisation/mlp2/run1.json"
    summary = study_copy / "results/tiny/summary.json"
    for path, old, new in (
        (result, '"loss": [', '"loss": [9,'),
        (summary, '"runs": 1', '"runs": 2'),
    ):
        times, whole = path.stat(), path.read_bytes()
        path.write_text(path.read_text().replace(old, new, 1))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        done = run_study(study_copy)
        assert done.returncode == 1
        name = path.relative_to(study_copy)
        assert f"run_study: {name}: was altered after it was written" in done.stderr
        assert f"rm {name} " in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
        path.write_bytes(whole)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_result_of_another_configuration_is_no_reason_to_refuse_a_run(study_copy):
    command = [sys.executable, "scripts/run_study.py", *TINY, "--dry-run"]
    command += ["--config", "experiments={schedules: {batch_size: 40}}"]
    done = subprocess.run(command, cwd=study_copy, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"^schedules .* 0/1$", done.stdout, re.M)


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
