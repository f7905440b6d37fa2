"""Files that are whole or absent, JSON that is the same for the same value, and checksums.

A job may be killed, and a disk may be full, at any moment: every file of the study is written to
a temporary name in its own folder and renamed, so that nobody ever reads half a file.
"""

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a new binary file that takes the place of `path` when the block ends without error.

    Parent folders are made. After an error the old file is untouched and nothing is left over.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{secrets.token_hex(8)}.part"
    # Not `tempfile`: its files are readable by their owner alone, results are for the whole group.
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk does not say whose file it is
        raise


def write_bytes(path: str | os.PathLike, data: bytes) -> None:
    """Write `data` to `path` atomically."""
    with replacing(path) as file:
        file.write(data)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Write `text` to `path` atomically, in UTF-8 and with its line ends as they are."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: str | os.PathLike, value: Any) -> None:
    """Write `value` to `path` atomically: sorted keys, one line, a newline at its end.

    Raises ValueError for NaN and infinities, which JSON does not know: give None for them.
    """
    text = json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ": "))
    write_text(path, text + "\n")


def canonical_json(value: Any) -> str:
    """Return the one JSON text of `value` that hashes are taken of: sorted keys, no spaces.

    Raises ValueError for NaN and infinities.
    """
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))


def sha256_of(path: str | os.PathLike) -> str:
    """Return the SHA-256 checksum of a file, as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_sha256(path: str | os.PathLike, expected: str) -> None:
    """Raise ValueError, with what to do about it, unless a file has the `expected` checksum."""
    found = sha256_of(path)
    if found != expected.lower():
        raise ValueError(
            f"{path}: not the data file of this study (sha256 {found[:12]}..., config.yaml says "
            f"{expected[:12]}...). Delete it to have it downloaded again, or correct the checksum."
        )


def sha256_bytes(data: bytes) -> str:
    """Return the SHA-256 checksum of bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_text(text: str) -> str:
    """Return the SHA-256 checksum of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
