"""Made-up results of a small study, in the shape of the real ones, for the tests of the figures."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save_file

from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed
from fashionlab.storage.tables import write_table

LAYERS = {  # parameters, depth, first-layer weights
    "wide": (50890, 2, (6, 784)),
    "deep": (7426, 7, (4, 1, 3, 3)),
}
EXPERIMENTS = {
    "generalisation": ("Q2", {"network": ["wide", "deep"]}, {"optimizer": "adam"}),
    "activations": ("Q3", {"network": ["wide", "deep"], "activation": ["relu", "sigmoid"]}, {}),
    "input_scaling": ("Q3", {"input_range": ["raw"]}, {"network": "deep"}),
    "learning_rates": ("Q4", {"learning_rate": [0.1, 0.01]}, {"network": "deep"}),
    "schedules": ("Q4", {"learning_rate": ["two_rates"]}, {"network": "deep"}),
    "own_idea": ("", {"batch_size": [50, 100]}, {"network": "wide"}),
}
DEFAULTS = {
    "network": "deep", "activation": "relu", "optimizer": "sgd", "learning_rate": "0.01",
    "input_range": "symmetric", "batch_size": 50,
}  # fmt: skip
SCHEDULES = {"two_rates": [{"rate": 0.1, "until": 2}, {"rate": 0.01, "until": None}]}
EPOCHS, STEPS, EVERY, IMAGES = 4, 60, 10, 400


def make_study(
    folder: Path, runs: int = 1, diverged: tuple[str, ...] = (), test: dict | None = None
) -> Path:
    """Write plan, tables, split, weights and images under a folder; return the folder.

    ``diverged``: ids of trainings ("generalisation/deep/run1"); ``test``: test accuracy (percent)
    by network, instead of 85.
    """
    plan = _plan(folder, runs)
    tables = [_results(plan, training, diverged, test or {}) for training in plan["trainings"]]
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    for name in ("trainings", "records", "predictions", "costs"):
        table = pd.concat([one[name] for one in tables], ignore_index=True)
        write_table(table, folder / "tables" / name, ["parquet"])
    (folder / "plan.json").write_text(json.dumps(sealed(plan)))
    _write_images(folder)
    return folder


def _plan(folder: Path, runs: int) -> dict:
    trainings = []
    for experiment, (_, grid, fixed) in EXPERIMENTS.items():
        for values in np.array(np.meshgrid(*map(np.array, grid.values()))).T.reshape(-1, len(grid)):
            chosen = dict(zip(grid, map(str, values), strict=True))
            variant = "-".join(chosen.values())
            for run in range(1, runs + 1):
                identity = f"{experiment}/{variant}/run{run}"
                settings = DEFAULTS | fixed | chosen
                settings["batch_size"] = int(settings["batch_size"])
                rate = settings["learning_rate"]
                stages = SCHEDULES.get(rate) or [{"rate": float(rate), "until": None}]
                trainings.append(settings | {
                    "id": identity, "experiment": experiment, "variant": variant, "run": run,
                    "epochs": EPOCHS, "steps_per_epoch": STEPS, "record_every": EVERY,
                    "validate": "epochs" if experiment == "activations" else "records",
                    "result": str(folder / f"{identity}.json"),
                    "weights": str(folder / f"{identity}.safetensors"),
                    "specification": settings | {"learning_rate": stages},
                })  # fmt: skip
    names = {e: list(dict.fromkeys(t["variant"] for t in trainings if t["experiment"] == e))
             for e in EXPERIMENTS}  # fmt: skip
    return {
        "demonstration": "", "claims": {"margin": 1.0},
        "figures": {"dpi": 40, "width": 7.0, "smoothing_steps": 300},
        "dataset": {"name": "Fashion-MNIST", "classes": ["Shirt", "Bag"],
                    "folder": str(folder / "raw"), "image_shape": [1, 28, 28]},
        "results": "results", "seed": 449, "split": {"images": None},
        "split_specification": {}, "split_sizes": {"train": 30, "validation": 10},
        "networks": {n: {"line": "x", "parameters": p, "depth": d}
                     for n, (p, d, _) in LAYERS.items()},
        "schedules": SCHEDULES,
        "input_ranges": {"symmetric": [-1, 1], "raw": [0, 255]},
        "experiments": {
            e: {"title": e, "question": q, "grid": g, "runs": runs, "epochs": EPOCHS,
                "variants": names[e]}
            for e, (q, g, _) in EXPERIMENTS.items()
        },
        "trainings": trainings,
    }  # fmt: skip


def _results(plan: dict, training: dict, diverged: tuple, test: dict) -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(abs(sum(map(ord, training["id"]))))
    step = np.arange(0, EPOCHS * STEPS, EVERY)
    rise = 1 - np.exp(-step / STEPS)
    lost = training["id"] in diverged
    keys = {key: training[key] for key in ("experiment", "variant", "run")}
    records = pd.DataFrame({
        "epoch": step // STEPS, "step": step,
        "loss": 2.3 - 2 * rise + random.random(len(step)) / 10,
        "train_accuracy": 10 + 80 * rise, "gradient_norm": random.random(len(step)) + 1e-5,
        "gradient_rms": 0.01 * random.random(len(step)),
        "validation_accuracy": 10 + 78 * rise + random.random(len(step)),
    })  # fmt: skip
    if training["validate"] == "epochs":
        records.loc[step % STEPS != STEPS - EVERY, "validation_accuracy"] = np.nan
    if lost:
        records.loc[step > 30, "loss":] = np.nan
    accuracy = np.nan if lost else test.get(training["network"], 85.0) + 0.25 * training["run"]
    right = np.arange(IMAGES) < 4 * (0 if lost else accuracy)
    label = np.arange(IMAGES) % 2
    predictions = {"part": "test", "image": np.arange(IMAGES), "label": label,
                   "predicted": np.where(right, label, 1 - label)}  # fmt: skip
    parameters, depth, shape = LAYERS[training["network"]]
    row = keys | {k: training[k] for k in DEFAULTS} | {
        "parameters": parameters, "depth": depth, "train_accuracy": accuracy + 2,
        "validation_accuracy": accuracy + 1, "test_accuracy": accuracy,
        "diverged_step": 40.0 if lost else np.nan,
    }  # fmt: skip
    weights = random.normal(size=shape).astype("float32")
    Path(training["weights"]).parent.mkdir(parents=True, exist_ok=True)
    save_file({"10.weight": weights[:2], "2.weight": weights}, training["weights"])
    cost = {"seconds": 60.0, "validation_seconds": 40.0, "device_name": "a machine"}
    return {
        "trainings": pd.DataFrame([row]),
        "records": pd.DataFrame(keys, index=records.index).join(records),
        "predictions": pd.DataFrame(keys | predictions).iloc[: 0 if lost else None],
        "costs": pd.DataFrame([keys | cost]),
    }


def _write_images(folder: Path) -> None:
    (folder / "raw").mkdir()
    shape = np.array([40, 28, 28], ">u4").tobytes()
    images = np.random.default_rng(0).integers(0, 255, 40 * 784, np.uint8).tobytes()
    (folder / "raw" / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + shape + images)
    labels = np.arange(40, dtype=np.uint8) % 2
    header = b"\0\0\x08\x01" + np.array([40], ">u4").tobytes()
    (folder / "raw" / "train-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    counts = {"train": [15, 15], "validation": [5, 5], "test": [200, 200]}
    split = {"train": list(range(30)), "validation": list(range(30, 40)), "class_counts": counts}
    write_json(folder / "split.json", sealed(split))
