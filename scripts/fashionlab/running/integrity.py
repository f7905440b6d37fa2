"""Whether data and split are what they were made as, looked at whenever Snakemake starts.

Snakemake itself would take an altered split for a reason to train everything again.
"""

import struct
from pathlib import Path

from fashionlab.storage.files import verify_sha256
from fashionlab.storage.reading import read_sealed


def check_data(folder: str | Path, specification: dict) -> None:
    """Raise ValueError for a data file that is there and is not that of a split's specification."""
    for name, expected in specification["sha256"].items():
        if (path := Path(folder) / name).exists():
            verify_sha256(path, expected)
            if name == "train-images-idx3-ubyte":
                with open(path, "rb") as file:
                    header = file.read(20).ljust(20, b"\0")
                images, *size = struct.unpack_from(f">{4 if header[3] == 4 else 3}I", header, 4)
                _check(path, "images", images, specification["dataset_images"])
                _check(path, "image_size", size, specification["image_size"])
            elif name == "train-labels-idx1-ubyte":
                classes = max(path.read_bytes()[8:], default=-1) + 1
                _check(path, "classes", classes, specification["classes"])


def _check(path: Path, key: str, found: int | list[int], said: int | list[int]) -> None:
    if found != said:
        raise ValueError(f"dataset: {key}: {said} is not allowed: {path} has {found}")


def check_seal(path: str | Path) -> None:
    """Raise ValueError for a sealed JSON file that is there and was altered."""
    if Path(path).exists():
        read_sealed(path)
