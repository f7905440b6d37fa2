"""The study as the programs outside Snakemake see it: configuration, plan, what is done."""

import copy
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
            merge(config, yaml.safe_load(Path(name).read_text()) or {})
        except (OSError, yaml.YAMLError) as error:
            raise ConfigurationError(f"{name}: cannot be read: {error}") from error
    config = check_configuration(config)
    split = split_specification(config, program_hash("scripts/split_data.py"))
    return build_plan(config, program_hash("scripts/train.py"), split)


def merge(config: dict, changes: dict) -> None:
    """Merge changes into a configuration: sections key by key, lists and values as a whole."""
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            merge(config[key], value)
        else:
            config[key] = copy.deepcopy(value)


def is_done(training: dict) -> bool:
    """Return whether a training's result is there and was made from its specification."""
    try:
        read_result(training["result"], training["specification_sha256"])
    except ResultError:
        return False
    return os.path.exists(training["weights"])
