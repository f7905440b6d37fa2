"""Result files: what a training leaves behind, written whole and verified when read.

A result is sealed, and carries the SHA-256 of the specification it was computed from, so that
neither a stale nor a tampered file enters a table.
"""

from pathlib import Path
from typing import Any

from fashionlab.storage.files import write_json
from fashionlab.storage.reading import damaged, read_sealed, sealed

KEYS = {
    "specification",
    "specification_sha256",
    "learning_rate",
    "rates",
    "records",
    "final",
    "predictions",
    "diverged",
    "weights_sha256",
}
CURVES = ("loss", "train_accuracy", "gradient_norm", "validation_accuracy")


def write_result(path: str | Path, result: dict) -> None:
    """Write a result with its checksum; the keys must be exactly ``KEYS``."""
    assert result.keys() == KEYS, result.keys() ^ KEYS
    write_json(path, sealed(result))


def read_result(path: str | Path, specification_sha256: str) -> dict[str, Any]:
    """Return a verified result.

    Raises ValueError, naming the file, for one that is torn, altered or stale; OSError where it is
    missing.
    """
    result = read_sealed(path, sorted(KEYS))
    if result["specification_sha256"] != specification_sha256:
        raise damaged(path, "was computed from another configuration or code")
    return result
