"""A host that submits to a cluster may be without GPU and without PyTorch."""

import os
import re
import subprocess
import sys

import pytest

from conftest import ROOT, copy_project
from fashionlab.sources import with_imports


@pytest.mark.parametrize("profile", ["slurm", "cluster-generic"])
def test_it_plans_trainings_on_gpus(profile, tmp_path):
    project = copy_project(tmp_path / "project")
    (tmp_path / "torch.py").write_text("raise ImportError('libcuda.so.1: cannot open')")
    command = [sys.executable, "-m", "snakemake", "-n", "--workflow-profile", f"profiles/{profile}"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, cwd=project, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall(r"resources: .* gpu=(\d+)", done.stdout) == ["1"] * 25


def test_its_own_steps_do_not_import_pytorch():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    programs = {ROOT / name for name in re.findall(r"python (scripts/\w+\.py)", rules)}
    programs |= set((ROOT / "scripts").glob("plot_*.py"))
    assert len(programs) > 8
    by_hand = {ROOT / "scripts/plot_training.py"}
    submitted = {ROOT / "scripts/train.py", ROOT / "scripts/measure_initial_gradients.py"}
    for program in programs - by_hand - submitted:
        # The download goes on to its next source where torchvision cannot be imported.
        for file in with_imports([program]) - {ROOT / "scripts/fashionlab/data/download.py"}:
            assert not re.search(r"^\s*(from|import) torch", file.read_text(), re.M), file
