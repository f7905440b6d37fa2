"""Which device a training runs on, and settings that make its arithmetic repeatable."""

import fcntl
import os
import platform
import sys
from pathlib import Path
from typing import IO

import torch


def choose_device(wanted: str, locks: Path) -> tuple[torch.device, IO | None]:
    """Return the device for ``auto``, ``cpu`` or ``cuda`` and the lock that reserves a GPU.

    Where several GPUs are visible each training takes a free one, by a lock in the folder
    ``locks`` that dies with its process; with more trainings than GPUs they share. Visible are
    those that a scheduler or a person chose with CUDA_VISIBLE_DEVICES, or all.
    Raises RuntimeError if ``cuda`` is wanted and there is none.
    """
    if wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available()):
        return torch.device("cpu"), None
    if not torch.cuda.is_available():
        raise RuntimeError(
            "device: cuda is set, but PyTorch sees no CUDA device here. "
            "Set device: auto or device: cpu in config.yaml, or run on a machine with a GPU."
        )
    number, lock = _free_gpu(torch.cuda.device_count(), locks)
    torch.cuda.set_device(number)
    torch.cuda.set_stream(torch.cuda.Stream())  # graphs cannot be captured on the default stream
    return torch.device("cuda", number), lock


def make_repeatable() -> None:
    """Make the same computation give the same bits, and leave the other cores to other trainings.

    One thread a training: sums do not depend on the number of cores, and trainings side by side
    use a machine better than one with all its cores.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Without this, every new tensor is filled first: a help for debugging that costs time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False


def describe_environment(device: torch.device) -> dict[str, str]:
    """Return the versions and the hardware that a result may depend on."""
    import numpy

    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    return {
        "device": device.type,
        "device_name": name,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _free_gpu(count: int, locks: Path) -> tuple[int, IO | None]:
    if count == 1:
        return 0, None
    locks.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        name = f"{platform.node()}-gpu{number}.lock"
        lock = open(locks / name, "wb")  # noqa: SIM115 - held until the process ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return number, lock
        except OSError:
            lock.close()
    return os.getpid() % count, None


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()
