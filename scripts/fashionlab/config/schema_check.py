"""The form of a configuration, checked against its schema, with messages for people."""

import difflib
import json
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from fashionlab import prose

SCHEMA = Path(__file__).parents[3] / "workflow" / "schemas" / "config.schema.yaml"
KINDS = {
    "integer": "a whole number", "number": "a number", "string": "text", "array": "a list",
    "object": "a section of keys", "null": "null", "boolean": "true or false",
}  # fmt: skip
BOUNDS = {"exclusiveMinimum": "above", "minimum": "at least", "maximum": "at most"}
Mistake = tuple[tuple, str]  # where in the configuration, and what is wrong there


def schema_mistakes(config: dict) -> Iterator[Mistake]:
    """Yield what in a configuration has not the form that the schema wants."""
    schema = yaml.safe_load(SCHEMA.read_text("utf-8"))
    types = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_number}
    )
    validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=types)
    errors = validator(schema).iter_errors(config)
    for error in sorted(errors, key=lambda e: [str(part) for part in e.absolute_path]):
        yield from _explain(error, schema)


def resolve(node: dict, schema: dict) -> dict:
    """Return a node of the schema with what its `$ref` points at; its own keys go first."""
    name = node.get("$ref", "").removeprefix("#/$defs/")
    return resolve(schema["$defs"][name], schema) | node if name else node


def allowed(node: dict, schema: dict) -> str:
    """Return in words what a place of the schema takes."""
    node = resolve(node, schema)
    if "enum" in node:
        return f"one of {', '.join(map(str, node['enum']))}"
    if "const" in node:
        return str(node["const"])
    if "anyOf" in node:
        return ", or ".join(allowed(choice, schema) for choice in node["anyOf"])
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return ", or ".join(_of_kind(kind, node, schema) for kind in kinds) or "any value"


def _of_kind(kind: str, node: dict, schema: dict) -> str:
    """Return one type of a value in words, with its limits."""
    words = KINDS[kind]
    if kind in ("integer", "number"):
        bounds = [f"{word} {node[key]:,}" for key, word in BOUNDS.items() if key in node]
        return ", ".join(filter(None, [words, " and ".join(bounds)]))
    if kind == "string":
        return node.get("title", words) + " that is not empty" * bool(node.get("minLength"))
    if kind == "object":
        return words + " with at least one" * bool(node.get("minProperties"))
    if kind == "array":
        low, high = node.get("minItems"), node.get("maxItems")
        size = f" of {low}" if low == high and low else f" of at least {low}" if low else ""
        different = ", all different" * bool(node.get("uniqueItems"))
        return f"{words}{size}, each {allowed(node['items'], schema)}{different}"
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


def _explain(error: jsonschema.ValidationError, schema: dict) -> Iterator[Mistake]:
    path, value, node = tuple(error.absolute_path), error.instance, error.schema
    if error.validator == "additionalProperties":
        known = node.get("properties", {})
        for key in sorted(value.keys() - known.keys()):
            yield (*path, key), f"unknown key{nearest(key, known)}"
    elif error.validator == "required":
        key = error.message.split("'")[1]
        missing = resolve(node.get("properties", {}).get(key, {}), schema)
        yield (
            (*path, key),
            f"is missing: {_with_purpose(allowed(missing, schema), _described(missing))}",
        )
    elif "propertyNames" in error.schema_path:
        names = node.get("enum")
        end = nearest(value, names) if names else f": {_described(node)}"
        yield (*path, value), f"{shown(value)} is not allowed as a name{end}"
    elif spellings := _number_meant(value, allowed(node, schema)):
        yield path, f"YAML reads {value} as text; write {' or '.join(spellings)}"
    else:
        yield path, f"{shown(value)} is not allowed: {_allowed_at(error, schema)}"


def _allowed_at(error: jsonschema.ValidationError, schema: dict) -> str:
    """Return what would be allowed, what it is for, and a hint where a mistake is common."""
    text = allowed(error.schema, schema)
    if error.validator == "enum":
        text += nearest(error.instance, error.schema["enum"]).partition("; known")[0]
    text = _with_purpose(text, _purpose(schema, error.absolute_schema_path))
    if isinstance(error.instance, list) and error.absolute_path[0] in ("defaults", "experiments"):
        text += "; several values stand in an experiment's grid"
    return text


def _with_purpose(text: str, purpose: str) -> str:
    return text if purpose.lower() in text.lower() else f"{text} ({purpose})"


def _purpose(schema: dict, steps: Iterable) -> str:
    """Return the description of a place of the schema, or of the reference that leads to it."""
    node: Any = schema
    found = ""
    for step in steps:
        if isinstance(node, dict) and step not in node:  # behind a reference, which is no step
            node = schema["$defs"][node["$ref"].rpartition("/")[2]]
            found = _described(node) or found
        if step in ("properties", "items", "additionalProperties"):
            found = ""
        node = node[step]
        if isinstance(node, dict):
            found = _described(node) or found
    return found


def _described(node: dict) -> str:
    """Return the description of a place as a part of a sentence."""
    text = node.get("description", "")
    if not isinstance(text, str):  # a key of the configuration that is called so
        return ""
    return (text if text[1:2].isupper() else text[:1].lower() + text[1:]).rstrip(".")


def _number_meant(value: Any, allowed: str) -> list[str]:
    """Return how YAML wants a number that stands as 1e-3 where one is allowed, or nothing."""
    text = value if isinstance(value, str) else ""
    match = re.fullmatch(r"([-+]?\d+)(\.\d*)?[eE]([-+]?)(\d+)", text)
    if not match or not math.isfinite(number := float(text)):
        return []
    short = number.is_integer() and abs(number) < 1e15
    plain = str(int(number)) if short else prose.setting(number)
    whole, fraction, sign, exponent = match.groups()
    spellings = [plain] if "e" not in plain else []
    if "a number" in allowed:
        return [*spellings, f"{whole}{fraction or '.0'}e{sign or '+'}{exponent}"]
    return spellings if "a whole number" in allowed and number.is_integer() else []
