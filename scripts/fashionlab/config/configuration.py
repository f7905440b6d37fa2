"""The configuration: checked before any job starts, with messages for people, in one spelling.

What means the same is written the same: specifications are made of it, so that another way to
write the study trains nothing again.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fashionlab.config.layers import (
    ConfigurationError,
    Layers,
    merge_layers,
    origin,
    read_layers,
    shortened,
)
from fashionlab.config.meaning import CATALOGUES, meaning_mistakes
from fashionlab.config.schema_check import Mistake, nearest, printable, schema_mistakes
from fashionlab.planning.notation import Layer, parse_network
from fashionlab.planning.plan import image_shape, training_images

NULLABLE = (*CATALOGUES.values(), "schedulers", "experiments")  # whose entries a null leaves out
MOST_MISTAKES = 10  # that one message lists


def load_configuration(files: Iterable[str | Path] = (), settings: dict | None = None) -> dict:
    """Return the checked configuration of config.yaml, other files and the command line.

    Raises ConfigurationError with a line for each mistake.
    """
    layers = read_layers(files, settings)
    return check_configuration(merge_layers(layers), layers)


def check_configuration(config: dict, layers: Layers) -> dict:
    """Return a sound configuration in its one spelling, without what is null.

    ``layers`` say which file a value comes from. Raises ConfigurationError, a line a mistake.
    """
    mistakes = list(_null_mistakes(config, layers))
    config = config | {
        name: {key: value for key, value in config[name].items() if value is not None}
        for name in NULLABLE
        if isinstance(config.get(name), dict)
    }
    mistakes += dict.fromkeys(schema_mistakes(config))
    mistakes = mistakes or list(dict.fromkeys(meaning_mistakes(config, layers)))
    if mistakes:
        lines = [
            ": ".join([origin(layers, path), *map(_step, path), message])
            for path, message in mistakes[:MOST_MISTAKES]
        ]
        more = len(mistakes) - MOST_MISTAKES
        raise ConfigurationError("\n".join([*lines] + [f"... and {more} more"] * (more > 0)))
    return canonical(config)


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"entry {step + 1}"
    text = printable(step)
    return f"'{text}'" if text != text.strip(" :") or not text else text


def _null_mistakes(config: dict, layers: Layers) -> Iterator[Mistake]:
    """Yield nulls that leave nothing out: no file has that name."""
    for section in NULLABLE:
        said = [layer[section] for _, layer in layers if isinstance(layer.get(section), dict)]
        known = {key for entries in said for key, value in entries.items() if value is not None}
        entries = config[section] if isinstance(config.get(section), dict) else {}
        for key, value in entries.items():
            if value is None and key not in known:
                yield (section, key), f"there is none to leave out{nearest(key, sorted(known))}"


def canonical(config: dict) -> dict:
    """Return a sound configuration in its one spelling.

    Folders below this one are relative to it, checksums are in lower case, all images are null,
    `conv3x3x16` is `conv3x16`, and 1.0 is 1; but
    options of PyTorch's classes are as they were written, for 1 and 1.0 may differ there.
    """
    shape, classes = image_shape(config), len(config["dataset"]["classes"])
    sums, images = config["dataset"]["sha256"], config["split"]["images"]
    return _whole_numbers(config) | {
        "results": shortened(config["results"]),
        "dataset": config["dataset"] | {"sha256": {name: sums[name].lower() for name in sums}},
        "split": config["split"]
        | {"images": None if images == training_images(config) else images},
        "networks": {
            name: " ".join(map(_token, parse_network(line, shape, classes)[:-1]))
            for name, line in config["networks"].items()
        },
        "activations": config["activations"],
        "optimizers": config["optimizers"],
        "schedulers": config.get("schedulers", {}),
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
