"""Getting a data set in IDX form from the first of several sources that has it, checked.

Data of a source are held in memory, bounded in size and time, until they have been checked: what
is wrong, torn or too long never reaches the data folder.
"""

import hashlib
import os
import time
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from fashionlab.data import idx
from fashionlab.data.bounded import Limits, SourceError, say
from fashionlab.data.fetch import fetch
from fashionlab.machine import check_writable
from fashionlab.storage.files import verify_sha256, write_bytes

FILES = [name for names in idx.FILES.values() for name in names]
TIMEOUT, SOURCE_SECONDS, LARGEST_FILE_MB = 20, 600, 64


def download(dataset: dict[str, Any], folder: str | os.PathLike) -> None:
    """Complete the four IDX files of `dataset` in `folder` from the first sources that have them.

    `dataset` is that section of the configuration. Files that are there and right are kept.
    Raises ValueError where a file that is there is wrong, where all sources fail, and where the
    folder cannot be written (FolderError).
    """
    folder = Path(folder)
    check_writable(folder, "make it writable, or name another one as `dataset: folder:`")
    failures = []
    for source in dataset.get("sources") or []:
        if not missing_files(dataset, folder):
            break
        say(f"{dataset['name']}: trying {_title(source)}")
        try:
            _complete(source, dataset, folder)
        except SourceError as error:
            failures.append(f"  {_title(source)}: {error}")
            say(f"  {error}")
    if missing := missing_files(dataset, folder):
        raise ValueError(
            "\n".join([f"{dataset['name']}: no source has all its files:", *failures])
            + f"\nPut {', '.join(missing)} into {folder} (unpacked), or mend the sources or the "
            "network, and start again."
        )
    idx.load_idx_dataset(folder, len(dataset["classes"]))


def missing_files(dataset: dict[str, Any], folder: Path) -> list[str]:
    """Return the names of files that `folder` lacks; raises ValueError for one that is wrong."""
    for name in FILES:
        if (folder / name).exists() and (expected := (dataset.get("sha256") or {}).get(name)):
            verify_sha256(folder / name, expected)
    return [name for name in FILES if not (folder / name).exists()]


def _complete(source: dict[str, str], dataset: dict[str, Any], folder: Path) -> None:
    limits = Limits(
        timeout=dataset.get("timeout") or TIMEOUT,
        deadline=time.monotonic() + (dataset.get("source_seconds") or SOURCE_SECONDS),
        file_bytes=int((dataset.get("largest_file_mb") or LARGEST_FILE_MB) * 2**20),
    )
    checksums = dataset.get("sha256") or {}
    unpinned, arrays = {}, {}
    for name, data in fetch(source, missing_files(dataset, folder), limits):
        arrays[name] = _check(name, data, checksums.get(name), len(dataset["classes"]))
        if checksums.get(name):
            write_bytes(folder / name, data)
        else:
            unpinned[name] = data
    # Files without a checksum come all from one source: one's images do not fit another's labels.
    if len(unpinned) == len(FILES):
        _check_agreement(arrays)
    for name, data in unpinned.items():
        write_bytes(folder / name, data)


def _check(name: str, data: bytes, expected: str | None, classes: int) -> NDArray:
    found = hashlib.sha256(data).hexdigest()
    if expected and found != expected.lower():
        raise SourceError(
            f"{name} is not the right file (sha256 {found[:12]}... instead of {expected[:12]}...)"
        )
    try:
        array = (
            idx.parse_images(data, name)
            if "images" in name
            else idx.parse_labels(data, name, classes)
        )
    except ValueError as error:
        raise SourceError(str(error)) from None
    say(f"  {name}: {len(data):,} bytes, {'checksum right' if expected else 'sound'}")
    return array


def _check_agreement(arrays: dict[str, NDArray]) -> None:
    try:
        idx.check_agreement(
            {
                part: (arrays[images], arrays[labels])
                for part, (images, labels) in idx.FILES.items()
            },
            "these files",
        )
    except ValueError as error:
        raise SourceError(str(error)) from None


def _title(source: dict[str, str]) -> str:
    match source:
        case {"url": url}:
            return url
        case {"directory": directory}:
            return f"folder {directory}"
        case {"package": package, "path": _}:
            return f"Debian package {package}"
    raise ValueError(f"source {source}: give a url, a directory, or a package and its path")
