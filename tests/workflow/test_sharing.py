"""Trainings that share a GPU, in the real workflow with a stand-in for the training itself."""

import json

import pytest

from conftest import TINY, copy_project, snakemake

RUNS = "results/tiny/runs"
IDS = [
    "generalisation/mlp2",
    "generalisation/cnn5",
    "activations/mlp2-relu",
    "activations/cnn4-relu",
]
TARGETS = [f"{RUNS}/{name}/run1.json" for name in IDS]
# Notes how many run with it. Each waits until as many do as shall: else it fails.
TRAIN = """
import argparse, fcntl, os, sys, time
from pathlib import Path
parser = argparse.ArgumentParser()
for name in ("device", "name", "result", "weights", "environment"):
    parser.add_argument("--" + name)
given, _ = parser.parse_known_args()
wanted = int(os.environ["TOGETHER"])
begun = Path("running") / given.name.replace("/", "-")
begun.parent.mkdir(exist_ok=True)
mine = open(begun, "w")
fcntl.flock(mine, fcntl.LOCK_EX)
def alive(path):
    with open(path) as other:
        try:
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
end = time.monotonic() + 30
while not Path("together").exists():
    now = 1 + sum(alive(path) for path in begun.parent.iterdir() if path != begun)
    if now >= wanted:
        Path("together").touch()
    assert time.monotonic() < end, f"{now} side by side, not {wanted}"
    time.sleep(0.05)
now = 1 + sum(alive(path) for path in begun.parent.iterdir() if path != begun)
assert now <= wanted, f"{now} side by side, more than {wanted}"
for path in (given.result, given.weights, given.environment):
    Path(path).write_text(given.device)
"""


@pytest.fixture
def project(tmp_path):
    folder = copy_project(tmp_path / "project")
    (folder / "scripts/train.py").write_text(TRAIN)
    return folder


@pytest.mark.parametrize(
    ("arguments", "together"),
    [
        (["--resources", "gpu=1"], 2),
        (["--resources", "gpu=2"], 4),
        ([], 2),  # the one GPU that is visible, without a limit of one's own
    ],
)
def test_a_gpu_is_shared_by_as_many_as_the_setting_says(project, arguments, together):
    given = {"TOGETHER": str(together), "FASHIONLAB_GPUS": "1"}
    snakemake(project, *TARGETS, *TINY, "--cores", "4", *arguments, **given)
    assert {(project / target).read_text() for target in TARGETS} == {"cuda"}


def test_without_a_gpu_that_works_all_cores_train_whatever_gpu_1_says(project):
    given = {"TOGETHER": "4", "CUDA_VISIBLE_DEVICES": "0", "FASHIONLAB_GPUS": "0"}
    snakemake(project, *TARGETS, *TINY, "--cores", "4", "--resources", "gpu=1", **given)
    assert {(project / target).read_text() for target in TARGETS} == {"cpu"}


@pytest.mark.parametrize(
    ("more", "together", "asked"),
    [
        # A limit as one gives it on a machine of one's own has no meaning on a cluster.
        (["--config", "device=cuda", "trainings_per_gpu=2", "--resources", "gpu=1"], 2, ["1", "2", "8000", "10"]),
        (["--config", "device=cpu", "trainings_per_gpu=2"], 1, ["0", "1", "2000", "20"]),
    ],
)  # fmt: skip
def test_a_job_of_a_cluster_has_one_gpu_for_trainings_side_by_side(project, more, together, asked):
    (project / "submit").write_text(
        'for last; do :; done; echo "[\\"$1\\", \\"$2\\", \\"$3\\", \\"$4\\"]" >> asked\n'
        "sh $last > job.log 2>&1; echo 1\n"
    )
    output = snakemake(
        project, *TARGETS, *TINY, "--workflow-profile", "profiles/cluster-generic", *more,
        "--retries", "0", "--latency-wait", "5", "--seconds-between-status-checks", "1",
        "--cluster-generic-status-cmd", "echo success #", "--cores", "1",
        "--cluster-generic-submit-cmd",
        "sh submit {resources.gpu} {threads} {resources.mem_mb} {resources.runtime}",
        check=False, TOGETHER=str(together),
    )  # fmt: skip
    assert all((project / target).exists() for target in TARGETS), (
        output[-3000:] + (project / "job.log").read_text()[-3000:]
    )
    assert [json.loads(line) for line in (project / "asked").read_text().splitlines()] == [asked]
