"""How fast the engine is against the plain way, and how well the workflow scales.

The plain way is the original's: a list of (tensor, label) pairs in a DataLoader with batches of 50,
validation in batches of 50, all cores for one training. The engine trains on one thread, with as
many trainings side by side as there are cores. Both are measured in turns, a few steps at a time,
and extrapolated to an epoch of 1,080 steps and 108 validations of 6,000 images.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = yaml.safe_load((ROOT / "config.yaml").read_text())["networks"]
STEPS, VALIDATIONS, EPOCH_STEPS, EPOCH_VALIDATIONS, EPOCHS = 60, 2, 1080, 108, 15
BATCH, VALIDATION_IMAGES = 50, 6_000


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS))
    parser.add_argument("--measure", nargs=2, metavar=("WAY", "NETWORK"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(WAYS[arguments.measure[0]](arguments.measure[1])))
        return
    cores = len(os.sched_getaffinity(0))
    print(f"{cores} cores, {arguments.rounds} rounds; medians; a training is {EPOCHS} epochs of Q2")
    print(f"{'':6}{'plain: s an epoch':>22}{'engine: s an epoch':>24}{'trainings an hour':>22}{'ratio':>8}{'limit':>7}{'MB':>7}{'sgemm':>7}")  # fmt: skip
    study = [0.0, 0.0, 0.0]
    for network in arguments.networks:
        plain, engine = [], []
        for _ in range(arguments.rounds):
            plain += side_by_side("plain", network, 1)
            engine += side_by_side("engine", network, cores)
        for way, hours in enumerate(report(network, plain, engine, cores)):
            study[way] += hours
    if arguments.networks == list(NETWORKS):
        plain_hours, hours, limit = study
        print(
            f"the study's trainings: {plain_hours:.1f} h -> {hours:.1f} h, {limit / hours:.2f} of the limit"
        )


def side_by_side(way: str, network: str, count: int) -> list[dict]:
    """Measure in ``count`` processes at once; return what each found."""
    command = [sys.executable, __file__, "--measure", way, network]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    return [json.loads(process.communicate()[0]) for process in started]


def report(network: str, plain: list[dict], engine: list[dict], cores: int) -> list[float]:
    """Print a row: seconds an epoch (training + validation), trainings an hour, their ratio, ...

    Return the hours that the network's trainings of the study take in either way, and would take at
    the limit: all their arithmetic at the rate of a large matrix product on each core.
    """
    a, b = ({k: statistics.median(r[k] for r in rows) for k in rows[0]} for rows in (plain, engine))
    hourly = [3600 / (EPOCHS * (x["training"] + x["validation"])) for x in (a, b)]
    hourly[1] *= cores
    epochs, validated = study_epochs(network)
    seconds = [epochs * x["training"] + validated * x["validation"] for x in (a, b)]
    step, validation = operations(network)
    limit = (epochs * step + validated * validation) / b["sgemm"]
    share = validation / b["validation"] / b["sgemm"]
    print(
        f"{network:6}{a['training']:12.1f} +{a['validation']:7.1f} {b['training']:14.1f} +"
        f"{b['validation']:7.1f} {hourly[0]:12.1f} ->{hourly[1]:7.1f}{hourly[1] / hourly[0]:8.1f}"
        f"{limit / seconds[1]:7.2f}{b['megabytes']:7.0f}{share:7.2f}",
        flush=True,
    )
    return [seconds[0] / 3600, seconds[1] / 3600 / cores, limit / 3600 / cores]


def study_epochs(network: str) -> tuple[int, float]:
    """Return the study's epochs with a network, and those in which it validates every 10 steps."""
    from fashionlab.running.study import load_plan

    mine = [t["specification"] for t in load_plan([])["trainings"]]
    mine = [s for s in mine if s["network"] == NETWORKS[network]]
    validated = sum(s["epochs"] for s in mine if s["validate"] == "records")
    return sum(s["epochs"] for s in mine), validated


