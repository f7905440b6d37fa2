"""Whether a configuration of the right form can be run: what a schema cannot know."""

import difflib
import functools
import importlib.util
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from fashionlab.chapters import REPORT, literal
from fashionlab.config.class_check import class_mistakes
from fashionlab.config.layers import Layers, shortened
from fashionlab.config.schema_check import Mistake, nearest, shown
from fashionlab.planning.notation import count_parameters, parse_network
from fashionlab.planning.plan import (
    AXES,
    image_shape,
    split_sizes,
    training_images,
    value_text,
)
from fashionlab.sources import ROOT

CATALOGUES = {
    "network": "networks",
    "activation": "activations",
    "optimizer": "optimizers",
    "learning_rate": "schedules",
    "input_range": "input_ranges",
}
TAKEN = ("data", "docs", "envs", "profiles", "report", "scripts", "tests", "workflow")
OF_A_STUDY = (  # which results are kept in: `make prune` deletes what a study does not know there
    "runs", "splits", "switches", "checkpoints", "tables", "figures", "curves", "exports", "report",
    "logs", "benchmarks",
)  # fmt: skip
LOCK_NAME = "study.lock"  # of results that lie elsewhere, where other folders may name them, too
MOST_PARAMETERS = 100_000_000
LONGEST_NAME = 200  # of a variant, whose folder is called so
FONT = ROOT / "report" / "fonts" / "SourceSans3-Regular.ttf"


def meaning_mistakes(config: dict, layers: Layers) -> Iterator[Mistake]:
    """Yield what in a configuration cannot be run, or cannot be meant."""
    yield from _folder_mistakes(config)
    for number, source in enumerate(config["dataset"]["sources"]):
        if source.keys() not in ({"url"}, {"directory"}, {"package", "path"}, {"torchvision"}):
            yield (
                ("dataset", "sources", number),
                f"{shown(source)} is not allowed: a url, a directory, a package and its path, "
                "or a data set of torchvision",
            )
    yield from _font_mistakes(config)
    yield from _split_mistakes(config)
    yield from _split_seed_mistakes(config)
    yield from _network_mistakes(config)
    yield from class_mistakes(config)
    yield from _schedule_mistakes(config)
    for name, (low, high) in config["input_ranges"].items():
        if low == high:
            yield ("input_ranges", name), f"[{low}, {high}] makes all pixels equal"
    yield from _axis_mistakes(config, ("defaults",), config["defaults"])
    yield from _misspelt_experiments(config, layers)
    for name, section in config["experiments"].items():
        yield from _axis_mistakes(config, ("experiments", name), section)
        grid = section.get("grid", {})
        yield from _axis_mistakes(config, ("experiments", name, "grid"), grid)
        for axis in sorted(section.keys() & grid.keys()):
            yield ("experiments", name, axis), "stands in the grid as well; give it once"
        yield from _size_mistakes(config, name, section)


def _folder_mistakes(config: dict) -> Iterator[Mistake]:
    """Yield folders that are of the project, of another study or of somebody else, or are files."""
    results, data = shortened(config["results"]), shortened(config["dataset"]["folder"])
    for path, name, taken in (
        (("results",), results, TAKEN),
        (("dataset", "folder"), data, set(TAKEN) - {"data"}),
    ):
        if (first := name.split("/")[0]) in taken:
            yield path, f"'{first}' is a folder of the project; choose another name"
        for part in (Path(name), *Path(name).parents):
            if os.path.lexists(part) and not os.path.isdir(part):
                yield path, f"'{part}' is a file; name a folder"
    for name in sorted(set(results.split("/")[1:]) & set(OF_A_STUDY)):
        yield ("results",), f"'{name}' is a folder of each study's results; choose another name"
    found = sorted(os.listdir(results)) if os.path.isdir(results) and os.access(results, 4) else []
    if Path.cwd().is_relative_to(Path(results).absolute()):
        yield ("results",), f"'{results}' has the study itself in it; name a folder of its own"
    elif os.path.isabs(results) and found and not set(found) & {*OF_A_STUDY, LOCK_NAME}:
        yield (
            ("results",),
            f"'{results}' has something else in it ({shown(found[0])}); name a folder of its own",
        )
    if Path(data).is_relative_to(results):
        yield ("dataset", "folder"), f"'{data}' lies in that of the results; choose another place"
    elif data.split("/")[0] not in taken and os.path.isdir(data) and os.access(data, os.R_OK):
        found = sorted(name for name in os.listdir(data) if not name.startswith("."))
        if found and not any(name.startswith(tuple(config["dataset"]["sha256"])) for name in found):
            yield (
                ("dataset", "folder"),
                f"'{data}' has something else in it ({shown(found[0])}) and no file of the data; "
                "choose a folder of their own",
            )


