"""Trainings have the same bytes whatever vectors a processor has, AVX2 or more."""

import os
import subprocess
import sys

import pytest

from conftest import ROOT
from fashionlab.machine import has_avx2

# Of the weights, the results and the predictions of six steps: of any x86-64 processor with AVX2.
HASHES = {
    "fc16 act fc64, ReLU, Adam": "5eed3dfa4023c041",
    "fc16 act fc64, Sigmoid, SGD": "7e7ee691854e0353",
    "conv3x16 act conv5x8 act pool conv5x16 act pool, ReLU, Adam": "5e76cc3c6d7d655d",
    "conv3x16 act conv5x8 act pool conv5x16 act pool, Sigmoid, SGD": "2b2c66fc4e0026ec",
}
LOWER = {  # what libraries take for the processor's; PyTorch's own is pinned by the project
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
}
HASWELL = """
import llvmlite.binding as llvm
class Features(dict):
    def flatten(self):
        return "+avx2,+fma,+bmi2,-avx512f"
llvm.get_host_cpu_name, llvm.get_host_cpu_features = lambda: "haswell", Features
"""
TRAIN = """
from fashionlab.machine import pin_arithmetic
pin_arithmetic()
import hashlib
import torch
from fashionlab.storage.files import canonical_json
from fashionlab.training.engine import Dataset, Training

torch.set_num_threads(1)
generator = torch.Generator().manual_seed(1)
def images(count):
    return Dataset(torch.rand(count, 1, 28, 28, generator=generator) * 2 - 1,
                   torch.randint(10, (count,), generator=generator))
train, validation, test = images(300), images(100), images(100)
for name in NAMES:
    network, activation, optimizer = name.split(", ")
    training = Training(
        {"network": network, "classes": 10, "activation": {"class": activation},
         "optimizer": {"class": optimizer}, "learning_rate": [{"rate": 0.01, "until": None}],
         "input_range": [-1, 1], "batch_size": 50, "epochs": 1, "record_every": 2,
         "validate": "records", "seed": 1, "run": 1}, train, validation)
    assert training.kernels
    training.run_epoch()
    weights = [p.detach().numpy().tobytes() for p in training.network.parameters()]
    found = canonical_json(training.final_results(test)).encode()
    print(hashlib.sha256(b"".join([*weights, found])).hexdigest()[:16])
"""


@pytest.mark.skipif(not has_avx2(), reason="the promise is for x86-64 with AVX2")
@pytest.mark.parametrize(
    ("before", "environment"),
    [("", {}), ("", LOWER), (HASWELL, {})],
    ids=["as it is", "libraries held to less", "kernels for haswell"],
)
def test_a_training_has_the_bytes_that_are_written_here(before, environment):
    script = f"{before}\nNAMES = {list(HASHES)}\n{TRAIN}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": "scripts"} | environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert dict(zip(HASHES, done.stdout.split(), strict=True)) == HASHES
