"""The study as the programs outside Snakemake see it: configuration, plan, what is done."""

import copy
import difflib
import os
from pathlib import Path

import yaml

from fashionlab.configuration import ConfigurationError, check_configuration
from fashionlab.plan import build_plan, split_specification
from fashionlab.results import ResultError, read_result
from fashionlab.sources import program_hash

ROOT = Path(__file__).resolve().parents[2]


def load_plan(config_files: list[str]) -> dict:
    """Return the plan of config.yaml with other files merged over it, as Snakemake merges them.

    Raises ConfigurationError for what is wrong in them.
    """
    config: dict = {}
    for name in [str(ROOT / "config.yaml"), *config_files]:
        try:
            changes = yaml.safe_load(Path(name).read_text(encoding="utf-8")) or {}
        except (OSError, yaml.YAMLError, ValueError) as error:
            raise ConfigurationError(f"{name}: cannot be read: {error}") from error
        if not isinstance(changes, dict):
            raise ConfigurationError(f"{name}: holds no settings, lines such as 'seed: 449'")
        merge(config, changes)
    config = check_configuration(config)
    split = split_specification(config, program_hash("scripts/split_data.py"))
    try:
        return build_plan(config, program_hash("scripts/train.py"), split)
    except ValueError as error:
        raise ConfigurationError(f"the configuration cannot be run:\n  {error}") from error


def merge(config: dict, changes: dict) -> None:
    """Merge changes into a configuration: sections key by key, lists and values as a whole."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            merge(config[key], value)
        else:
            config[key] = copy.deepcopy(value)


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
    """Return whether a training's result is there and was made from its specification."""
    try:
        read_result(training["result"], training["specification_sha256"])
    except ResultError:
        return False
    return os.path.exists(training["weights"])