def measure_plain(network: str) -> dict:
    """Return the plain way's seconds an epoch."""
    import torch
    from torch.utils.data import DataLoader

    module, images, labels = made_up(network)
    pairs = list(zip(images, labels, strict=True))
    loader = DataLoader(pairs[: BATCH * STEPS], batch_size=BATCH, shuffle=True)
    validation = DataLoader(pairs[:VALIDATION_IMAGES], batch_size=BATCH)
    optimizer = torch.optim.Adam(module.parameters())
    criterion = torch.nn.CrossEntropyLoss()

    def train() -> None:
        for batch, target in loader:
            optimizer.zero_grad()
            criterion(module(batch), target).backward()
            optimizer.step()

    def validate() -> None:
        with torch.no_grad():
            sum((module(b).argmax(1) == t).sum().item() for b, t in validation)

    train()
    return timed(train, validate)


def measure_engine(network: str) -> dict:
    """Return the engine's seconds an epoch, and the rate of a matrix product on its core."""
    from fashionlab.machine import pin_arithmetic

    pin_arithmetic()  # before PyTorch is imported, as train.py does
    import torch

    from fashionlab.training.devices import make_repeatable
    from fashionlab.training.engine import Dataset, Training

    make_repeatable()
    _, images, labels = made_up(network)
    specification = {
        "network": NETWORKS[network],
        "classes": 10,
        "activation": {"class": "ReLU"},
        "optimizer": {"class": "Adam"},
        "learning_rate": [{"rate": 0.001, "until": None}],
        "batch_size": BATCH,
        "record_every": 10,
        "validate": "records",
        "seed": 1,
        "run": 1,
        "epochs": 1,
    }
    data = Dataset(images[: BATCH * STEPS], labels[: BATCH * STEPS])
    session = Training(specification, data, Dataset(images, labels))
    session.validation_images = session.classifier.prepare(images)

    def train() -> None:
        session.position.zero_()
        for step in range(STEPS):
            (session.step if step % 10 else session.recorded_step)()

    train()
    return timed(train, session.validate) | {"sgemm": sgemm_rate(torch)}


def made_up(network: str):
    """Return a network with random weights, and random images and labels."""
    import torch

    from fashionlab.training.networks import build_network

    module = build_network(NETWORKS[network], {"class": "ReLU"}, (1, 28, 28), 10)
    count = max(BATCH * STEPS, VALIDATION_IMAGES)
    return module, torch.rand(count, 1, 28, 28) * 2 - 1, torch.randint(10, (count,))


def timed(train, validate) -> dict:
    """Return seconds an epoch of training and of validation, and the peak of memory used."""
    validate()
    start = time.perf_counter()
    train()
    middle = time.perf_counter()
    for _ in range(VALIDATIONS):
        validate()
    end = time.perf_counter()
    return {
        "training": (middle - start) / STEPS * EPOCH_STEPS,
        "validation": (end - middle) / VALIDATIONS * EPOCH_VALIDATIONS,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def operations(network: str) -> tuple[int, int]:
    """Return the floating-point operations of an epoch's steps, and of its validations.

    A step has a forward pass and the gradients of all weights and all inputs of layers, each as
    many operations, but for the inputs of the first layer with weights, which are the images.
    """
    from fashionlab.planning.notation import WEIGHTED, count_multiplications, parse_network

    layers = parse_network(NETWORKS[network], (1, 28, 28), 10)
    first = next(n for n, layer in enumerate(layers, start=1) if layer.kind in WEIGHTED)
    forward = 2 * count_multiplications(layers)
    step = 3 * forward - 2 * count_multiplications(layers[:first])
    return step * BATCH * EPOCH_STEPS, forward * VALIDATION_IMAGES * EPOCH_VALIDATIONS


def sgemm_rate(torch) -> float:
    """Return the operations a second of a large matrix product, what a core really reaches."""
    a, b = torch.rand(1024, 1024), torch.rand(1024, 1024)
    rates = []
    for _ in range(10):
        start = time.perf_counter()
        torch.mm(a, b)
        rates.append(2 * 1024**3 / (time.perf_counter() - start))
    return statistics.median(rates)


WAYS = {"plain": measure_plain, "engine": measure_engine}

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "scripts"))
    os.chdir(ROOT)
    main()
