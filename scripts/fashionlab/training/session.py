"""A training from the command line to its files: data, checkpoints, progress, results."""

import argparse
import json
import resource
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from safetensors.torch import save

from fashionlab.data.idx import load_idx_dataset
from fashionlab.storage.files import (
    canonical_json,
    sha256_bytes,
    sha256_text,
    verify_sha256,
    write_bytes,
    write_json,
)
from fashionlab.storage.reading import read_sealed
from fashionlab.storage.results import read_result, write_result
from fashionlab.training.checkpoint import load_checkpoint, save_checkpoint
from fashionlab.training.devices import (
    choose_device,
    describe_environment,
    explain,
    make_repeatable,
)
from fashionlab.training.engine import Dataset, Training
from fashionlab.training.progress import Progress

PARTS = ("train", "validation")  # of the training images
CHECKPOINT_SECONDS = 5.0  # between two, as far as epochs allow: what a death costs


def run_training(arguments: argparse.Namespace) -> None:
    """Train, or go on from a checkpoint, and write result, weights and environment.

    A second process for the same training waits for the first (which may have outlived a killed
    Snakemake) and finds its result. Raises ValueError or RuntimeError with a message for the user.
    """
    specification = json.loads(arguments.specification)
    specification_sha256 = sha256_text(canonical_json(specification))
    stages = resolve_switches(specification, arguments.switches)
    specification["learning_rate"] = stages
    checkpoints = Path(arguments.checkpoints)
    checkpoints.mkdir(parents=True, exist_ok=True)
    with FileLock(checkpoints / f"{specification_sha256}.lock") as lock:
        if is_finished(arguments, specification_sha256, stages):
            print(f"{arguments.name}: nothing to do, {arguments.result} is there and whole")
        else:
            try:
                train(arguments, specification, specification_sha256)
            except RuntimeError as error:
                raise RuntimeError(explain(error)) from error
        Path(lock.lock_file).unlink(missing_ok=True)


def is_finished(
    arguments: argparse.Namespace, specification_sha256: str, stages: list[dict]
) -> bool:
    """Return whether all files of this very training are there and whole."""
    try:
        result = read_result(arguments.result, specification_sha256)
        verify_sha256(Path(arguments.weights), result["weights_sha256"])
    except (OSError, ValueError):
        return False
    return result["learning_rate"] == stages and Path(arguments.environment).is_file()


def train(arguments: argparse.Namespace, specification: dict, specification_sha256: str) -> None:
    """Train from the last checkpoint, or from the beginning, to the end and write the files.

    ``specification``: with resolved switches; the hash is that of the specification without them.
    """
    start = time.perf_counter()
    make_repeatable()
    checkpoints = Path(arguments.checkpoints)
    device, _lock = choose_device(arguments.device, checkpoints)
    data = load_data(arguments.dataset_folder, arguments.split, specification, device)
    training = Training(specification, data["train"], data["validation"])
    resolved = sha256_text(canonical_json(specification))
    checkpoint = checkpoints / f"{resolved}-{device.type}.safetensors"
    earlier = load_checkpoint(checkpoint, training)

    def seconds_used() -> dict[str, float]:
        now = {
            "seconds": time.perf_counter() - start,
            "training_seconds": training.seconds - training.validation_time.seconds,
            "validation_seconds": training.validation_time.seconds,
        }
        return {name: round(value + earlier.get(name, 0.0), 3) for name, value in now.items()}

    progress = Progress(arguments.name, specification["epochs"], training.epoch, arguments.progress)
    due = start
    while training.epoch < specification["epochs"] and not training.diverged:
        training.run_epoch()
        ended = training.epoch == specification["epochs"] or training.diverged
        if ended or time.perf_counter() >= due:  # on a GPU an epoch may take less than its writing
            save_checkpoint(checkpoint, training, seconds_used())
            due = time.perf_counter() + CHECKPOINT_SECONDS
        progress.epoch_done(training.epoch, training.recorder.records)
    final, predictions = training.final_results(data["test"])
    training.recorder.pad()
    weights = save({k: v.cpu().contiguous() for k, v in training.network.state_dict().items()})
    write_bytes(arguments.weights, weights)
    environment: dict = describe_environment(device) | seconds_used()
    mb = 1024**2 if sys.platform == "darwin" else 1024  # bytes there, kilobytes on Linux
    environment["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // mb
    write_json(arguments.environment, environment)
    result = {
        "specification": json.loads(arguments.specification),
        "specification_sha256": specification_sha256,
        "learning_rate": specification["learning_rate"],
        "rates": [settings["lr"] for settings in training.settings],
        "records": training.recorder.records,
        "final": final,
        "predictions": predictions,
        "diverged": training.diverged,
        "weights_sha256": sha256_bytes(weights),
    }
    write_result(arguments.result, result)
    progress.training_done(final, training.diverged)


def resolve_switches(specification: dict, switches: str | None) -> list[dict]:
    """Return the stages of the learning rate with every ``auto`` switch replaced by its epoch.

    ``switches``: JSON file with the epochs of the stages up to the last ``auto``. Raises ValueError
    where a stage would have no epoch.
    """
    stages = specification["learning_rate"]
    if not any(stage["until"] == "auto" for stage in stages):
        return stages
    if not switches:
        raise ValueError("the schedule has auto switches: give --switches")
    found = dict(enumerate(read_sealed(switches, ["switch_epochs"])["switch_epochs"]))
    resolved = [stage | {"until": found.get(n, stage["until"])} for n, stage in enumerate(stages)]
    until = [stage["until"] for stage in resolved[:-1]]
    if any(later <= earlier for earlier, later in pairwise([0, *until, specification["epochs"]])):
        raise ValueError(
            f"{switches}: a training of {specification['epochs']} epochs cannot switch its rate at "
            f"epochs {', '.join(map(str, until))}, where the curves before it stop rising; set "
            "`until` in config.yaml to numbers, or give the experiment more epochs"
        )
    return resolved


def load_data(
    folder: str, split_file: str, specification: dict, device: torch.device
) -> dict[str, Dataset]:
    """Return the training, validation and test part on the device, in the input range."""
    split = read_sealed(split_file, ["specification_sha256", "specification", *PARTS])
    if split["specification_sha256"] != specification["split"]:
        raise ValueError(f"{split_file}: is not the split of this configuration; delete it.")
    for name, expected in split["specification"]["sha256"].items():
        verify_sha256(Path(folder) / name, expected)
    raw = load_idx_dataset(folder, specification["classes"])
    parts = {name: _take(raw["train"], split[name]) for name in PARTS}
    return {
        name: Dataset(
            scale_pixels(images, specification["input_range"]).to(device),
            torch.from_numpy(labels.astype(np.int64)).to(device),
        )
        for name, (images, labels) in (parts | {"test": raw["test"]}).items()
    }


def scale_pixels(images: np.ndarray, input_range: tuple[float, float]) -> torch.Tensor:
    """Return images [N, H, W] or [N, C, H, W] of 0..255 as float32 [N, C, H, W] in a range."""
    low, high = input_range
    levels = np.float32(low) + np.arange(256, dtype=np.float32) / np.float32(255) * np.float32(
        high - low
    )
    found = torch.from_numpy(levels[images])
    return found if found.ndim == 4 else found.unsqueeze(1)


def _take(part: tuple[np.ndarray, np.ndarray], indices: list[int]) -> tuple[np.ndarray, np.ndarray]:
    return part[0][indices], part[1][indices]
