"""One spelling of a configuration: what means the same is written the same.

Specifications are made of it, so that another way to write the study trains nothing again.
"""

from typing import Any

from fashionlab.planning.dataset import image_shape, training_images
from fashionlab.planning.notation import Layer, parse_network


def canonical(config: dict) -> dict:
    """Return a sound configuration in its one spelling.

    Checksums are in lower case, all images are null, `conv3x3x16` is `conv3x16`, and 1.0 is 1; but
    options of PyTorch's classes are as they were written, for 1 and 1.0 may differ there.
    """
    shape, classes = image_shape(config), len(config["dataset"]["classes"])
    sums, images = config["dataset"]["sha256"], config["split"]["images"]
    return _whole_numbers(config) | {
        "dataset": config["dataset"] | {"sha256": {name: sums[name].lower() for name in sums}},
        "split": config["split"]
        | {"images": None if images == training_images(config) else images},
        "networks": {
            name: " ".join(map(_token, parse_network(line, shape, classes)[:-1]))
            for name, line in config["networks"].items()
        },
        "activations": config["activations"],
        "optimizers": config["optimizers"],
    }


def _token(layer: Layer) -> str:
    if layer.kernel is None:
        return layer.text
    height, width = layer.kernel
    return f"conv{height}{'' if width == height else f'x{width}'}x{layer.output_shape[0]}"


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(inner) for inner in value]
    short = isinstance(value, float) and value.is_integer() and abs(value) < 2**53
    return int(value) if short else value
