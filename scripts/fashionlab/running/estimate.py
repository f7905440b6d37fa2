"""How long a study takes on this machine, from a few steps of each of its networks."""

import heapq
import os
from collections.abc import Iterable
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context

from fashionlab.chapters import planned_figures
from fashionlab.machine import TRIED_GPUS, count_gpus, pin_arithmetic

START_SECONDS = 3.0  # of a training: interpreter, PyTorch, data
STEP_SECONDS = 3.0  # of a figure, and on average of the steps that are neither
OTHER_STEPS = 7  # split, tables, verdicts, exports, the report twice, Snakemake's start


def estimate_seconds(
    plan: dict, trainings: list[dict], config: dict, cores: int
) -> tuple[dict[str, float], int]:
    """Return the seconds that each training takes, by id, and how many run side by side.

    Measured in processes of their own, as PyTorch's gigabyte would stay with this one: on a CPU
    side by side, as trainings run. It also tries the GPUs, for all processes that are started from
    here. Raises RuntimeError where the device is not there or PyTorch cannot start, ValueError for
    options that it refuses.
    """
    kinds: dict[tuple, dict] = {}
    for training in trainings:
        kinds.setdefault(_kind(training), training)
    parts = [list(kinds.values())] if count_gpus() else [[kind] for kind in kinds.values()]
    try:
        with ProcessPoolExecutor(min(cores, len(parts)), get_context("spawn")) as processes:
            tasks = repeat(plan), parts, repeat(config["device"])
            measured = list(processes.map(measure_speeds, *tasks))
    except (ImportError, SystemError, MemoryError, BrokenExecutor) as error:
        raise RuntimeError(
            f"PyTorch cannot start on this machine: {error} (a training needs about 1.1 GB on a "
            "CPU, more on a GPU)"
        ) from error
    gpus, said, speeds = measured[0]
    for _, _, others in measured[1:]:
        speeds |= others
    os.environ[TRIED_GPUS] = str(gpus)
    if said:
        print(said, flush=True)
    workers = min(gpus * config["trainings_per_gpu"], cores) if gpus else cores
    # Those that share a GPU take turns on it, unless NVIDIA's MPS runs them at the same time.
    turns = max(1.0, workers / gpus) if gpus else 1.0
    seconds = {}
    for training in trainings:
        step, validation = speeds[_kind(training)]
        each = training["records_per_epoch"] if training["validate"] == "records" else 1
        one_epoch = training["steps_per_epoch"] * step + each * validation
        seconds[training["id"]] = START_SECONDS + turns * training["epochs"] * one_epoch
    return seconds, workers


def measure_speeds(
    plan: dict, trainings: list[dict], device: str
) -> tuple[int, str, dict[tuple, tuple]]:
    """Return the seconds of a step and of a validation of trainings of different kinds.

    Before them: the number of GPUs that can be used, and what is to be said of them.
    """
    pin_arithmetic()  # before PyTorch is imported, as a training does
    from fashionlab.training.devices import explain, usable_gpus
    from fashionlab.training.speed import measure_speed

    gpus, said = usable_gpus(device)
    speeds: dict[tuple, tuple[float, float]] = {}
    for training in trainings:
        try:
            speeds[_kind(training)] = measure_speed(plan, training, "cuda" if gpus else "cpu")
        except (ValueError, TypeError) as error:
            raise ValueError(f"{training['id']} cannot be trained: {error}") from error
        except RuntimeError as error:
            raise RuntimeError(f"{training['id']}: {explain(error)}") from None
    return gpus, said, speeds


def _kind(training: dict) -> tuple:
    return training["network"], training["activation"], training["batch_size"]


def other_seconds(plan: dict, cores: int) -> float:
    """Return about how long the steps before and after the trainings take."""
    return STEP_SECONDS * (OTHER_STEPS + len(planned_figures(plan)) / cores)


def wall_seconds(seconds: Iterable[float], workers: int) -> float:
    """Return when the last of some jobs ends that run side by side, the longest first."""
    free = [0.0] * max(1, workers)
    for duration in sorted(seconds, reverse=True):
        heapq.heapreplace(free, free[0] + duration)
    return max(free)
