"""A made-up study: the plan of a configuration, with results as chosen. For all unit tests."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from safetensors.numpy import save_file

from conftest import ROOT
from fashionlab.planning.plan import build_plan
from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed
from fashionlab.storage.tables import SETTINGS, write_table
from fashionlab.study import Study

IMAGES = {"test": 1000, "validation": 500, "train": 4500}  # counted on, of ten classes
RECORDS = 18  # an epoch
DEVICE = {
    "device": "cpu", "device_name": "a processor", "python": "3.12.1", "torch": "2.15.0",
    "numpy": "2.4.6", "platform": "Linux", "peak_memory_mb": 500.0,
}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """What one variant's made-up runs are like; each run differs from the next by `spread`."""

    train: float = 90.0
    validation: float = 88.0
    test: float = 88.0
    gradient: float = 1.0
    loss: float = 0.3  # to which it falls from 2.3
    epochs_to_learn: float = 1.0  # time constant of the curves
    unrest: float = 0.2  # of the validation accuracy from record to record
    wrong_from: int = 0  # first of the images that are classified wrongly
    diverged: dict[int, int] = field(default_factory=dict)  # run -> step
    switches: dict[int, list[int]] = field(default_factory=dict)  # run -> epochs found by `auto`


def made_up(
    runs: int = 1,
    without: tuple[str, ...] = (),
    spread: float = 0.1,
    config: dict | None = None,
    default: Made | None = None,
    **variants: Made,
) -> Study:
    """Return a study of config.yaml, without some experiments or variants.

    ``config``: sections to merge over it; ``variants``: by name, with "_" for what a name of
    Python cannot have ("cnn3_relu", "lr01"); the others are as ``default``.
    """
    plan = plan_of(runs, without, config or {})
    names = [t["variant"].replace("-", "_").replace(".", "") for t in plan["trainings"]]
    assert variants.keys() <= set(names)
    parts: dict[str, list] = {
        name: [] for name in ("trainings", "records", "predictions", "costs", "phases")
    }
    for number, (training, name) in enumerate(zip(plan["trainings"], names, strict=True)):
        made = variants.get(name, default or Made())
        shift = spread * ((training["run"] + 1) % 3 - 1) if runs > 1 else 0.0
        key = {name: training[name] for name in ("experiment", "variant", "run")}
        parts["trainings"].append(_final(plan, training, made, shift) | key)
        parts["records"].append(_records(plan, training, made, shift).assign(**key))
        parts["predictions"].append(_predictions(training, made, shift).assign(**key))
        parts["costs"].append(
            key
            | DEVICE
            | {"seconds": 100.0 + number, "training_seconds": 30.0, "validation_seconds": 60.0}
        )
        parts["phases"] += [key | phase for phase in _phases(training, made)]
    whole = ("trainings", "costs", "phases")
    tables = {name: pd.DataFrame(rows) if name in whole else pd.concat(rows, ignore_index=True)
              for name, rows in parts.items()}  # fmt: skip
    study = Study(plan, tables, weights=lambda training: tensors_of(plan, training))
    share = {part: [number // 10] * 10 for part, number in IMAGES.items()}
    study.split = {"class_counts": share, "train": list(range(400))}
    study.claims = []
    study.initial_layers = _initial_layers(plan)
    return study


def plan_of(runs: int, without: tuple[str, ...], config: dict) -> dict:
    """Return the plan of config.yaml with other sections, without some experiments or variants."""
    settings = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    for section, content in config.items():
        settings[section] = settings[section] | content if isinstance(content, dict) else content
    sections = settings["experiments"].items()
    settings["experiments"] = {k: v | {"runs": runs} for k, v in sections if k not in without}
    settings["defaults"]["record_every"] = 1080 // RECORDS
    plan = build_plan(settings, "source", "source")
    plan["trainings"] = [t for t in plan["trainings"] if t["variant"] not in without]
    return plan


def write(study: Study, folder: Path) -> Path:
    """Write plan, tables, split, claims, weights and images of a study as a finished one's."""
    study.plan["dataset"]["folder"] = str(folder / "raw")
    for name in ("trainings", "records", "predictions", "costs", "phases"):
        write_table(study.table(name), folder / "tables" / name, ["parquet"])
    write_json(folder / "plan.json", sealed(study.plan))
    write_json(folder / "split.json", sealed(study.split))
    layers = study.initial_layers.to_dict("records")
    write_json(folder / "initial_gradients.json", sealed({"layers": layers}))
    write_json(folder / "claims.json", sealed({"claims": study.claims, "plateaus": {}}))
    for training in study.plan["trainings"]:
        path = folder / Path(training["weights"]).relative_to(study.plan["results"])
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors_of(study.plan, training), path)
    _write_images(folder / "raw")
    return folder


def _final(plan: dict, training: dict, made: Made, shift: float) -> dict:
    network, step = plan["networks"][training["network"]], made.diverged.get(training["run"])
    lost = 0.0 if step is None else math.nan
    return (
        {key: training[key] for key in SETTINGS}
        | {key: network[key] for key in ("parameters", "depth", "first_layer_weights")}
        | {
            f"{name}_accuracy": getattr(made, name) + shift * share + lost
            for name, share in (("train", 0.5), ("validation", 1), ("test", 1))
        }
        | {"checksum": training["id"], "diverged_step": math.nan if step is None else float(step)}
        | {
            "diverged_epoch": math.nan
            if step is None
            else float(step // training["steps_per_epoch"])
        }
    )


def _records(plan: dict, training: dict, made: Made, shift: float) -> pd.DataFrame:
    each, per_epoch = training["records_per_epoch"], training["steps_per_epoch"]
    epoch, record = np.divmod(np.arange(training["epochs"] * each), each)
    step = epoch * per_epoch + record * training["record_every"]
    t = step / per_epoch / made.epochs_to_learn / math.exp(shift / 5)
    zigzag = made.unrest * math.exp(shift / 5) * (-1.0) ** np.arange(len(step))
    weights = plan["networks"][training["network"]]["first_layer_weights"]
    gradient = np.full(len(step), made.gradient * math.exp(shift / 5))
    validation = 10 + (made.validation - 9) * (1 - np.exp(-t)) + zigzag
    if training["validate"] == "epochs":
        validation[record != each - 1] = math.nan
    table = pd.DataFrame({
        "epoch": epoch, "step": step,
        "loss": made.loss + (2.3 - made.loss) * np.exp(-t),
        "train_accuracy": 10 + (made.train - 10) * (1 - np.exp(-t)),
        "gradient_norm": gradient, "gradient_rms": gradient / math.sqrt(weights),
        "validation_accuracy": validation,
    })  # fmt: skip
    lost = made.diverged.get(training["run"], math.inf)
    table.loc[table["step"] > lost, "loss":] = math.nan
    return table


def _predictions(training: dict, made: Made, shift: float) -> pd.DataFrame:
    parts = []
    for part in ("validation", "test"):
        image = np.arange(0 if training["run"] in made.diverged else IMAGES[part])
        accuracy = getattr(made, part) + shift
        wrong = made.wrong_from + np.arange(round((100 - accuracy) * len(image) / 100))
        right, label = ~np.isin(image, wrong), image % 10
        parts.append(pd.DataFrame({
            "part": part, "image": image, "label": label,
            "predicted": np.where(right, label, (label + 6) % 10),
            "log_likelihood": np.log(np.where(right, 0.9, 0.05)), "confidence": 0.9,
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _initial_layers(plan: dict) -> pd.DataFrame:
    """Return errors that each layer divides by 7, of two draws."""
    rows = []
    for training in plan["trainings"]:
        if training["experiment"] == "activations" and training["run"] == 1:
            depth = plan["networks"][training["network"]]["depth"]
            rows += [
                {"experiment": "activations", "variant": training["variant"]}
                | {"draw": draw, "layer": layer}
                | {
                    "error": draw * 7.0 ** (layer - depth),
                    "gradient": draw * 2.0 ** (layer - depth),
                }
                for draw in (1, 2)
                for layer in range(1, depth + 1)
            ]
    return pd.DataFrame(rows)


def _phases(training: dict, made: Made) -> list[dict]:
    found = iter(made.switches.get(training["run"], []))
    rows, start = [], 0
    for number, stage in enumerate(training["specification"]["learning_rate"], start=1):
        until = next(found) if stage["until"] == "auto" else stage["until"]
        end = min(until or training["epochs"], training["epochs"])
        if start < end:
            rows.append({"phase": number, "rate": stage["rate"], "first": start, "last": end - 1})
        start = end
    return rows


def tensors_of(plan: dict, training: dict) -> dict[str, np.ndarray]:
    """Return weights and biases: smooth images where a first layer sees whole ones, else noise."""
    generator, tensors = np.random.default_rng(training["run"]), {}
    shape = plan["dataset"]["image_shape"]
    for number, layer in enumerate(plan["networks"][training["network"]]["layers"]):
        out = layer["output_shape"]
        if layer["kind"] == "conv":
            kernel = (shape[1] - out[1] + 1, shape[2] - out[2] + 1)
            weight = generator.normal(size=(out[0], shape[0], *kernel))
        elif len(shape) == 3:
            weight = generator.normal(size=(out[0], *shape[1:])).cumsum(axis=1).cumsum(axis=2)
            weight = np.repeat(weight[:, None], shape[0], axis=1).reshape(out[0], -1)
        else:
            weight = generator.normal(size=(out[0], math.prod(shape)))
        if layer["parameters"]:
            tensors[f"{number}.weight"] = weight.astype(np.float32)
            tensors[f"{number}.bias"] = np.zeros(out[0], np.float32)
        shape = out
    return tensors


def _write_images(folder: Path, count: int = 400) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 255, count * 784, np.uint8).tobytes()
    header = np.array([count], ">u4").tobytes()
    shape = np.array([count, 28, 28], ">u4").tobytes()
    labels = (np.arange(count, dtype=np.uint8) % 10).tobytes()
    for part in ("train", "t10k"):
        (folder / f"{part}-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + shape + pixels)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + header + labels)
