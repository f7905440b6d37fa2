"""What a run of the study decides about the GPUs of this machine: whether to use them, and MPS."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fashionlab.machine import TRIED_GPUS, count_gpus
from fashionlab.sources import ROOT

SCRIPTS = ROOT / "scripts"
TRY = "import json, fashionlab.training.devices as d; print(json.dumps(d.usable_gpus('auto')))"
CONTROL = "nvidia-cuda-mps-control"
PIPES = "CUDA_MPS_PIPE_DIRECTORY"
PATIENCE = 30.0  # seconds for MPS to answer
# Connects as PyTorch will; without MPS's answer this fails.
CLIENT = """
import ctypes
cuda = ctypes.CDLL("libcuda.so.1")
context = ctypes.c_void_p()
failed = cuda.cuInit(0) or cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
raise SystemExit(bool(failed))
"""


def try_gpus() -> int:
    """Return how many of the visible GPUs PyTorch can use, and say why it cannot use others.

    Tried in a process of its own, once for all that are started from this one.
    """
    if TRIED_GPUS not in os.environ and count_gpus():
        done = subprocess.run(
            [sys.executable, "-c", TRY],
            cwd=SCRIPTS,
            capture_output=True,
            text=True,
            check=False,
        )
        words = done.stderr.strip().splitlines() or [f"signal {-done.returncode}"]
        said = (0, f"No GPU is used, PyTorch cannot start: {words[-1]}")
        count, sentence = said if done.returncode else json.loads(done.stdout.splitlines()[-1])
        if sentence:
            print(sentence, file=sys.stderr, flush=True)
        os.environ[TRIED_GPUS] = str(count)
    return count_gpus()


def share_gpus(workflow: Any, share: int, on_cluster: bool) -> None:
    """Let so many trainings share a GPU, which each of them asks for as `gpu=1`.

    Here `--resources gpu=N` grants N GPUs, each with so many places. On a cluster the trainings of
    a job run side by side on as many cores, and its GPUs are counted once (see `train.smk`).
    """
    if on_cluster:
        workflow.register_resource("_cores", share)  # of a job, as `cores` of a profile, ...
        workflow.resource_settings.cores = share  # ... and where its trainings are started
        limits = workflow.global_resources
        workflow.global_resources = type(limits)({n: limits[n] for n in limits if n != "gpu"})
    else:
        granted = workflow.global_resources.get("gpu").value
        workflow.register_resource("gpu", share * (granted or count_gpus()))


def start_mps() -> bool:
    """Let trainings that share a GPU compute at the same time, by NVIDIA's MPS; else by turns.

    The daemon is this run's own and ends with it. Not started where somebody else's serves already.
    Returns whether it serves.
    """
    theirs = PIPES in os.environ or Path("/tmp/nvidia-mps/control").exists()
    if theirs or not shutil.which(CONTROL):
        return False
    folder = tempfile.mkdtemp(prefix="mps-")  # short, and no shared file system: it has sockets
    own = {PIPES: folder, "CUDA_MPS_LOG_DIRECTORY": folder}
    atexit.register(_stop_mps, folder, os.environ | own)
    if _answers([CONTROL, "-d"], own) and _answers([sys.executable, "-c", CLIENT], own):
        os.environ.update(own)
        return True
    _stop_mps(folder, os.environ | own)
    return False


def _stop_mps(folder: str, environment: dict[str, str]) -> None:
    if Path(folder).exists():
        _answers([CONTROL], environment, "quit\n")
        shutil.rmtree(folder, ignore_errors=True)


def _answers(command: list[str], environment: dict[str, str], words: str = "") -> bool:
    """Return whether a command succeeds in time."""
    try:
        done = subprocess.run(
            command, env=os.environ | environment, input=words, text=True, timeout=PATIENCE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
