"""The study as the programs outside Snakemake see it: configuration, plan, what is done."""

import argparse
import difflib
import os
from collections.abc import Iterable
from pathlib import Path

from fashionlab.config.configuration import load_configuration
from fashionlab.config.layers import ConfigurationError, parse_settings
from fashionlab.planning.dataset import split_specification
from fashionlab.planning.plan import build_plan
from fashionlab.sources import program_hash
from fashionlab.storage.reading import read_sealed

ROOT = Path(__file__).resolve().parents[3]


def add_configuration_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is merged over config.yaml, named as Snakemake's."""
    parser.add_argument(
        "--configfile", nargs="+", action="extend", default=[], help="merged over config.yaml"
    )
    parser.add_argument(
        "--config", nargs="+", action="extend", default=[], help="key=value, merged over them all"
    )


def load_plan(files: Iterable[str] = (), settings: Iterable[str] = ()) -> dict:
    """Return the plan of config.yaml, other files and ``key=value`` words, merged in this order.

    Raises ConfigurationError for what is wrong in them.
    """
    return load_study(files, settings)[1]


def load_study(files: Iterable[str], settings: Iterable[str]) -> tuple[dict, dict]:
    """Return the configuration, and the plan that is made of it (see ``load_plan``)."""
    config = load_configuration(files, parse_settings(settings))
    split = split_specification(config, program_hash("scripts/split_data.py"))
    try:
        return config, build_plan(config, program_hash("scripts/train.py"), split)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def training_called(plan: dict, name: str) -> dict:
    """Return the planned training of an id such as "generalisation/cnn4/run1".

    Raises ConfigurationError, with the ids nearest to it, if there is none.
    """
    trainings = {training["id"]: training for training in plan["trainings"]}
    if name not in trainings:
        near = difflib.get_close_matches(name, trainings, n=3, cutoff=0.4) or [*trainings][:3]
        raise ConfigurationError(f"no training '{name}'; there is {', '.join(near)}, ...")
    return trainings[name]


def is_done(training: dict) -> bool:
    """Return whether a training's result is there and was made from its specification.

    Raises ValueError, with what mends it, for one that was altered: Snakemake may not notice that.
    """
    try:
        result = read_sealed(training["result"])
    except OSError:
        return False
    stale = result.get("specification_sha256") != training["specification_sha256"]
    return not stale and os.path.exists(training["weights"])
