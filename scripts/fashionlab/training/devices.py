"""Which device a training runs on, and settings that make its arithmetic repeatable."""

import contextlib
import fcntl
import itertools
import os
import platform
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import torch

from fashionlab.machine import count_gpus

ADVICE = {  # what PyTorch says, and what a person can do about it
    "out of memory": "end what else runs on the GPU, or set a smaller trainings_per_gpu",
    "busy or unavailable": "set trainings_per_gpu: 1 if the GPU is in exclusive mode, where one "
    "process has it for itself, or end that mode: sudo nvidia-smi --compute-mode=0",
}


def choose_device(wanted: str, locks: Path) -> tuple[torch.device, IO | None]:
    """Return the device for ``auto``, ``cpu`` or ``cuda`` and the lock that reserves a GPU.

    Where several GPUs are visible a training takes one with the fewest, by a lock in the folder
    ``locks`` that dies with its process. Visible are those that a scheduler or a person chose with
    CUDA_VISIBLE_DEVICES, or all. Raises RuntimeError if ``cuda`` is wanted and none can be used.
    """
    if wanted == "cpu" or (wanted == "auto" and not count_gpus()):
        return torch.device("cpu"), None
    count = _count_visible()
    failed: dict[int, str] = {}
    for number, lock in _places(count, locks):
        if number not in failed:
            if not (reason := why_unusable(number)):
                torch.cuda.set_device(number)
                # Graphs cannot be captured on the default stream.
                torch.cuda.set_stream(torch.cuda.Stream())
                return torch.device("cuda", number), lock
            failed[number] = reason
        if len(failed) == count:
            break
    print(_none_is_used(wanted, failed[0]), flush=True)
    return torch.device("cpu"), None


def usable_gpus(wanted: str) -> tuple[int, str]:
    """Return how many GPUs can be used for ``auto``, ``cpu`` or ``cuda``, and why others cannot.

    Raises RuntimeError if ``cuda`` is wanted and there is none.
    """
    if wanted == "cpu" or (wanted == "auto" and not count_gpus()):
        return 0, ""
    reasons = [why_unusable(number) for number in range(_count_visible())]
    bad = [reason for reason in reasons if reason]
    if len(bad) == len(reasons):
        return 0, _none_is_used(wanted, bad[0])
    said = f"{len(bad)} of {len(reasons)} GPUs cannot be used: {bad[0]}." if bad else ""
    return len(reasons) - len(bad), said


def why_unusable(number: int) -> str:
    """Return what a tiny computation on a GPU fails with, or an empty text where it succeeds.

    Only trying tells: its driver may be too old for this PyTorch, this PyTorch have no kernels for
    it, its memory be full, or another process have it for itself.
    """
    try:
        torch.zeros(1, device=f"cuda:{number}").add_(1).item()
    except (RuntimeError, AssertionError) as error:  # the latter: a PyTorch without CUDA
        return explain(error)
    return ""


def explain(error: BaseException) -> str:
    """Return the first line of what PyTorch says, and what to do about it where that is known."""
    first = str(error).partition("\n")[0].rstrip(".")
    known = [(words, advice) for words, advice in ADVICE.items() if words in first]
    return f"{first.partition('. ')[0]}; {known[0][1]}" if known else first


def _none_is_used(wanted: str, reason: str) -> str:
    if wanted == "cuda":
        raise RuntimeError(
            f"device: cuda is set, but PyTorch cannot use a GPU here: {reason}. Set device: auto "
            "or device: cpu in config.yaml, or run on a machine with a GPU."
        )
    return f"No GPU is used, trainings run on the CPU: {reason}."


def _count_visible() -> int:
    """Return at least 1, for PyTorch counts none where the driver is too old: trying says so."""
    return max(1, torch.cuda.device_count())


def make_repeatable() -> None:
    """Make the same computation give the same bits, and leave the other cores to other trainings.

    One thread a training: sums do not depend on the number of cores, and trainings side by side
    use a machine better than one with all its cores.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(1)
    # What `use_deterministic_algorithms` sets, which imports PyTorch's compiler: a second or two.
    torch.set_deterministic_debug_mode("warn")
    # Without this, every new tensor is filled first: a help for debugging that costs time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False


def describe_environment(device: torch.device) -> dict[str, str | int]:
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
    } | _describe_gpu(device)


def _describe_gpu(device: torch.device) -> dict[str, str | int]:
    if device.type == "cpu":
        return {}
    driver = Path("/proc/driver/nvidia/version")  # of the kernel, the same in a container
    found = re.search(r"\d+\.\d+[.\d]*", driver.read_text("utf-8")) if driver.is_file() else None
    return {
        "driver": found[0] if found else "unknown",
        "cuda": str(torch.version.cuda),
        "cudnn": str(torch.backends.cudnn.version()),
        "gpu_memory_mb": torch.cuda.get_device_properties(device).total_memory // 2**20,
        "peak_gpu_memory_mb": torch.cuda.max_memory_reserved(device) // 2**20,
    }


class Stopwatch:
    """Seconds that work on a device took, in the ``with`` blocks of it."""

    def __init__(self, device: torch.device) -> None:
        self.gpu = device.type == "cuda"
        self._seconds = self._start = 0.0
        self._events: list[torch.cuda.Event] = []

    def __enter__(self) -> None:
        self._start = self._mark()

    def __exit__(self, *_: object) -> None:
        self._seconds += self._mark() - self._start

    def _mark(self) -> float:
        """Return the time; a GPU, which works behind, notes it when it comes to this place."""
        if not self.gpu:
            return time.perf_counter()
        self._events.append(torch.cuda.Event(enable_timing=True))
        self._events[-1].record()
        return 0.0

    @property
    def seconds(self) -> float:
        """All of them so far; waits for the GPU."""
        if self._events:
            self._events[-1].synchronize()
            pairs = zip(self._events[::2], self._events[1::2], strict=True)
            self._seconds += sum(start.elapsed_time(end) for start, end in pairs) / 1000
            self._events.clear()
        return self._seconds


def _places(count: int, locks: Path) -> Iterator[tuple[int, IO | None]]:
    """Yield free places on GPUs, with their locks: the first of each GPU, then the second, ..."""
    if count == 1:
        yield 0, None
        return
    locks.mkdir(parents=True, exist_ok=True)
    for place, number in ((p, n) for p in itertools.count() for n in range(count)):
        name = f"{platform.node()}-gpu{number}-{place}.lock"
        lock = open(locks / name, "wb")  # noqa: SIM115 - held until the process ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
        else:
            yield number, lock


def _processor() -> str:
    with contextlib.suppress(OSError):  # Linux has it
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()
