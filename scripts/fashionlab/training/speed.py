"""How fast this machine trains a network: a few steps and a validation, timed."""

import time
from pathlib import Path

import torch

from fashionlab.training.devices import choose_device, make_repeatable
from fashionlab.training.engine import WARM_UP_CALLS, Dataset, Training

STEPS = {"cpu": 20, "cuda": 200}


def measure_speed(plan: dict, training: dict, device: str) -> tuple[float, float]:
    """Return the seconds of a training step and of a validation, measured on made-up images."""
    make_repeatable()
    where, _lock = choose_device(device, locks=Path(plan["results"]) / "checkpoints")
    steps = STEPS[where.type]
    specification = training["specification"] | {
        "learning_rate": [{"rate": 1e-6, "until": None}],
        "record_every": 10 * steps,
        "validate": "epochs",
        "epochs": 2,
    }
    sizes = (steps * training["batch_size"], plan["split_sizes"]["validation"])
    session = Training(specification, *(_noise(plan, size, where) for size in sizes))
    session.run_epoch()  # compiles, allocates, captures
    if where.type == "cuda":  # one validation an epoch is not captured yet
        for _ in range(WARM_UP_CALLS):
            session.run("validate")
    start = time.perf_counter()
    session.run_epoch()
    _wait(where)
    epoch = time.perf_counter() - start
    start = time.perf_counter()
    session.run("validate")
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
