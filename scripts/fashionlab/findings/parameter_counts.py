"""Counts of parameters: by the report's formulas, as TeX, and as PyTorch stored them."""

import json
import math
import struct
from itertools import pairwise
from pathlib import Path


def worked_formula(layers: list[dict], input_shape: list[int]) -> list[str]:
    """Return the terms of the count of a network's parameters as TeX, one a layer with weights."""
    terms, shape = [], input_shape
    for layer in layers:
        if layer["parameters"]:
            units = layer["output_shape"][0]
            terms.append(f"\\left({_inputs_of_unit(layer, shape)} + 1\\right) \\cdot {units}")
        shape = layer["output_shape"]
    return terms


def count_by_formula(layers: list[dict], input_shape: list[int]) -> int:
    """Return the number of parameters by the formulas of the report, from shapes alone."""
    total, shape = 0, input_shape
    for layer in layers:
        if layer["kind"] == "conv":
            height, width = _kernel(layer, shape)
            total += (height * width * shape[0] + 1) * layer["output_shape"][0]
        elif layer["kind"] == "fc":
            total += (math.prod(shape) + 1) * layer["output_shape"][0]
        shape = layer["output_shape"]
    return total


def count_stored(path: Path) -> int | None:
    """Return the number of values that PyTorch stored as a network's weights; None if lost.

    Reads the header of a safetensors file: its length in 8 bytes, then JSON with every shape.
    """
    if not path.exists():
        return None
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return sum(math.prod(v["shape"]) for name, v in header.items() if name != "__metadata__")


def linear_chain(layers: list[dict], input_shape: list[int]) -> dict | None:
    """Return what a network with a linear layer straight after another amounts to, or None.

    Two linear maps in a row are one: `dropped` is the first one's width, `widths` and `parameters`
    describe the perceptron without it. None for networks with convolutions.
    """
    weighty = [(i, layer) for i, layer in enumerate(layers) if layer["kind"] == "fc"]
    drop = [i for i, _ in weighty if i + 1 < len(layers) and layers[i + 1]["kind"] == "fc"]
    if not drop or any(layer["kind"] == "conv" for layer in layers):
        return None
    kept = [layer["output_shape"][0] for i, layer in weighty if i not in drop]
    widths = [math.prod(input_shape), *kept]
    parameters = sum((a + 1) * b for a, b in pairwise(widths))
    return {
        "dropped": [layers[i]["output_shape"][0] for i in drop],
        "widths": "-".join(map(str, widths)),
        "parameters": parameters,
    }


def _kernel(layer: dict, shape: list[int]) -> tuple[int, int]:
    """Return a kernel's height and width: without padding an image shrinks by kernel - 1."""
    return shape[1] - layer["output_shape"][1] + 1, shape[2] - layer["output_shape"][2] + 1


def _inputs_of_unit(layer: dict, shape: list[int]) -> str:
    if layer["kind"] == "conv":
        height, width = _kernel(layer, shape)
        return f"{height} \\cdot {width} \\cdot {shape[0]}"
    return str(math.prod(shape))
