"""Networks in the notation of ``config.yaml``: one line of layers, parsed into shapes and counts.

Pure Python: Snakemake parses the workflow again for every cluster job, so nothing here may import
PyTorch. ``networks.py`` builds the modules from the same layers.
"""

import math
import re
from dataclasses import dataclass

TOKENS = "conv3x16, conv3x5x16, fc64, act, pool, norm, drop0.5"
WEIGHTED = ("conv", "fc")  # layers that count as depth, and that a network needs one of


@dataclass(frozen=True)
class Layer:
    """One layer with the shape of its output and the count of its trainable parameters."""

    kind: str  # conv | fc | act | pool | norm | drop
    text: str
    output_shape: tuple[int, ...]  # (channels, height, width), or (features,)
    parameters: int = 0
    kernel: tuple[int, int] | None = None
    rate: float = 0.0  # share of the values that a drop sets to zero


def parse_network(line: str, input_shape: tuple[int, int, int], classes: int) -> list[Layer]:
    """Return the layers of a network line, with the linear prediction layer appended.

    Raises ValueError, naming the token, for what cannot be read or does not fit its input.
    """
    layers: list[Layer] = []
    shape: tuple[int, ...] = input_shape
    for token in line.split():
        layers.append(_parse_layer(token, shape))
        shape = layers[-1].output_shape
    if not any(layer.kind in WEIGHTED for layer in layers):
        raise ValueError("a network needs at least one conv or fc layer")
    return [*layers, _linear(f"fc{classes}", classes, shape)]


def count_parameters(layers: list[Layer]) -> int:
    """Return the number of trainable parameters (weights and biases)."""
    return sum(layer.parameters for layer in layers)


def count_depth(layers: list[Layer]) -> int:
    """Return the number of convolutions and linear layers."""
    return sum(layer.kind in WEIGHTED for layer in layers)


def count_first_layer_weights(layers: list[Layer]) -> int:
    """Return the number of weights, without biases, of the first convolution or linear layer."""
    first = next(layer for layer in layers if layer.kind in WEIGHTED)
    return first.parameters - first.output_shape[0]


def count_multiplications(layers: list[Layer]) -> int:
    """Return the number of multiplications of one image's forward pass."""
    total = 0
    for layer in layers:
        if layer.parameters:
            outputs, *positions = layer.output_shape
            total += (layer.parameters - outputs) * math.prod(positions)
    return total


def _parse_layer(token: str, shape: tuple[int, ...]) -> Layer:
    if token == "act":
        return Layer("act", token, shape)
    if token == "pool":
        return _pool(token, shape)
    if token == "norm":  # a factor and a shift for each map or feature
        return Layer("norm", token, shape, 2 * shape[0])
    if match := re.fullmatch(r"drop(0\.\d{1,6})", token, re.ASCII):
        return _drop(float(match[1]), shape)
    if match := re.fullmatch(r"fc([1-9]\d{0,5})", token, re.ASCII):
        return _linear(token, int(match[1]), shape)
    if match := re.fullmatch(r"conv([1-9]\d?)(?:x([1-9]\d?))?x([1-9]\d{0,3})", token, re.ASCII):
        kernel = int(match[1]), int(match[2] or match[1])
        return _convolution(token, kernel, int(match[3]), shape)
    raise ValueError(f"cannot read '{token}'; a layer is one of {TOKENS}")


def _drop(rate: float, shape: tuple[int, ...]) -> Layer:
    if not rate:
        raise ValueError("'drop0.0' drops nothing: leave it out")
    return Layer("drop", f"drop{rate:f}".rstrip("0"), shape, rate=rate)


def _image(token: str, shape: tuple[int, ...]) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise ValueError(f"'{token}' needs an image, but comes after a linear layer")
    return shape  # type: ignore[return-value]


def _convolution(token: str, kernel: tuple[int, int], maps: int, shape: tuple[int, ...]) -> Layer:
    channels, height, width = _image(token, shape)
    if kernel[0] > height or kernel[1] > width:
        raise ValueError(f"the kernel of '{token}' is larger than its {height} x {width} input")
    output = maps, height - kernel[0] + 1, width - kernel[1] + 1
    return Layer("conv", token, output, (kernel[0] * kernel[1] * channels + 1) * maps, kernel)


def _pool(token: str, shape: tuple[int, ...]) -> Layer:
    channels, height, width = _image(token, shape)
    if min(height, width) < 2:
        raise ValueError(f"'{token}' needs at least 2 x 2 values, but gets {height} x {width}")
    return Layer("pool", token, (channels, height // 2, width // 2))


def _linear(token: str, outputs: int, shape: tuple[int, ...]) -> Layer:
    return Layer("fc", token, (outputs,), (math.prod(shape) + 1) * outputs)
