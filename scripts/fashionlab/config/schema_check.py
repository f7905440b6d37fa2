"""The form of a configuration, checked against its schema, with messages for people."""

import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

import jsonschema
import yaml

from fashionlab import prose
from fashionlab.planning.plan import AXES
from fashionlab.sources import ROOT

try:  # in C, ten times as fast
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without
    from yaml import SafeLoader  # type: ignore[assignment]

SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
KINDS = {
    "integer": "a whole number", "number": "a number", "string": "text", "array": "a list",
    "object": "a section of keys", "null": "null", "boolean": "true or false",
}  # fmt: skip
BOUNDS = {"exclusiveMinimum": "above", "minimum": "at least", "maximum": "at most"}
SPLIT = "all experiments share the split; only its seed can vary, as split_seed: [1, 2] in a grid"
ONE_FOR_ALL = {  # what one may look for in an experiment
    "seed": "a study has one seed; runs: 3 trains each variant with three that come of it",
    "split": SPLIT, "split_seed": SPLIT, "validation_fraction": SPLIT,
}  # fmt: skip
Mistake = tuple[tuple, str]  # where in the configuration, and what is wrong there


def read_schema() -> dict:
    """Return the schema of the configuration."""
    return yaml.load(SCHEMA.read_text("utf-8"), Loader=SafeLoader)


def schema_mistakes(config: dict) -> Iterator[Mistake]:
    """Yield what in a configuration has not the form that the schema wants."""
    types = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_number}
    )
    kind = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=types)
    validator = kind(read_schema())
    errors = validator.iter_errors(config)
    for error in sorted(errors, key=lambda e: [str(part) for part in e.absolute_path]):
        yield from _explain(error, validator)


def allowed(node: dict) -> str:
    """Return in words what a place of the schema takes: its title, or its type and limits."""
    if "title" in node:
        return node["title"]
    if "enum" in node:
        return f"one of {', '.join(map(str, node['enum']))}"
    if "const" in node:
        return str(node["const"])
    if "anyOf" in node:
        return ", or ".join(map(allowed, node["anyOf"]))
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return ", or ".join(_of_kind(kind, node) for kind in kinds) or "any value"


def _of_kind(kind: str, node: dict) -> str:
    """Return one type of a value in words, with its limits."""
    words = KINDS[kind]
    if kind in ("integer", "number"):
        bounds = [f"{word} {node[key]:,}" for key, word in BOUNDS.items() if key in node]
        return ", ".join(filter(None, [words, " and ".join(bounds)]))
    if kind == "object":
        return words + " with at least one" * bool(node.get("minProperties"))
    if kind == "array":
        low, high = node.get("minItems"), node.get("maxItems")
        size = f" of {low}" if low == high and low else f" of at least {low}" if low else ""
        different = ", all different" * bool(node.get("uniqueItems"))
        return f"{words}{size}, each {allowed(node['items'])}{different}"
    return words


def nearest(name: Any, known: Iterable) -> str:
    """Return the end of a message on an unknown name: the one that was meant, or all there are."""
    names = [str(k) for k in known]
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(names)}"


def shown(value: Any) -> str:
    """Return a value as a message quotes it."""
    text = f"'{printable(value)}'" if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def printable(text: str) -> str:
    """Return a text with its line breaks and control characters written as YAML writes them."""
    return text if text.isprintable() else json.dumps(text)[1:-1]


def _is_integer(_checker: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(checker: Any, value: Any) -> bool:
    return _is_integer(checker, value) or (isinstance(value, float) and math.isfinite(value))


def _explain(error: jsonschema.ValidationError, validator: Any) -> Iterator[Mistake]:
    path, value, node = tuple(error.absolute_path), error.instance, error.schema
    if error.validator == "additionalProperties":
        known = node.get("properties", {})
        for key in sorted(value.keys() - known.keys()):
            for_all = path[:1] in (("experiments",), ("defaults",)) and ONE_FOR_ALL.get(key)
            yield (*path, key), for_all or f"unknown key{nearest(key, known)}"
    elif error.validator == "required":
        key = error.message.split("'")[1]
        missing = node.get("properties", {}).get(key, {})
        yield (*path, key), f"is missing: {_with_purpose(missing)}"
    elif "propertyNames" in error.schema_path:
        end = nearest(value, node["enum"]) if "enum" in node else f": {node['$comment']}"
        yield (*path, value), f"{shown(value)} is not allowed as a name{end}"
    elif spellings := _number_meant(value, validator.evolve(schema=node)):
        yield path, f"YAML reads {value} as text; write {' or '.join(spellings)}"
    else:
        yield path, f"{shown(value)} is not allowed: {_with_purpose(node, value)}{_hint(error)}"


def _with_purpose(node: dict, value: Any = None) -> str:
    """Return what a place of the schema takes, the word that was meant, and what it is for."""
    text, purpose = allowed(node), node.get("description", "").rstrip(".")
    if "enum" in node and value is not None:
        text += nearest(value, node["enum"]).partition("; known")[0]
    if purpose and not purpose[1:2].isupper():  # but for SHA-256 and the like
        purpose = purpose[:1].lower() + purpose[1:]
    return text if purpose.lower() in text.lower() else f"{text} ({purpose})"


def _hint(error: jsonschema.ValidationError) -> str:
    """Return what a text must be like, or where several values stand, given in the place of one."""
    if error.validator in ("pattern", "maxLength") and "$comment" in error.schema:
        return f"; {error.schema['$comment']}"
    several = isinstance(error.instance, list) and error.validator in ("type", "anyOf")
    if several and error.absolute_path[-1] in AXES:
        return "; several values stand in an experiment's grid"
    return ""


def _number_meant(value: Any, validator: Any) -> list[str]:
    """Return how YAML wants a number that stands as 1e-3 where one is allowed, or nothing."""
    text = value if isinstance(value, str) else ""
    match = re.fullmatch(r"([-+]?\d+)(\.\d*)?[eE]([-+]?)(\d+)", text)
    if not match or not math.isfinite(number := float(text)):
        return []
    whole, fraction, sign, exponent = match.groups()
    plain = int(number) if number.is_integer() and abs(number) < 1e15 else number
    written = prose.setting(plain)
    spellings = {written: plain} if "e" not in written else {}
    spellings[f"{whole}{fraction or '.0'}e{sign or '+'}{exponent}"] = number
    return [spelling for spelling, meant in spellings.items() if validator.is_valid(meant)]
