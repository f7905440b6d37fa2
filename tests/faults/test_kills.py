"""Killed at any moment, in any way: the same command ends with the same results.

Each study of the real `make tiny` is killed four times at random moments, over all kinds of death,
and started again by the same command. What it has in the end is compared with an undisturbed
study, byte for byte. `KILL_SEED=... pytest` repeats the moments of a failure.
"""

import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import copy_project

STUDIES, KILLS = 5, 4
VICTIMS = ("job", "snakemake", "run_study", "everything")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
MAKE = ["make", "-o", ".venv/bin/snakemake", "tiny"]
TINY = Path("results/tiny")


def processes(folder):
    """Return {process id: command line} of all that run in a folder."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(folder):
                found[int(entry.name)] = (entry / "cmdline").read_text().split("\0")
        except OSError:
            continue
    return found


def is_victim(words, kind):
    match kind:
        case "job":
            return words[0] == "python" and words[1].startswith("scripts/")
        case "snakemake":
            return words[1:3] == ["-m", "snakemake"]
        case "run_study":
            return words[1:2] == ["scripts/run_study.py"]
    return True


def count_files(folder):
    return sum(len(files) for _, _, files in os.walk(folder / TINY))


def start(folder):
    with open(folder / "make.log", "w", encoding="utf-8") as log:
        return subprocess.Popen(MAKE, cwd=folder, stdout=log, stderr=log, start_new_session=True)


def run_and_kill(folder, files, wait, kind, number):
    """Start the study; once it has so many files, and `wait` seconds later, kill.

    Return whether there was something to kill. What a killed run_study leaves goes on: it is for
    the next start to end it.
    """
    make = start(folder)
    while count_files(folder) < files and make.poll() is None:
        time.sleep(0.02)
    time.sleep(wait)  # the moment itself
    victims = []
    while not victims and make.poll() is None:
        victims = [pid for pid, words in processes(folder).items() if is_victim(words, kind)]
    for victim in victims:
        try:
            os.kill(victim, number)
        except ProcessLookupError:
            continue
    may_hang = (kind, number) == ("snakemake", signal.SIGTERM)
    try:
        make.wait(timeout=120 if may_hang else 600)
    except subprocess.TimeoutExpired:
        # Snakemake 9 takes a lock in its handler of SIGTERM that it may hold already: it can hang
        # until somebody stops the study.
        assert may_hang, (folder / "make.log").read_text()[-5000:]
        print("Snakemake hangs in its handler; Ctrl-C")
        os.killpg(make.pid, signal.SIGINT)
        make.wait(timeout=60)
    return bool(victims)


def give_equal_times(folder, reference):
    """Give trainings the times of the reference, and tables, figure and report that show them."""
    for path in (reference / TINY / "runs").rglob("*.environment.json"):
        shutil.copy(path, folder / path.relative_to(reference))
    plan = ["--plan", "results/tiny/plan.json"]
    tables = ["--tables", "results/tiny/tables"]
    for name, *options in (
        ["collect_results", *plan, *tables, "--dataset-folder", "data/FashionMNIST/raw",
         "--summary", "results/tiny/summary.json"],
        ["plot", *plan, "--results", "results/tiny", "--figure", "costs",
         "--output-dir", "results/tiny/figures"],
        ["render_report", *plan, "--results", "results/tiny", "--output-dir", "results/tiny/report"],
    ):  # fmt: skip
        subprocess.run([sys.executable, f"scripts/{name}.py", *options], cwd=folder, check=True)


def contents(folder):
    """Return {name: content} of all results; logs and benchmarks tell of times.

    So does the plan, by the mark of Snakemake's records (see ``records.py``).
    """
    paths = (path for path in (folder / TINY).rglob("*") if path.is_file())
    names = {str(path.relative_to(folder / TINY)): path for path in paths}
    return {
        name: path.read_bytes()
        for name, path in names.items()
        if not name.startswith(("logs/", "benchmarks/", "plan.json"))
    }


def different(found, expected):
    return sorted(name for name in found | expected if found.get(name) != expected.get(name))


def deaths(seed):
    """Return the deaths of all studies in random order: each kind of victim by each signal."""
    every = list(itertools.product(VICTIMS, SIGNALS))
    generator = random.Random(seed)
    more = generator.choices(every, k=STUDIES * KILLS - len(every))
    return generator.sample(every + more, STUDIES * KILLS)


@pytest.mark.slow
@pytest.mark.parametrize("study", range(STUDIES))
def test_a_study_killed_at_random_moments_ends_as_an_undisturbed_one(
    study, tiny_study, tmp_path, record_property
):
    seed = int(os.environ.get("KILL_SEED") or random.SystemRandom().randrange(10**6))
    print(f"KILL_SEED={seed}")
    hits = 0
    generator = random.Random(f"{seed} {study}")
    folder = copy_project(tmp_path)
    (folder / ".venv").symlink_to(sys.prefix)
    expected = contents(tiny_study)
    moments = sorted(generator.sample(range(count_files(tiny_study)), KILLS))
    for files, (kind, number) in zip(moments, deaths(seed)[study * KILLS :], strict=False):
        wait = generator.uniform(0, 3)
        hit = run_and_kill(folder, files, wait, kind, number)
        hits += hit
        print(f"{number.name} to {kind}, {wait:.2f} s after file {files}: {'hit' if hit else '-'}")
        found = contents(folder)
        torn = [n for n in different(found, expected) if n.startswith("runs/") and n in found]
        assert [n for n in torn if "environment" not in n and not n.endswith(".part")] == []
    assert hits > 0
    record_property("random", hits)
    make = start(folder)
    status, output = make.wait(timeout=900), (folder / "make.log").read_text()
    assert status == 0, output[-5000:]
    assert "Traceback" not in output
    assert "Report: results/tiny/report/report.html" in output
    give_equal_times(folder, tiny_study)
    assert different(contents(folder), expected) == []
    assert processes(folder) == {}