def _font_mistakes(config: dict) -> Iterator[Mistake]:
    """Yield texts with a character that the font lacks; the report would fail after all trainings.

    Where fontTools is not installed, beside a Snakemake that brings its own environments for the
    jobs, the report finds out.
    """
    for path, text in _printed(config):
        if text.isascii() or not importlib.util.find_spec("fontTools"):
            continue
        for character in sorted(set(text) - _characters())[:1]:
            name = unicodedata.name(character, "a character without a name")
            yield path, f"{shown(text)}: {FONT.name} has no U+{ord(character):04X} ({name})"


def _printed(config: dict) -> Iterator[tuple[tuple, str]]:
    """Yield the texts of a configuration that the report prints, with their places."""
    yield ("demonstration",), config["demonstration"]
    yield ("dataset", "name"), config["dataset"]["name"]
    for number, name in enumerate(config["dataset"]["classes"]):
        yield ("dataset", "classes", number), name
    for experiment, section in config["experiments"].items():
        for key in section.keys() & {"title", "question"}:
            yield ("experiments", experiment, key), section[key]


@functools.cache
def _characters() -> set[str]:
    from fontTools.ttLib import TTFont  # some 30 ms

    with TTFont(FONT, lazy=True) as font:
        return set(map(chr, font.getBestCmap()))


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
    for name in sorted(config["schedules"].keys() & config.get("schedulers", {})):
        yield ("schedulers", name), "stands in schedules as well; choose another name"
    for name, stages in config["schedules"].items():
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


def _split_seed_mistakes(config: dict) -> Iterator[Mistake]:
    """Yield grids that vary the split in an experiment whose chapter compares on one split."""
    experiments = config["experiments"].items()
    varied = {name for name, section in experiments if "split_seed" in section.get("grid", {})}
    for module in sorted(REPORT.glob("chapters/*/facts.py")) if varied else ():
        for name in sorted(
            varied & {*literal(module, "EXPERIMENTS")} - {*literal(module, "SPLITS")}
        ):
            yield (
                ("experiments", name, "grid", "split_seed"),
                f"is not for this experiment, whose chapter {module.parent.name} compares on "
                "one split; ask in an experiment of your own (docs/extending.md)",
            )


def _axis_mistakes(config: dict, path: tuple, section: dict) -> Iterator[Mistake]:
    """Yield names that are not in their catalogue, and values that make the same variant twice."""
    for axis in AXES.keys() & section.keys():
        values = section[axis] if isinstance(section[axis], list) else [section[axis]]
        names = [value_text(value, prefix=AXES[axis]) for value in values]
        if twice := {name for name in names if names.count(name) > 1}:
            yield (*path, axis), f"{', '.join(sorted(twice))} is given twice"
        known = config[CATALOGUES[axis]] if axis in CATALOGUES else {}
        if axis == "learning_rate":
            known = known | config.get("schedulers", {})
        for value in values:
            if isinstance(value, str) and value not in known:
                yield (
                    (*path, axis),
                    f"'{value}' is not in {CATALOGUES[axis]}{nearest(value, known)}",
                )


def _misspelt_experiments(config: dict, layers: Layers) -> Iterator[Mistake]:
    """Yield experiments that config.yaml lacks, but that are likely to mean one that it has."""
    known = layers[0][1].get("experiments") or {}
    for name, section in config["experiments"].items():
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if name in known:
            continue
        if "grid" not in section:
            yield (
                ("experiments", name),
                f"is not in {layers[0][0]}, and an experiment of your own needs a grid"
                f"{nearest(name, known)}",
            )
        elif near and "title" not in section:
            yield (
                ("experiments", name),
                f"did you mean '{near[0]}'? If it is an experiment of your own, give it a title",
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
    normalised = [name for name in values("network") if "norm" in config["networks"].get(name, "")]
    if normalised and min(values("batch_size")) < 2:
        yield place("batch_size"), f"1 is not allowed: norm in {normalised[0]} needs two images"
    for rate in values("learning_rate"):
        stages = config["schedules"].get(rate, []) if isinstance(rate, str) else []
        for until in (stage.get("until") for stage in stages):
            if isinstance(until, int) and until >= epochs:
                yield (
                    ("schedules", rate, "until"),
                    f"{until} is not before the end of experiment '{name}': it has {epochs} "
                    f"epochs, so a switch is at 1 to {epochs - 1}",
                )
    longest = "-".join(
        max((value_text(value, AXES[axis]) for value in grid[axis]), key=len)
        for axis in AXES
        if axis in grid
    )
    if len(longest) > LONGEST_NAME:
        yield (
            ("experiments", name, "grid"),
            f"a variant would have a name of {len(longest)} characters, more than {LONGEST_NAME}: "
            f"{shown(longest)}",
        )
