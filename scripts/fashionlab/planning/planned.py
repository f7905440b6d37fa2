"""What is asked of a plan once it is made: trainings, and what follows from it alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fashionlab import prose
from fashionlab.storage.reading import read_sealed

PLAN_KEYS = (
    "results", "seed", "demonstration", "dataset", "split", "split_specification", "split_sizes",
    "networks", "schedules", "input_ranges", "figures", "experiments", "trainings",
)  # fmt: skip


def read_plan(path: str | Path) -> dict:
    """Return the plan (see ``build_plan``) that the workflow wrote; raises as `read_sealed`.

    Its experiments are in the order of the configuration, which a file with sorted keys has lost.
    """
    plan = read_sealed(path, PLAN_KEYS)
    places = sorted(plan["experiments"].items(), key=lambda item: item[1].get("place", 0))
    return plan | {"experiments": dict(places)}


def trainings_of(plan: dict, experiment: str) -> list[dict]:
    """Return the trainings of one experiment."""
    return [t for t in plan["trainings"] if t["experiment"] == experiment]


def split_seeds(plan: dict) -> list[int]:
    """Return the seeds that the splits of the trainings are drawn with, ascending."""
    return sorted({training["split_seed"] for training in plan["trainings"]})


def beginnings_of(training: dict, count: int, trainings: list[dict]) -> Iterator[dict]:
    """Yield the trainings with the first ``count`` rates of another, in any run, otherwise alike.

    They train as the other one does until the last of these rates ends: they switch the earlier
    ones at the same epochs, `auto` ones included. For how long, and what they record, may differ.
    """
    *earlier, last = training["specification"]["learning_rate"][:count]
    rates = [*earlier, last | {"until": None}]
    free = dict.fromkeys(("learning_rate", "run", "epochs", "record_every", "validate"))
    for other in trainings:
        settings = other["specification"]
        if (
            settings["learning_rate"] == rates
            and settings | free == training["specification"] | free
        ):
            yield other


def training_cost(plan: dict, training: dict) -> int:
    """Return roughly how long a training takes, in millions of multiplications.

    A step costs three forward passes of its batch; a validation one of the validation images.
    """
    forward = plan["networks"][training["network"]]["multiplications"]
    steps = training["epochs"] * training["steps_per_epoch"]
    each = training["records_per_epoch"] if training["validate"] == "records" else 1
    validated = training["epochs"] * each * plan["split_sizes"]["validation"]
    return forward * (3 * steps * training["batch_size"] + validated) // 1_000_000


def label(training: dict, axes: list[str]) -> str:
    """Return what a variant is called in sentences and tables: "cnn4", "cnn4 with ReLU".

    ``axes``: those in which the variants of its experiment differ.
    """
    own = training | {"input_range": training["specification"]["input_range"]}
    texts = [axis_text(axis, own[axis]) for axis in axes] or ["default"]
    return texts[0] if len(texts) == 1 else f"{texts[0]} with {prose.join(texts[1:])}"


def axis_text(axis: str, value: Any) -> str:
    """Return a value of an axis as one would say it: "ReLU", "rate 0.1", "three rates".

    Of an input range: its name, or its two bounds, which are said.
    """
    if axis in ("activation", "optimizer"):
        return prose.shown(str(value))
    if axis == "learning_rate":
        text = str(value)
        return f"rate {text}" if text[:1].isdigit() else text.replace("_", " ")
    if axis == "batch_size":
        return f"batches of {value}"
    if axis == "input_range" and not isinstance(value, str):
        return f"inputs in {prose.span(value)}"
    if axis == "split_seed":
        return f"split {value}"
    if axis == "epochs":
        return prose.count(int(value), "epoch")
    return str(value)


def merged_depth(layers: list[dict]) -> int:
    """Return the depth of a network with neighbouring linear layers counted as the one they are.

    ``layers``: as in the plan. Convolutions and linear layers are linear; with no activation or
    pool between them two of them compute nothing that one could not.
    """
    depth, linear = 0, False
    for layer in layers:
        if layer["kind"] in ("norm", "drop"):  # linear, too, once the network is trained
            continue
        weights = layer["kind"] in ("conv", "fc")
        depth += weights and not linear
        linear = weights
    return depth


def linear_chains(layers: list[dict]) -> list[list[dict]]:
    """Return the fully connected layers, those that are one linear map together."""
    chains: list[list[dict]] = []
    linear = False
    for layer in layers:
        if layer["kind"] == "fc":
            chains = [*chains[:-1], [*chains[-1], layer]] if linear else [*chains, [layer]]
        linear = layer["kind"] == "fc" or (linear and layer["kind"] in ("norm", "drop"))
    return chains


def chain_inputs(chain: list[dict]) -> int:
    """Return how many values go into the first of some fully connected layers."""
    return chain[0]["parameters"] // chain[0]["output_shape"][0] - 1  # the bias


def merged_parameters(layers: list[dict]) -> int:
    """Return the parameters of a network with fully connected layers in a row as the one they are.

    Convolutions in a row, which would need padding to be one, count as they are.
    """
    others = sum(layer["parameters"] for layer in layers if layer["kind"] != "fc")
    merged = ((chain_inputs(c) + 1) * c[-1]["output_shape"][0] for c in linear_chains(layers))
    return others + sum(merged)


def shapes(layers: list[dict], image: list[int]) -> str:
    """Return the shapes from image to logits: "1 x 28 x 28 -> 16 x 26 x 26 -> ... -> 10"."""
    found = [image]
    for layer in layers:
        if layer["output_shape"] != found[-1]:
            found.append(layer["output_shape"])
    return " \u2192 ".join("\u00d7".join(map(str, shape)) for shape in found)
