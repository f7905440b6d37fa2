"""What a configuration of the right form may still get wrong: names, sizes and what fits what."""

import difflib
import math
from collections.abc import Iterator
from typing import Any

from fashionlab.notation import count_parameters, parse_network
from fashionlab.plan import AXES, IMAGE_SHAPE, split_sizes

CATALOGUES = {
    "network": "networks",
    "activation": "activations",
    "optimizer": "optimizers",
    "learning_rate": "schedules",
    "input_range": "input_ranges",
}
MOST_PARAMETERS = 20_000_000  # with their gradients and Adam's two moments: 320 MB of 1.2 GB
MOST_TRAININGS = 10_000
SOURCES = ({"url"}, {"directory"}, {"package", "path"})


def meaning_errors(config: dict) -> Iterator[str]:
    """Yield a line for each mistake in a configuration that the schema allows."""
    yield from _dataset_errors(config)
    yield from _network_errors(config)
    yield from _schedule_errors(config)
    for name, section in {"defaults": config["defaults"], **config["experiments"]}.items():
        where = f"  config.yaml: {'' if name == 'defaults' else 'experiments: '}{name}"
        yield from _experiment_errors(config, where, section)
    for name, section in config["experiments"].items():
        yield from _switch_errors(config, name, section)
    trainings = sum(_count_trainings(config, name) for name in config["experiments"])
    if not 0 < trainings <= MOST_TRAININGS:
        yield f"  config.yaml: experiments: {trainings:,} trainings; 1 to {MOST_TRAININGS:,} can be"


def _dataset_errors(config: dict) -> Iterator[str]:
    dataset, images = config["dataset"], config["split"]["images"]
    for source in dataset["sources"]:
        if set(source) not in SOURCES:
            yield (
                f"  config.yaml: dataset: sources: {source}: give a url, or a directory, or a "
                "package and its path"
            )
    if images is not None and images > dataset.get("images", 60_000):
        yield f"  config.yaml: split: images: {images} of {dataset.get('images', 60_000)} images"
    for part, size in split_sizes(config).items():
        if size < len(dataset["classes"]):
            yield (
                f"  config.yaml: split: {size} {part} images are too few for "
                f"{len(dataset['classes'])} classes"
            )
    for name, (low, high) in config["input_ranges"].items():
        if low == high:
            yield f"  config.yaml: input_ranges: {name}: from {low} to {high}, all pixels are equal"


def _count_trainings(config: dict, name: str) -> int:
    section = config["experiments"][name]
    runs = section.get("runs", config["defaults"]["runs"])
    return runs * math.prod(len(values) for values in section.get("grid", {}).values())


def _network_errors(config: dict) -> Iterator[str]:
    for name, line in config["networks"].items():
        where = f"  config.yaml: networks: {name}"
        try:
            layers = parse_network(line, IMAGE_SHAPE, len(config["dataset"]["classes"]))
        except ValueError as error:
            yield f"{where}: {error}"
        else:
            if (parameters := count_parameters(layers)) > MOST_PARAMETERS:
                yield f"{where}: {parameters:,} parameters; at most {MOST_PARAMETERS:,} can be"


def _schedule_errors(config: dict) -> Iterator[str]:
    for name, stages in config["schedules"].items():
        where = f"  config.yaml: schedules: {name}"
        if name == "against_adam":
            yield f"{where}: a figure is called schedule_against_adam; choose another name"
        if "until" in stages[-1] or not all("until" in stage for stage in stages[:-1]):
            yield f"{where}: every rate but the last needs 'until', and the last has none"
        epochs = [stage["until"] for stage in stages[:-1] if stage.get("until", "auto") != "auto"]
        if epochs != sorted(set(epochs)):
            yield f"{where}: the switch epochs {epochs} do not rise"


def _experiment_errors(config: dict, where: str, section: dict) -> Iterator[str]:
    for axis in AXES:
        chosen = [section[axis]] if axis in section else []
        chosen += section.get("grid", {}).get(axis, [])
        names = [value if isinstance(value, str) else f"{value:g}" for value in chosen]
        if len(set(names)) < len(names):
            yield f"{where}: {axis}: a value is given twice (six digits tell numbers apart)"
        known = config[CATALOGUES[axis]] if axis in CATALOGUES else {}
        for value in chosen:
            if isinstance(value, str) and value not in known:
                yield f"{where}: {axis}: '{value}' is not in {CATALOGUES[axis]}" + nearest(
                    value, known
                )
            elif axis == "batch_size" and value > (images := split_sizes(config)["train"]):
                yield f"{where}: batch_size: {value} is more than the {images} training images"


def _switch_errors(config: dict, name: str, section: dict) -> Iterator[str]:
    settings = config["defaults"] | section
    grid = section.get("grid", {})
    epochs = min(grid.get("epochs", [settings["epochs"]]))
    for rate in grid.get("learning_rate", [settings["learning_rate"]]):
        stages = config["schedules"].get(rate, []) if isinstance(rate, str) else []
        for stage in stages:
            if isinstance(stage.get("until"), int) and stage["until"] >= epochs:
                yield (
                    f"  config.yaml: schedules: {rate}: until: {stage['until']} is not before the "
                    f"end of experiment '{name}', which has {epochs} epochs (counted from 0)"
                )


def nearest(name: Any, known: Any) -> str:
    """Return a hint: the known name that is meant, or all of them."""
    close = difflib.get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(map(str, known))}"
