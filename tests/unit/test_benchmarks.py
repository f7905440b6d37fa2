"""The benchmark runs: both ways of it, on the smallest network."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks import bench
from conftest import ROOT

SPECIFICATION = {
    "network": "fc8", "classes": 10, "activation": {"class": "ReLU"}, "optimizer": {"class": "SGD"},
    "learning_rate": [{"rate": 0.01, "until": None}], "input_range": [-1, 1], "batch_size": 50,
    "epochs": 1, "record_every": 10, "validate": "records", "seed": 1, "run": 1,
}  # fmt: skip


@pytest.mark.parametrize("way", ["plain", "engine"])
def test_a_way_is_measured(way):
    command = [sys.executable, "tests/benchmarks/bench.py", "--measure", way, "mlp2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)
    assert measured["training"] > 0
    assert measured["validation"] > 0


def test_the_limit_counts_the_arithmetic_of_a_small_perceptron():
    weights = 784 * 16 + 16 * 64 + 64 * 10
    step, validation = bench.operations("mlp2")
    assert validation == 2 * weights * 6000 * 108
    assert step == 2 * (3 * weights - 784 * 16) * 50 * 1080  # no gradient of the images


@pytest.mark.parametrize(
    ("program", "parts"),
    [
        ("bench_gpu", ["steps", "whole_training"]),
        ("test_gpu", ["test_graphs_compute_the_bits_of_single_kernels_and_repeat_them"]),
    ],
)
def test_what_is_for_a_gpu_runs_on_a_cpu_where_there_is_no_more_than_pytorch(
    tmp_path, program, parts
):
    for name in ("snakemake", "pandas", "yaml", "sklearn", "scipy", "matplotlib", "pytest"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not in this container')")
    plan = {"trainings": [{"id": "generalisation/mlp2/run1", "epochs": 1, "switches_from": None,
                           "specification": SPECIFICATION}]}  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    paths = [str(tmp_path), str(ROOT / "tests/gpu/stand_in")]  # of llvmlite
    done = subprocess.run(
        [sys.executable, f"tests/gpu/{program}.py", "--device", "cpu", "--only", *parts],
        cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "GPU_PLAN": str(tmp_path / "plan.json")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["part"], each["status"]) for each in found] == [
        (part, "passed") for part in parts
    ]
    if program == "bench_gpu":
        assert found[0]["us"]["mlp2"]["step"] > 0
        assert found[1]["wall_seconds"] > 0
        assert not found[1]["failed"]
