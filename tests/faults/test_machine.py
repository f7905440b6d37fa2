"""A full disk, no memory, a folder that cannot be written: a sentence now, the same results later."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import ROOT, TINY, copy_project
from faults.test_kills import contents, different, give_equal_times

RUN = [sys.executable, "scripts/run_study.py", *TINY]


def run(folder, command=RUN, **options):
    return subprocess.run(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
    )


@pytest.fixture
def disk(tmp_path):
    """A disk of 160 MB, and of it `fill()`, which leaves `free` bytes."""
    lacking = pytest.fail if os.environ.get("CI") else pytest.skip
    if os.getuid() or not shutil.which("mount"):
        lacking("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", folder])
    if mounted.returncode:
        lacking("no disk can be mounted here (a container without the right to)")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk, free=0):
    # Without a buffer: what is left in one would be written, and fail, once more at the end.
    with open(disk / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    os.truncate(disk / "filler", max(0, (disk / "filler").stat().st_size - free))


def study_on(disk, study):
    """Return a copy of a finished study on a disk; the data stay where they are."""
    folder = disk / "study"
    shutil.copytree(
        study, folder, symlinks=True,
        ignore=lambda path, _: ["data"] if Path(path) == study else [],
    )  # fmt: skip
    (folder / "data").symlink_to(study / "data")
    return folder


@pytest.mark.slow
def test_a_disk_that_fills_up_while_training_costs_nothing_but_time(disk, tiny_study, tmp_path):
    folder = copy_project(disk)
    shutil.rmtree(folder / "data", ignore_errors=True)
    shutil.copytree(tiny_study / "data", tmp_path / "data")
    (folder / "data").symlink_to(tmp_path / "data")
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        study = subprocess.Popen(RUN, cwd=folder, stdout=log, stderr=log)
        while not list(folder.rglob("checkpoints/*.safetensors")) and study.poll() is None:
            time.sleep(0.02)
        fill(folder)
        assert study.wait(timeout=300) != 0
    assert "No space left on device" in (tmp_path / "log").read_text()
    again = run(folder)
    assert again.returncode == 1
    assert "MB are free, 100 are needed; make room, or choose another folder" in again.stdout
    (folder / "filler").unlink()
    done = run(folder)
    assert done.returncode == 0, done.stdout[-5000:]
    give_equal_times(folder, tiny_study)
    assert different(contents(folder), contents(tiny_study)) == []


def test_a_disk_that_fills_up_while_rendering_leaves_the_old_report(disk, tiny_study):
    folder = study_on(disk, tiny_study)
    before = contents(folder)
    command = [sys.executable, "scripts/render_report.py", "--plan", "results/tiny/plan.json",
               "--results", "results/tiny", "--output-dir", "results/tiny/report"]  # fmt: skip
    fill(disk, free=50_000)
    done = run(folder, command)
    assert done.returncode == 1
    assert "No space left on device: 'results/tiny/report/report.html'" in done.stdout
    assert "Traceback" not in done.stdout
    assert contents(folder) == before
    (disk / "filler").unlink()
    assert run(folder, command).returncode == 0
    assert contents(folder) == before


def test_a_disk_for_temporary_files_without_room_is_named_before_anything_starts(
    disk, tiny_study, tmp_path
):
    fill(disk, free=5_000_000)
    done = run(tiny_study, env=os.environ | {"TMPDIR": str(disk)})
    assert done.returncode == 1
    named = f"run_study: {disk}: {shutil.disk_usage(disk).free // 10**6} MB are free"
    assert done.stdout == (
        f"{named}, 100 are needed; make room, or name another folder for temporary files in "
        "TMPDIR.\n"
    )


def test_a_results_folder_that_cannot_be_written_is_named(disk, tiny_study):
    folder = study_on(disk, tiny_study)
    results = folder / "results"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", results], check=True)
    try:
        done = run(folder)
    finally:
        subprocess.run(["umount", results], check=True)
    assert done.returncode == 1
    assert done.stdout == (
        "run_study: results/tiny: cannot be written (Read-only file system; owner: root); make it "
        "writable, or choose another folder as `results:` in config.yaml.\n"
    )


def test_a_training_without_memory_ends_in_a_sentence_and_leaves_nothing_torn(tiny_study, tmp_path):
    trainings = json.loads((tiny_study / "results/tiny/plan.json").read_text())["trainings"]
    training = next(t for t in trainings if t["id"] == "generalisation/mlp2/run1")
    names = {"result": "run1.json", "weights": "run1.safetensors", "environment": "env.json"}
    command = [sys.executable, ROOT / "scripts/train.py",
               "--specification", json.dumps(training["specification"]),
               "--dataset-folder", "data/FashionMNIST/raw", "--split", "results/tiny/split.json",
               "--checkpoints", tmp_path / "checkpoints"]  # fmt: skip
    for option, name in names.items():
        command += [f"--{option}", tmp_path / name]
    tried = 0
    # A little more each time, until it is enough: how much that is, is the machine's affair.
    for megabytes in range(500, 20_000, 700):
        limited = ["bash", "-c", f'ulimit -v {megabytes * 1024}; exec "$@"', "-", *command]
        done = run(tiny_study, limited)
        if done.returncode == 0:
            break
        tried += 1
        assert done.returncode == 1, done.stdout
        assert done.stdout.splitlines()[-1].startswith("train: "), done.stdout
        assert "Traceback" not in done.stdout
        assert not (tmp_path / "run1.json").exists()
        assert not list(tmp_path.rglob("*.part"))
    assert done.returncode == 0
    assert tried > 2
    for name in ("run1.json", "run1.safetensors"):
        expected = tiny_study / "results/tiny/runs/generalisation/mlp2" / name
        assert (tmp_path / name).read_bytes() == expected.read_bytes()


@pytest.mark.parametrize("megabytes", [300, 1500], ids="{} MB".format)
def test_a_study_without_memory_says_so_before_it_starts(megabytes, study_copy):
    (study_copy / "results/tiny/runs/generalisation/mlp2/run1.json").unlink()
    limited = ["bash", "-c", f'ulimit -v {megabytes * 1024}; exec "$@"', "-", *RUN]
    done = run(study_copy, limited)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    assert "\nrun_study: PyTorch cannot start on this machine: " in done.stdout


def test_two_starts_at_once_are_one_study(study_copy):
    shutil.rmtree(study_copy / "results/tiny/report")
    starts = [
        subprocess.Popen(RUN, cwd=study_copy, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]  # fmt: skip
    told = [start.communicate()[0] for start in starts]
    assert sorted(start.returncode for start in starts) == [0, 1], told
    refused = told[[start.returncode for start in starts].index(1)]
    assert refused == (
        "run_study: the study is already running in this folder; wait for it or stop it.\n"
    )
    assert (study_copy / "results/tiny/report/report.pdf").is_file()
