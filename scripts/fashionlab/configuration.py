"""The checks a configuration must pass before any job starts, with messages for people."""

import math
import os
import re
import sys
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from fashionlab.meaning import meaning_errors, nearest

SCHEMA = Path(__file__).parents[2] / "workflow" / "schemas" / "config.schema.yaml"


def _is_integer(_checker: object, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)  # 2.0 is no number of runs


Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


class ConfigurationError(ValueError):
    """A configuration that cannot be run; the message says where, what and what is allowed."""


def check_configuration(config: dict) -> dict:
    """Return a sound configuration without the experiments that are null (left out).

    Raises ConfigurationError with a line for each mistake.
    """
    errors = list(_value_errors(config, "config.yaml")) or list(_schema_errors(config))
    if not errors:
        kept = {name: section for name, section in config["experiments"].items() if section}
        config = config | {"experiments": kept}
        errors = list(meaning_errors(config))
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


def _value_errors(value: Any, where: str) -> Iterator[str]:
    """Yield what YAML can say and a specification in JSON cannot."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(value, dict) and not isinstance(key, str):
                yield f"  {where}: the key {key} is a {type(key).__name__}; put it into quotes"
            yield from _value_errors(inner, f"{where}: {key}")
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"  {where}: {value} is not a finite number"
    elif not isinstance(value, str | int | float | None):
        yield f"  {where}: {value} is a {type(value).__name__}; put a text into quotes"


def _schema_errors(config: dict) -> Iterator[str]:
    schema = yaml.safe_load(SCHEMA.read_text())
    validator = Validator(schema)
    for error in sorted(validator.iter_errors(config), key=lambda e: [str(p) for p in e.path]):
        yield f"  {_place(error)}: {_explain(error)}"


def _place(error: jsonschema.ValidationError) -> str:
    return "config.yaml: " + (": ".join(str(part) for part in error.path) or "top level")


def _explain(error: jsonschema.ValidationError) -> str:
    value, allowed = error.instance, error.validator_value
    if error.validator == "additionalProperties" and isinstance(value, dict):
        known = error.schema.get("properties", {})
        extra = sorted(set(map(str, value)) - set(known))
        return "; ".join(f"unknown key '{key}'{nearest(key, known)}" for key in extra)
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+", value):
        return f"YAML reads {value} as text; write {float(value):g} or {_with_point(value)}"
    if error.validator == "enum":
        return f"{value!r} is not one of {', '.join(map(str, allowed))}{nearest(value, allowed)}"
    described = error.schema.get("description", "")
    return error.message + (
        f" (this is {described[0].lower()}{described[1:]})" if described else ""
    )


def _with_point(text: str) -> str:
    mantissa, exponent = re.split("[eE]", text)
    sign = exponent if exponent[0] in "+-" else f"+{exponent}"
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{sign}"
