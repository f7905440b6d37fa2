"""Result files: what a training leaves behind, written whole and verified when read.

A result carries the SHA-256 of the specification it was computed from and a checksum of its own
content, so that neither a stale nor a tampered file enters a table.
"""

import json
from pathlib import Path

from fashionlab.files import canonical_json, sha256_text, write_json

KEYS = {
    "specification",
    "specification_sha256",
    "learning_rate",
    "records",
    "final",
    "test_predictions",
    "diverged",
    "weights_sha256",
}
CURVES = ("loss", "train_accuracy", "gradient_norm", "validation_accuracy")


class ResultError(ValueError):
    """A result file that cannot be trusted; the message says which, why, and what to do."""


def write_result(path: str | Path, result: dict) -> None:
    """Write a result with its checksum; the keys must be exactly ``KEYS``."""
    assert result.keys() == KEYS, result.keys() ^ KEYS
    write_json(path, result | {"checksum": _checksum(result)})


def read_result(path: str | Path, specification_sha256: str) -> dict:
    """Return a verified result. Raises ResultError for a missing, torn, altered or stale file."""
    try:
        result = json.loads(Path(path).read_text())
    except OSError as error:
        raise ResultError(f"{path}: cannot be read ({error.strerror}).{_mend(path)}") from error
    except ValueError as error:
        raise ResultError(f"{path}: is not complete JSON ({error}).{_mend(path)}") from error
    if not isinstance(result, dict) or result.keys() != KEYS | {"checksum"}:
        raise ResultError(f"{path}: is not a result of this version.{_mend(path)}")
    checksum = result.pop("checksum")
    if checksum != _checksum(result):
        raise ResultError(f"{path}: was altered after it was written.{_mend(path)}")
    if result["specification_sha256"] != specification_sha256:
        raise ResultError(f"{path}: was computed from another configuration or code.{_mend(path)}")
    return result


def _checksum(result: dict) -> str:
    try:
        return sha256_text(canonical_json(result))
    except ValueError:  # NaN or infinity, which a result never holds
        return "not finite"


def _mend(path: str | Path) -> str:
    return f" To train it again: rm {path}  and then the same command as before."
