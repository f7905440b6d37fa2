"""The checks a configuration must pass before any job starts, with messages for people."""

import difflib
import os
import re
import sys
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from fashionlab.notation import parse_network
from fashionlab.plan import AXES, IMAGE_SHAPE

SCHEMA = Path(__file__).parents[2] / "workflow" / "schemas" / "config.schema.yaml"
CATALOGUES = {
    "network": "networks",
    "activation": "activations",
    "optimizer": "optimizers",
    "learning_rate": "schedules",
    "input_range": "input_ranges",
}


class ConfigurationError(ValueError):
    """A configuration that cannot be run; the message says where, what and what is allowed."""


def check_configuration(config: dict) -> dict:
    """Return a sound configuration without the experiments that are null (left out).

    Raises ConfigurationError with a line for each mistake.
    """
    errors = list(_schema_errors(config))
    if not errors:
        kept = {name: section for name, section in config["experiments"].items() if section}
        config = config | {"experiments": kept}
        errors = list(_meaning_errors(config))
    if errors:
        raise ConfigurationError("\n".join(["the configuration cannot be run:", *errors]))
    return config


def count_gpus() -> int:
    """Return the number of NVIDIA GPUs to use here, without importing PyTorch.

    Those that CUDA_VISIBLE_DEVICES names, as a scheduler or a person sets it, or else all.
    """
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return len([name for name in chosen.split(",") if name.strip() not in ("", "-1")])
    return len(glob("/dev/nvidia[0-9]*") or glob("/dev/dxg"))


def prefer_this_python() -> None:
    """Make `python` in the rules' shell commands the interpreter that runs Snakemake."""
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])


def _schema_errors(config: dict) -> Iterator[str]:
    schema = yaml.safe_load(SCHEMA.read_text())
    validator = jsonschema.Draft202012Validator(schema)
    for error in sorted(validator.iter_errors(config), key=lambda e: [str(p) for p in e.path]):
        yield f"  {_place(error)}: {_explain(error)}"


def _place(error: jsonschema.ValidationError) -> str:
    return "config.yaml: " + (": ".join(str(part) for part in error.path) or "top level")


def _explain(error: jsonschema.ValidationError) -> str:
    value, allowed = error.instance, error.validator_value
    if error.validator == "additionalProperties" and isinstance(value, dict):
        known = error.schema.get("properties", {})
        extra = sorted(set(map(str, value)) - set(known))
        return "; ".join(f"unknown key '{key}'{_nearest(key, known)}" for key in extra)
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+", value):
        return f"YAML reads {value} as text; write {float(value):g} or {_with_point(value)}"
    if error.validator == "enum":
        return f"{value!r} is not one of {', '.join(map(str, allowed))}{_nearest(value, allowed)}"
    described = error.schema.get("description", "")
    return error.message + (
        f" (this is {described[0].lower()}{described[1:]})" if described else ""
    )


def _with_point(text: str) -> str:
    mantissa, exponent = re.split("[eE]", text)
    sign = exponent if exponent[0] in "+-" else f"+{exponent}"
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{sign}"


def _nearest(name: Any, known: Any) -> str:
    close = difflib.get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(map(str, known))}"


def _meaning_errors(config: dict) -> Iterator[str]:
    yield from _network_errors(config)
    yield from _schedule_errors(config)
    for name, section in {"defaults": config["defaults"], **config["experiments"]}.items():
        where = f"  config.yaml: {'' if name == 'defaults' else 'experiments: '}{name}"
        yield from _experiment_errors(config, where, section)
    for name, section in config["experiments"].items():
        yield from _switch_errors(config, name, section)


def _network_errors(config: dict) -> Iterator[str]:
    for name, line in config["networks"].items():
        try:
            parse_network(line, IMAGE_SHAPE, len(config["dataset"]["classes"]))
        except ValueError as error:
            yield f"  config.yaml: networks: {name}: {error}"


def _schedule_errors(config: dict) -> Iterator[str]:
    for name, stages in config["schedules"].items():
        where = f"  config.yaml: schedules: {name}"
        if "until" in stages[-1] or not all("until" in stage for stage in stages[:-1]):
            yield f"{where}: every rate but the last needs 'until', and the last has none"
        epochs = [stage["until"] for stage in stages[:-1] if stage.get("until", "auto") != "auto"]
        if epochs != sorted(set(epochs)):
            yield f"{where}: the switch epochs {epochs} do not rise"


def _experiment_errors(config: dict, where: str, section: dict) -> Iterator[str]:
    for axis in AXES:
        chosen = [section[axis]] if axis in section else []
        chosen += section.get("grid", {}).get(axis, [])
        if len(set(map(str, chosen))) < len(chosen):
            yield f"{where}: {axis}: a value is given twice"
        known = config[CATALOGUES[axis]] if axis in CATALOGUES else {}
        for value in chosen:
            if isinstance(value, str) and value not in known:
                yield f"{where}: {axis}: '{value}' is not in {CATALOGUES[axis]}" + _nearest(
                    value, known
                )


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
