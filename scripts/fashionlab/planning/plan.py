"""The plan: every training that the configuration asks for, and what each is computed from.

Pure functions of the configuration, used by the Snakefile, by ``show_plan.py`` and by tests. The
plan is also written to ``results/plan.json``, where everything after training reads it.
"""

import itertools
from collections.abc import Iterator
from typing import Any

from fashionlab import prose
from fashionlab.planning.notation import (
    count_depth,
    count_first_layer_weights,
    count_multiplications,
    count_parameters,
    parse_network,
)
from fashionlab.planning.planned import beginnings_of
from fashionlab.storage.files import canonical_json, sha256_text

# What a grid may vary, in the order in which variants are named, with the prefix of a plain number.
AXES = {
    "network": "",
    "activation": "",
    "optimizer": "",
    "learning_rate": "lr",
    "input_range": "",
    "batch_size": "batch",
    "epochs": "epochs",
    "split_seed": "split",
}
IMAGE_SIZE = (28, 28)


def build_plan(config: dict, training_source: str, split_source: str) -> dict:
    """Return the plan of a valid configuration (JSON-serialisable; trainings sorted by id).

    The sources are fingerprints of the programs that train and that split. Raises ValueError for
    an ``auto`` switch that no training decides.
    """
    split = _split_specification(config, split_source)
    shared = {"source": training_source, "seed": config["seed"]}
    trainings = [
        _training(config, experiment, settings, run, shared, split)
        for experiment in config["experiments"]
        for settings in _combinations(config, experiment)
        for run in range(1, settings["runs"] + 1)
    ]
    trainings.sort(key=lambda training: training["id"])
    for training in trainings:
        training["switches_from"] = _switches_from(training, trainings)

    def used(axis: str) -> list[str]:
        """Return what trainings name, sorted: what none uses is no part of the study."""
        return sorted({training[axis] for training in trainings})

    return {
        "results": config["results"],
        "seed": config["seed"],
        "demonstration": config["demonstration"],
        "dataset": {"image_shape": list(image_shape(config))}
        | {key: config["dataset"].get(key) for key in ("name", "classes", "folder", "sha256")},
        "split": config["split"],
        "split_specification": split,
        "split_sizes": split_sizes(config),
        "networks": {name: _describe_network(config, name) for name in used("network")},
        "schedules": {
            name: _stages(config, name)
            for name in used("learning_rate")
            if name in config["schedules"] or name in config.get("schedulers", {})
        },
        "input_ranges": {name: config["input_ranges"][name] for name in used("input_range")},
        "figures": config["figures"],
        "experiments": {name: _describe(config, name, trainings) for name in config["experiments"]},
        "trainings": trainings,
    }


def _split_specification(config: dict, source: str) -> dict:
    """Return all that the split is computed from; ``source`` is its program's fingerprint."""
    split, dataset = config["split"], config["dataset"]
    return split | {
        "classes": len(dataset["classes"]),
        "sha256": dataset["sha256"],
        "dataset_images": training_images(config),
        "image_size": list(config["dataset"].get("image_size", IMAGE_SIZE)),
        "source": source,
    }


def _combinations(config: dict, experiment: str) -> Iterator[dict]:
    """Yield the settings of every variant of an experiment."""
    section = config["experiments"][experiment]
    grid = section.get("grid", {})
    axes = [axis for axis in AXES if axis in grid]
    fixed = config["defaults"] | {k: v for k, v in section.items() if k in config["defaults"]}
    fixed |= {"split_seed": config["split"]["seed"]}
    for values in itertools.product(*(grid[axis] for axis in axes)):
        chosen = dict(zip(axes, values, strict=True))
        yield fixed | chosen | {"variant": _variant_name(chosen)}


def _variant_name(chosen: dict) -> str:
    names = (value_text(v, prefix=AXES[axis]) for axis, v in chosen.items())
    return "-".join(names) or "default"


def value_text(value: float | str, prefix: str = "") -> str:
    """Return how a value of an axis is written in a variant's name; the prefix is of numbers."""
    return value if isinstance(value, str) else f"{prefix}{prose.setting(value)}"


