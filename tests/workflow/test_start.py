"""What is looked at when a run starts: locks, paths, the cores and GPUs that it was given."""

import errno
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from conftest import TINY, copy_project, snakemake
from fashionlab.machine import FolderError, check_paths
from fashionlab.running.one_run import claim_folder

ONE = "results/tiny/runs/generalisation/mlp2/run1.json"
# A scheduler that notes what it is given, and refuses it.
NOTES = ["--workflow-profile", "profiles/cluster-generic", *TINY, "--config", "device=cpu",
         "--retries", "0", "--cluster-generic-submit-cmd"]  # fmt: skip


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
        claim_folder(tmp_path)
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
