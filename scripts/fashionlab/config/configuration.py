"""The checks a configuration must pass before any job starts, with messages for people."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from fashionlab.config.canonical import canonical
from fashionlab.config.class_check import class_mistakes
from fashionlab.config.folder_check import folder_mistakes
from fashionlab.config.font_check import font_mistakes
from fashionlab.config.layers import ConfigurationError, Layers, merge_layers, origin, read_layers
from fashionlab.config.schema_check import Mistake, nearest, printable, schema_mistakes, shown
from fashionlab.planning.dataset import image_shape, split_sizes, training_images
from fashionlab.planning.notation import count_parameters, parse_network
from fashionlab.planning.plan import AXES, value_text

CATALOGUES = {
    "network": "networks",
    "activation": "activations",
    "optimizer": "optimizers",
    "learning_rate": "schedules",
    "input_range": "input_ranges",
}
NULLABLE = (*CATALOGUES.values(), "experiments")  # whose entries a null leaves out
MOST_PARAMETERS = 100_000_000
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
    mistakes += schema_mistakes(config)
    mistakes = mistakes or list(dict.fromkeys(_meaning_mistakes(config)))
    if mistakes:
        lines = [
            ": ".join([origin(layers, path), *map(_step, path), message])
            for path, message in mistakes[:MOST_MISTAKES]
        ]
        more = len(mistakes) - MOST_MISTAKES
        raise ConfigurationError("\n".join([*lines] + [f"... and {more} more"] * (more > 0)))
    return canonical(config)


def _step(step: str | int) -> str:
    return printable(step) if isinstance(step, str) else f"entry {step + 1}"


def _null_mistakes(config: dict, layers: Layers) -> Iterator[Mistake]:
    """Yield nulls that leave nothing out: no file has that name."""
    for section in NULLABLE:
        said = [layer[section] for _, layer in layers if isinstance(layer.get(section), dict)]
        known = {key for entries in said for key, value in entries.items() if value is not None}
        entries = config[section] if isinstance(config.get(section), dict) else {}
        for key, value in entries.items():
            if value is None and key not in known:
                yield (section, key), f"there is none to leave out{nearest(key, sorted(known))}"


def _meaning_mistakes(config: dict) -> Iterator[Mistake]:
    yield from folder_mistakes(config)
    for number, source in enumerate(config["dataset"]["sources"]):
        if source.keys() not in ({"url"}, {"directory"}, {"package", "path"}):
            yield (
                ("dataset", "sources", number),
                f"{shown(source)} is not allowed: a url, a directory, or a package and its path",
            )
    yield from font_mistakes(config)
    yield from _split_mistakes(config)
    yield from _network_mistakes(config)
    yield from class_mistakes(config)
    yield from _schedule_mistakes(config)
    for name, (low, high) in config["input_ranges"].items():
        if low == high:
            yield ("input_ranges", name), f"[{low}, {high}] makes all pixels equal"
    yield from _axis_mistakes(config, ("defaults",), config["defaults"])
    for name, section in config["experiments"].items():
        yield from _axis_mistakes(config, ("experiments", name), section)
        grid = section.get("grid", {})
        yield from _axis_mistakes(config, ("experiments", name, "grid"), grid)
        for axis in sorted(section.keys() & grid.keys()):
            yield ("experiments", name, axis), "stands in the grid as well; give it once"
        yield from _size_mistakes(config, name, section)


def _split_mistakes(config: dict) -> Iterator[Mistake]:
    """Yield what keeps a class from having an image on each side, were they equally frequent."""
    total, classes = training_images(config), len(config["dataset"]["classes"])
    images, fraction = config["split"]["images"], config["split"]["validation_fraction"]
    if images is not None and images != total and not classes <= images <= total - classes:
        yield (
            ("split", "images"),
            f"{images:,} is not allowed: from {classes} (the classes) to {total - classes:,}, or "
            f"null for all {total:,}",
        )
    elif min(sizes := split_sizes(config).values()) < classes:
        train, validation = sizes
        yield (
            ("split", "validation_fraction"),
            f"{fraction} leaves {train:,} images to train and {validation:,} to validate, but each "
            f"of the {classes} classes needs one of either",
        )


def _network_mistakes(config: dict) -> Iterator[Mistake]:
    shape, classes = image_shape(config), len(config["dataset"]["classes"])
    for name, line in config["networks"].items():
        try:
            parameters = count_parameters(parse_network(line, shape, classes))
        except ValueError as error:
            yield ("networks", name), f"{shown(line)}: {error}"
            continue
        if parameters > MOST_PARAMETERS:
            yield (
                ("networks", name),
                f"{shown(line)} has {parameters:,} parameters, more than {MOST_PARAMETERS:,}",
            )


def _schedule_mistakes(config: dict) -> Iterator[Mistake]:
    for name, stages in config["schedules"].items():
        if name == "against_adam":
            yield ("schedules", name), "this name is taken by a figure; choose another"
        if "until" in stages[-1] or not all("until" in stage for stage in stages[:-1]):
            yield (
                ("schedules", name),
                "every rate but the last needs 'until', and the last has none",
            )
        found = [stage.get("until") == "auto" for stage in stages[:-1]]
        if found != sorted(found):
            yield ("schedules", name), "after an auto switch every other one is auto, too"
        epochs = [stage["until"] for stage in stages[:-1] if stage.get("until", "auto") != "auto"]
        if epochs != sorted(set(epochs)):
            yield ("schedules", name), f"the switch epochs {epochs} do not rise"


def _axis_mistakes(config: dict, path: tuple, section: dict) -> Iterator[Mistake]:
    """Yield names that are not in their catalogue, and values that make the same variant twice."""
    for axis in AXES.keys() & section.keys():
        values = section[axis] if isinstance(section[axis], list) else [section[axis]]
        names = [value_text(value, prefix=AXES[axis]) for value in values]
        if twice := {name for name in names if names.count(name) > 1}:
            yield (*path, axis), f"{', '.join(sorted(twice))} is given twice"
        known = config[CATALOGUES[axis]] if axis in CATALOGUES else {}
        for value in values:
            if isinstance(value, str) and value not in known:
                yield (
                    (*path, axis),
                    f"'{value}' is not in {CATALOGUES[axis]}{nearest(value, known)}",
                )


def _size_mistakes(config: dict, name: str, section: dict) -> Iterator[Mistake]:
    """Yield batches larger than the training images, and switches after an experiment's end."""
    settings, grid = config["defaults"] | section, section.get("grid", {})

    def values(axis: str) -> list:
        return grid.get(axis, [settings[axis]])

    def place(axis: str) -> tuple:
        inner = ("grid", axis) if axis in grid else (axis,)
        return ("experiments", name, *inner) if inner[0] in section else ("defaults", axis)

    train, epochs = split_sizes(config)["train"], min(values("epochs"))
    if max(values("batch_size")) > train:
        yield (
            place("batch_size"),
            f"{max(values('batch_size')):,} is not allowed: at most {train:,}, the training images",
        )
    for rate in values("learning_rate"):
        stages = config["schedules"].get(rate, []) if isinstance(rate, str) else []
        for until in (stage.get("until") for stage in stages):
            if isinstance(until, int) and until >= epochs:
                yield (
                    ("schedules", rate, "until"),
                    f"{until} is not before the end of experiment '{name}': it has {epochs} "
                    f"epochs, so a switch is at 1 to {epochs - 1}",
                )