def _training(
    config: dict, experiment: str, settings: dict, run: int, shared: dict, split: dict
) -> dict:
    steps = split_sizes(config)["train"] // settings["batch_size"]
    seed = settings["split_seed"]
    specification = shared | {
        "split": sha256_text(canonical_json(split | {"seed": seed})),
        "network": " ".join(config["networks"][settings["network"]].split()),
        "classes": len(config["dataset"]["classes"]),
        "activation": config["activations"][settings["activation"]],
        "optimizer": config["optimizers"][settings["optimizer"]],
        "learning_rate": _stages(config, settings["learning_rate"]),
        "input_range": config["input_ranges"][settings["input_range"]],
        "run": run,
    }
    specification |= {k: settings[k] for k in ("batch_size", "epochs", "record_every", "validate")}
    folder = f"{config['results']}/runs/{experiment}/{settings['variant']}"
    file = "split" if seed == config["split"]["seed"] else f"splits/seed{seed}"
    names = ("network", "activation", "optimizer", "input_range", "variant", "split_seed")
    numbers = ("batch_size", "epochs", "record_every", "validate")
    return {key: settings[key] for key in names + numbers} | {
        "id": f"{experiment}/{settings['variant']}/run{run}",
        "experiment": experiment,
        "run": run,
        "learning_rate": value_text(settings["learning_rate"]),
        "steps_per_epoch": steps,
        "records_per_epoch": -(-steps // settings["record_every"]),
        "split": f"{config['results']}/{file}.json",
        "result": f"{folder}/run{run}.json",
        "weights": f"{folder}/run{run}.safetensors",
        "environment": f"{folder}/run{run}.environment.json",
        "specification": specification,
        "specification_sha256": sha256_text(canonical_json(specification)),
    }


def _switches_from(training: dict, trainings: list[dict]) -> str | None:
    """Return the training whose finished curve decides the last ``auto`` switch, or None.

    It is one of the same run. Raises ValueError if there is none.
    """
    stages = training["specification"]["learning_rate"]
    auto = [number for number, stage in enumerate(stages, start=1) if stage["until"] == "auto"]
    if not auto:
        return None
    for other in beginnings_of(training, auto[-1], trainings):
        if other["run"] == training["run"]:
            return other["id"]
    rates = " then ".join(prose.setting(stage["rate"]) for stage in stages[: auto[-1]])
    raise ValueError(
        f"schedules: {training['learning_rate']}: until: auto needs a training of "
        f"'{training['network']}' with the learning rate {rates}, otherwise alike, in an experiment"
    )


def _stages(config: dict, rate: float | str) -> list[dict[str, Any]]:
    """Return a learning rate as stages: each a rate and the first epoch of the next one.

    One that a class of PyTorch schedules is a stage that begins with its rate and names the class.
    """
    if isinstance(rate, str) and (options := config.get("schedulers", {}).get(rate)):
        named = {key: value for key, value in options.items() if key != "rate"}
        return [{"rate": float(options["rate"]), "until": None, "scheduler": named}]
    stages = config["schedules"][rate] if isinstance(rate, str) else [{"rate": rate}]
    return [{"rate": float(stage["rate"]), "until": stage.get("until")} for stage in stages]


def _describe_network(config: dict, name: str) -> dict:
    line, classes = config["networks"][name], len(config["dataset"]["classes"])
    layers = parse_network(line, image_shape(config), classes)
    return {
        "line": " ".join(line.split()),
        "parameters": count_parameters(layers),
        "depth": count_depth(layers),
        "first_layer_weights": count_first_layer_weights(layers),
        "multiplications": count_multiplications(layers),
        "layers": [
            {"kind": layer.kind, "parameters": layer.parameters}
            | {"output_shape": list(layer.output_shape)}
            for layer in layers
        ],
    }


def _describe(config: dict, name: str, trainings: list[dict]) -> dict:
    section = config["experiments"][name]
    own = [training for training in trainings if training["experiment"] == name]
    return {
        "place": list(config["experiments"]).index(name),
        "title": section.get("title", name.replace("_", " ").capitalize()).removesuffix("."),
        "question": section.get("question", ""),
        "grid": section.get("grid", {}),
        "runs": max(training["run"] for training in own),
        "variants": list(dict.fromkeys(training["variant"] for training in own)),
    }


# What a configuration says of the data, and sizes that follow from it ----------------------------


def image_shape(config: dict) -> tuple[int, int, int]:
    """Return channels, height and width of the images."""
    *channels, height, width = config["dataset"].get("image_size", IMAGE_SIZE)
    return channels[0] if channels else 1, height, width


def training_images(config: dict) -> int:
    """Return the number of training images that the data set has, before any are set aside."""
    return config["dataset"].get("images", 60_000)


def split_sizes(config: dict) -> dict[str, int]:
    """Return the numbers of training and of validation images."""
    images = config["split"]["images"] or training_images(config)
    validation = round(images * config["split"]["validation_fraction"])
    return {"train": images - validation, "validation": validation}
