"""Tidy tables of all results: one observation a row, keyed by experiment, variant and run.

Every result is verified before it is used. The columns and their units are described in
``docs/results.md``.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet as pq

from fashionlab.storage.files import replacing
from fashionlab.storage.published import numbers_checksum
from fashionlab.storage.reading import damaged, read_json
from fashionlab.storage.results import CURVES

KEY = ["experiment", "variant", "run"]
PARTS = ("train", "validation", "test")
FINAL = [f"{part}_{what}" for what in ("accuracy", "loss") for part in PARTS]
CERTAINTY = ["log_likelihood", "confidence"]
SETTINGS = [
    "network", "activation", "optimizer", "learning_rate", "input_range", "batch_size", "epochs",
    "split_seed",
]  # fmt: skip
COSTS = [
    "seconds", "training_seconds", "validation_seconds", "device", "device_name", "python", "torch",
    "numpy", "platform", "peak_memory_mb"
]  # fmt: skip
TABLE_MARK = {b"fashionlab": b"table"}  # in the metadata of a Parquet file that the study wrote


def end_results(plan: dict, results: dict[str, dict]) -> pd.DataFrame:
    """Return one row a training: its settings, final accuracies in percent and losses in nat."""
    rows = []
    for training in plan["trainings"]:
        network, result = plan["networks"][training["network"]], results[training["id"]]
        diverged = result["diverged"] or {"epoch": None, "step": None}
        rows.append(
            {key: training[key] for key in KEY + SETTINGS}
            | {key: network[key] for key in ("parameters", "depth", "first_layer_weights")}
            | {name: result["final"][name] for name in FINAL}
            | {f"diverged_{key}": diverged[key] for key in ("epoch", "step")}
            | {"checksum": numbers_checksum(result)}
        )
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys([*FINAL, "diverged_epoch", "diverged_step"], "float64"))


def records(plan: dict, results: dict[str, dict]) -> pd.DataFrame:
    """Return one row a record; NaN where nothing was measured or the training had diverged."""
    return pd.concat(
        [_records_of(plan, t, results[t["id"]]) for t in plan["trainings"]], ignore_index=True
    )


def _records_of(plan: dict, training: dict, result: dict) -> pd.DataFrame:
    length, each = len(result["records"]["loss"]), training["records_per_epoch"]
    epoch, record = np.divmod(np.arange(length), each)
    columns = {
        "epoch": epoch,
        "step": epoch * training["steps_per_epoch"] + record * training["record_every"],
        "rate": np.array(result["rates"], dtype=float)[epoch],
    }
    columns |= {name: np.array(result["records"][name], dtype=float) for name in CURVES}
    weights = plan["networks"][training["network"]]["first_layer_weights"]
    columns["gradient_rms"] = columns["gradient_norm"] / math.sqrt(weights)
    keys = [*KEY, "network", "activation", "epoch", "step", "rate"]
    table = pd.DataFrame({key: training[key] for key in keys[:5]} | columns)
    return table[[*keys, *CURVES[:3], "gradient_rms", CURVES[3]]]


def predictions(
    plan: dict, results: dict[str, dict], images: dict[str, dict[str, tuple]]
) -> pd.DataFrame:
    """Return one row an image and training that did not diverge: what it took the image for.

    ``images``: by file of the split and "validation" or "test", the places [N] of the images in
    their file, and their labels [N].
    """
    tables = [
        pd.DataFrame(
            {key: training[key] for key in KEY}
            | {
                "part": part,
                "image": places.astype(np.int32),
                "label": labels.astype(np.int16),
                "predicted": np.array(found[part]["predicted"], dtype=np.int16),
            }
            | {key: np.array(found[part][key], dtype=float) for key in CERTAINTY}
        )
        for training in plan["trainings"]
        if (found := results[training["id"]]["predictions"]) is not None
        for part, (places, labels) in images[training["split"]].items()
    ]
    columns = [*KEY, "part", "image", "label", "predicted", *CERTAINTY]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def phases(plan: dict, results: dict[str, dict]) -> pd.DataFrame:
    """Return one row a training and phase of its learning rate: first and last epoch, as trained.

    From each result's own switch epochs, so that `auto` ones are those of that run.
    """
    rows = []
    for training in plan["trainings"]:
        start = 0
        for number, stage in enumerate(results[training["id"]]["learning_rate"], start=1):
            end = training["epochs"] if stage["until"] is None else stage["until"]
            if start < min(end, training["epochs"]):
                rows.append(
                    {key: training[key] for key in KEY}
                    | {"phase": number, "rate": stage["rate"]}
                    | {"first": start, "last": min(end, training["epochs"]) - 1}
                )
            start = end
    return pd.DataFrame(rows)


def costs(plan: dict) -> pd.DataFrame:
    """Return what each training took and ran on; NaN where the file beside a result is lost."""
    rows = []
    for training in plan["trainings"]:
        path = Path(training["environment"])
        environment = read_json(path, COSTS[3:-1]) if path.is_file() else {}
        rows.append(
            {key: training[key] for key in KEY} | {key: environment.get(key) for key in COSTS}
        )
    return pd.DataFrame(rows)


def summarise(end: pd.DataFrame, costs: pd.DataFrame) -> dict:
    """Return mean and spread over runs for each variant, and what the trainings ran on."""
    variants = {
        f"{experiment}/{variant}": _summarise_variant(runs)
        for (experiment, variant), runs in end.groupby(["experiment", "variant"], sort=True)
    }
    places = {name: sorted(set(costs[name].dropna())) for name in COSTS[3:-1]}
    mixed = any(len(values) > 1 for values in places.values())
    seconds = float(costs["seconds"].sum())
    return {"variants": variants, "environments": places | {"mixed": mixed}, "seconds": seconds}


def _summarise_variant(runs: pd.DataFrame) -> dict:
    accuracies = {
        f"{part}_accuracy": _spread(runs[f"{part}_accuracy"].dropna().tolist()) for part in PARTS
    }
    diverged = int(runs["diverged_step"].notna().sum())
    return {"runs": len(runs), "diverged": diverged} | accuracies


def _spread(values: list[float]) -> dict:
    return {
        "values": values,
        "mean": float(np.mean(values)) if values else None,
        "std": float(np.std(values, ddof=1)) if len(values) > 1 else None,
        "min": min(values, default=None),
        "max": max(values, default=None),
    }


def write_table(table: pd.DataFrame, stem: Path, formats: Iterable[str]) -> None:
    """Write a table as ``stem``.csv and/or ``stem``.parquet, whole or not at all."""
    for suffix in formats:
        with replacing(stem.with_suffix(f".{suffix}")) as file:
            if suffix == "csv":
                table.to_csv(file, index=False)
            else:
                content = pa.Table.from_pandas(table, preserve_index=False)
                marked = content.replace_schema_metadata({**content.schema.metadata, **TABLE_MARK})
                pq.write_table(marked, file, write_page_checksum=True)


def read_table(path: str | Path, **options: Any) -> pd.DataFrame:
    """Return a table; ``options`` are those of `pandas.read_parquet`.

    Raises ValueError, naming the file, where it is torn, altered or written by another program;
    OSError where it is missing.
    """
    try:
        if not TABLE_MARK.items() <= (pq.read_schema(path).metadata or {}).items():
            raise ValueError("it was altered, or is not of this version")
        return pd.read_parquet(path, page_checksum_verification=True, **options)
    except (FileNotFoundError, PermissionError):
        raise
    except (ValueError, OSError) as error:  # pyarrow's errors are of these kinds
        raise damaged(path, f"is not a complete table ({str(error).splitlines()[0]})") from None
