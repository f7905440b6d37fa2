"""What is looked at when a run starts: locks, paths, the cores and GPUs that it was given."""

import errno
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from conftest import ROOT, TINY, copy_project, snakemake
from fashionlab.machine import FolderError, check_paths
from fashionlab.running.one_run import MARK, lock_folder

ONE = "results/tiny/runs/generalisation/mlp2/run1.json"
# A scheduler that notes what it is given, and refuses it.
NOTES = ["--workflow-profile", "profiles/cluster-generic", *TINY, "--config", "device=cpu",
         "--retries", "0", "--seconds-between-status-checks", "1", "--cluster-generic-submit-cmd"]  # fmt: skip

# Takes from a Python process what a Mac lacks, before the process starts and for those it starts.
LIKE_A_MAC = """
import os, sys
del os.sched_getaffinity
def refuse(path):
    if str(path).startswith("/proc"):
        raise FileNotFoundError(2, "No such file or directory", str(path))
sys.addaudithook(lambda event, words: refuse(words[0]) if event == "open" else None)
def stat(path, *words, real=os.stat, **options):
    refuse(path)
    return real(path, *words, **options)
os.stat = stat
"""
ASK = """
from pathlib import Path
from fashionlab.machine import count_cores, pin_arithmetic
from fashionlab.training.devices import _processor
assert not Path("/proc/cpuinfo").exists()
pin_arithmetic()
print(count_cores(), _processor())
"""


def test_a_study_whose_path_a_clusters_shell_splits_is_refused_before_a_job(tmp_path):
    project = copy_project(tmp_path / "a b" / "study")
    refused = snakemake(project, ONE, *NOTES, "touch submitted; false", check=False)
    assert f"{project}: jobs of a cluster cannot start there, for the path has ' ' in it" in refused
    assert "Traceback" not in refused
    assert not (project / "submitted").exists()
    assert not (project / "results/tiny/plan.json").exists()
    split = snakemake(project, "results/tiny/split.json", *TINY)
    assert re.search(r"(\d) of \1 steps \(100%\) done", split), "on this machine it can run there"


@pytest.mark.parametrize("strange", ["a b", "it's", "a&b", "$HOME", "a(1)", "a;b", "a*"])
def test_an_interpreters_path_that_a_shell_splits_is_refused(strange):
    with pytest.raises(FolderError, match="jobs of a cluster cannot start there"):
        check_paths("/home/me/study", f"/home/{strange}/.venv/bin/python")


def test_a_path_in_any_language_is_none_that_a_shell_splits():
    check_paths("/home/josé_1/étude-2.0+a", "/データ/study", "/scratch/me@site/a=b:c,d%e")


def test_snakemake_started_by_hand_holds_the_folder_while_it_runs(tmp_path):
    project = copy_project(tmp_path / "project")
    try_lock = "(flock --nonblock .snakemake/study.lock echo free || echo held) > seen; false"
    snakemake(project, ONE, *NOTES, try_lock, check=False)
    assert (project / "seen").read_text() == "held\n"


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK])
def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch, number):
    def flock(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(FolderError) as refused:
        lock_folder(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}: its file system cannot lock files ({os.strerror(number)}), without which two "
        "runs could write here at once; have it mounted with locks (Lustre: option `flock`; NFS: "
        "with a lock service), or move the study to another file system."
    )


def test_inside_an_allocation_its_cores_are_used_and_gpus_that_work(tmp_path):
    project = copy_project(tmp_path / "project")
    core = min(os.sched_getaffinity(0))
    done = subprocess.run(
        ["taskset", "--cpu-list", str(core), sys.executable, "scripts/run_study.py", *TINY,
         "--", "results/tiny/split.json"],
        cwd=project, env=os.environ | {"CUDA_VISIBLE_DEVICES": "1,3"}, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    words = (project / "results/tiny/logs/snakemake.log").read_text()
    works = torch.cuda.device_count()
    assert f" --cores 1 --resources gpu={max(1, works)} " in words
    assert ("No GPU is used, trainings run on the CPU: " in done.stdout) == (not works)


def test_results_on_another_disk_are_those_of_one_run_at_a_time(tiny_study, tmp_path):
    elsewhere = tmp_path / "scratch"
    words = [*TINY, "--config", f"results={elsewhere}"]
    copies = [Path(shutil.copytree(tiny_study, tmp_path / name)) for name in ("one", "two")]
    snakemake(copies[0], f"{elsewhere}/split.json", *words)
    assert (elsewhere / "split.json").is_file()
    assert str(elsewhere) in snakemake(copies[0], "--dry-run", *words)
    with open(elsewhere / "study.lock", "r+", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = [sys.executable, "scripts/run_study.py", f"{elsewhere}/split.json", *words]
        done = subprocess.run(command, cwd=copies[1], capture_output=True, text=True)
    assert done.returncode == 1
    assert f"already running in another folder with its results in {elsewhere}" in done.stderr


def test_what_a_dead_run_has_left_is_ended_and_another_folders_lives(tmp_path):
    project = copy_project(tmp_path / "project")
    ours, theirs = (
        subprocess.Popen(["cat"], stdin=subprocess.PIPE, env=os.environ | {MARK: str(folder)})
        for folder in (project, tmp_path)
    )
    try:
        start = [sys.executable, "scripts/run_study.py", "--dry-run", *TINY]
        subprocess.run(start, cwd=project, check=True, capture_output=True)
        assert (ours.poll(), theirs.poll()) == (-signal.SIGKILL, None)
    finally:
        for process in (ours, theirs):
            process.communicate()


@pytest.fixture
def mac(tmp_path):
    """An environment in which Python has nothing of Linux that the study asks for."""
    (tmp_path / "sitecustomize.py").write_text(LIKE_A_MAC)
    return os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT / 'scripts'}"}


def test_without_affinity_and_proc_cores_are_counted_and_the_processor_is_named(mac):
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=mac, text=True, check=True, capture_output=True
    )
    cores, name = done.stdout.strip().split(" ", 1)
    assert int(cores) == os.cpu_count()
    assert name


def test_without_affinity_and_proc_a_plan_with_its_time_is_shown(mac, tmp_path):
    project = copy_project(tmp_path / "project")
    plan = [sys.executable, "scripts/show_plan.py", *TINY]
    done = subprocess.run(plan, cwd=project, env=mac, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^To train: 11, 546 steps, about .* on this machine\.$", done.stdout, re.M)
