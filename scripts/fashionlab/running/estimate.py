"""How long a study takes on this machine, from a few steps of each of its networks."""

import heapq
from collections.abc import Iterable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from multiprocessing import get_context

from fashionlab.machine import count_gpus

START_SECONDS = 5.0  # of a training: interpreter, PyTorch, data


def estimate_seconds(plan: dict, trainings: list[dict], device: str) -> dict[str, float]:
    """Return the seconds that each training takes by itself, by id.

    Measured in a process of its own, as PyTorch's gigabyte would stay with this one. Raises
    RuntimeError where the device is not there or PyTorch cannot start, ValueError for options that
    it refuses.
    """
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            speeds = process.submit(measure_speeds, plan, trainings, device).result()
    except (ImportError, SystemError, MemoryError, BrokenExecutor) as error:
        raise RuntimeError(
            f"PyTorch cannot start on this machine: {error} (a training needs about 1.1 GB)"
        ) from error
    seconds = {}
    for training in trainings:
        step, validation = speeds[_kind(training)]
        each = training["records_per_epoch"] if training["validate"] == "records" else 1
        one_epoch = training["steps_per_epoch"] * step + each * validation
        seconds[training["id"]] = START_SECONDS + training["epochs"] * one_epoch
    return seconds


def measure_speeds(plan: dict, trainings: list[dict], device: str) -> dict[tuple, tuple]:
    """Return the seconds of a step and of a validation for each kind of training."""
    from fashionlab.training.speed import measure_speed

    speeds: dict[tuple, tuple[float, float]] = {}
    for training in trainings:
        if _kind(training) not in speeds:
            try:
                speeds[_kind(training)] = measure_speed(plan, training, device)
            except (ValueError, TypeError) as error:
                raise ValueError(f"{training['id']} cannot be trained: {error}") from error
    return speeds


def _kind(training: dict) -> tuple:
    return training["network"], training["activation"], training["batch_size"]


def count_workers(device: str, cores: int) -> int:
    """Return how many trainings run side by side: one a GPU, or else one a core."""
    return (count_gpus() if device != "cpu" else 0) or cores


def wall_seconds(seconds: Iterable[float], workers: int) -> float:
    """Return when the last of some jobs ends that run side by side, the longest first."""
    free = [0.0] * max(1, workers)
    for duration in sorted(seconds, reverse=True):
        heapq.heapreplace(free, free[0] + duration)
    return max(free)
