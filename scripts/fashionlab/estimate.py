"""How long a study takes on this machine, from a few steps of each of its networks."""

import heapq
import time
from collections.abc import Iterable
from pathlib import Path

import torch

from fashionlab.configuration import count_gpus
from fashionlab.training.devices import choose_device, make_repeatable
from fashionlab.training.engine import Dataset, Training

START_SECONDS = 5.0  # of a training: interpreter, PyTorch, data
STEPS = {"cpu": 20, "cuda": 200}


def estimate_seconds(plan: dict, trainings: list[dict], device: str) -> dict[str, float]:
    """Return the seconds that each training takes by itself, by id.

    Raises RuntimeError where the device is not there, ValueError for options that PyTorch refuses.
    """
    speeds: dict[tuple, tuple[float, float]] = {}
    seconds = {}
    for training in trainings:
        key = (training["network"], training["activation"], training["batch_size"])
        if key not in speeds:
            try:
                speeds[key] = measure_speed(plan, training, device)
            except (ValueError, TypeError) as error:
                raise ValueError(f"{training['id']} cannot be trained: {error}") from error
        step, validation = speeds[key]
        each = training["records_per_epoch"] if training["validate"] == "records" else 1
        one_epoch = training["steps_per_epoch"] * step + each * validation
        seconds[training["id"]] = START_SECONDS + training["epochs"] * one_epoch
    return seconds


def count_workers(device: str, cores: int) -> int:
    """Return how many trainings run side by side: one a GPU, or else one a core."""
    return (count_gpus() if device != "cpu" else 0) or cores


def wall_seconds(seconds: Iterable[float], workers: int) -> float:
    """Return when the last of some jobs ends that run side by side, the longest first."""
    free = [0.0] * max(1, workers)
    for duration in sorted(seconds, reverse=True):
        heapq.heapreplace(free, free[0] + duration)
    return max(free)


def measure_speed(plan: dict, training: dict, device: str) -> tuple[float, float]:
    """Return the seconds of a training step and of a validation, measured on made-up images."""
    make_repeatable()
    where, _lock = choose_device(device, locks=Path(plan["results"]) / "checkpoints")
    steps = STEPS[where.type]
    specification = training["specification"] | {
        "learning_rate": [{"rate": 1e-6, "until": None}],
        "record_every": 10 * steps,
        "validate": "epochs",
    }
    sizes = (steps * training["batch_size"], plan["split_sizes"]["validation"])
    session = Training(specification, *(_noise(plan, size, where) for size in sizes))
    session.run_epoch()  # compiles, allocates, captures
    session.seconds = session.validation_seconds = 0.0
    start = time.perf_counter()
    session.run_epoch()
    _wait(where)
    epoch = time.perf_counter() - start
    start = time.perf_counter()
    session.validate()
    _wait(where)
    validation = time.perf_counter() - start
    return max(epoch - validation, 0.0) / steps, validation


def _noise(plan: dict, count: int, device: torch.device) -> Dataset:
    images = torch.rand(count, *plan["dataset"]["image_shape"], device=device) * 2 - 1
    classes = len(plan["dataset"]["classes"])
    return Dataset(images, torch.randint(classes, (count,), device=device))


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
