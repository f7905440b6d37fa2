"""The study's own JSON files read back: one that is damaged is refused by name, with what mends it.

A sealed file carries a checksum of its content: a result, the split, the verdicts.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fashionlab.storage.files import canonical_json, sha256_text


def read_json(path: str | Path, keys: Iterable[str] = ()) -> dict[str, Any]:
    """Return the object that a JSON file holds, with at least these keys.

    Raises ValueError, naming the file, where it is torn, holds NaN or something else, or lacks a
    key; OSError where it is missing.
    """
    text = Path(path).read_bytes()
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"is not complete JSON ({error})") from None
    if not isinstance(value, dict):
        raise damaged(path, "holds no object: not of this version")
    if missing := [key for key in keys if key not in value]:
        raise damaged(path, f"has no {', '.join(missing)}: not of this version")
    return value


def sealed(content: dict) -> dict:
    """Return a JSON object with a checksum of itself."""
    return content | {"checksum": sha256_text(canonical_json(content))}


def read_sealed(path: str | Path, keys: Iterable[str] = ()) -> dict[str, Any]:
    """Return a sealed JSON object; raises as `read_json` does, and where it was altered."""
    content = read_json(path, [*keys, "checksum"])
    if content.pop("checksum") != sha256_text(canonical_json(content)):
        raise damaged(path, "was altered after it was written")
    return content


def damaged(path: str | Path, what: str) -> ValueError:
    """Return the error of a file that was whole when it was written."""
    return ValueError(f"{path}: {what}. To make it again: rm {path}  and then the same command.")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
