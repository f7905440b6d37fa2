"""Reading data sets in IDX form (MNIST, Fashion-MNIST and their kin), trusting no header.

The format: two zero bytes, the type of the values (8 is an unsigned byte), the number of
dimensions, each dimension as a big-endian 32-bit integer, then the values, the last index fastest.
"""

import math
import os
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

UINT8_MAGIC = 0x0800
FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}

Bytes = NDArray[np.uint8]


def parse_images(data: bytes, name: str) -> Bytes:
    """Return the images of an IDX file's content, uint8 [N, H, W]; `name` is for messages.

    Images of several channels have four dimensions, [N, C, H, W].
    Raises ValueError where the header contradicts the format or the amount of data.
    """
    return _parse(data, name, dimensions=4 if data[3:4] == b"\4" else 3)


def parse_labels(data: bytes, name: str, classes: int) -> Bytes:
    """Return the labels of an IDX file's content, uint8 [N] below `classes`.

    Raises ValueError where the header contradicts the format or the amount of data, or a label
    is out of range.
    """
    labels = _parse(data, name, dimensions=1)
    wrong = np.flatnonzero(labels >= classes)
    if wrong.size:
        raise ValueError(
            f"{name}: label {labels[wrong[0]]} at place {wrong[0]} is out of range: "
            f"{classes} classes have the labels 0 to {classes - 1}"
        )
    return labels


def read_images(path: str | os.PathLike) -> Bytes:
    """Return the images of an unpacked IDX file, uint8 (see `parse_images`)."""
    return parse_images(Path(path).read_bytes(), str(path))


def read_labels(path: str | os.PathLike, classes: int) -> Bytes:
    """Return the labels of an unpacked IDX file, uint8 [N] (see `parse_labels`)."""
    return parse_labels(Path(path).read_bytes(), str(path), classes)


def load_idx_dataset(folder: str | os.PathLike, classes: int) -> dict[str, tuple[Bytes, Bytes]]:
    """Return {"train": (images [N, H, W] or [N, C, H, W], labels [N]), "test": (...)}, all uint8.

    Raises ValueError where a file is not sound or files disagree, OSError where one is missing.
    """
    folder = Path(folder)
    dataset = {
        part: (read_images(folder / images), read_labels(folder / labels, classes))
        for part, (images, labels) in FILES.items()
    }
    check_agreement(dataset, str(folder))
    return dataset


def check_agreement(dataset: dict[str, tuple[Bytes, Bytes]], where: str) -> None:
    """Raise ValueError unless each image has a label and all images are of one size."""
    for part, (images, labels) in dataset.items():
        if len(images) != len(labels):
            raise ValueError(
                f"{where}: {len(images)} images in {FILES[part][0]}, "
                f"but {len(labels)} labels in {FILES[part][1]}"
            )
    sizes = {part: images.shape[1:] for part, (images, _) in dataset.items()}
    if sizes["train"] != sizes["test"]:
        raise ValueError(
            f"{where}: training images of {_times(sizes['train'])} pixels, "
            f"but test images of {_times(sizes['test'])}"
        )


def _parse(data: bytes, name: str, dimensions: int) -> Bytes:
    header = 4 + 4 * dimensions
    if data[:2] == b"\x1f\x8b":
        raise ValueError(f"{name}: still packed: unpack it with gunzip")
    if len(data) < header:
        raise ValueError(f"{name}: {len(data)} bytes, too few for an IDX header of {header}")
    magic, *shape = struct.unpack_from(f">{1 + dimensions}I", data)
    if magic != UINT8_MAGIC + dimensions:
        raise ValueError(
            f"{name}: magic number 0x{magic:08x} instead of 0x{UINT8_MAGIC + dimensions:08x}: "
            f"not an IDX file of bytes with {dimensions} dimension{'s' * (dimensions > 1)}"
        )
    if 0 in shape:
        raise ValueError(f"{name}: empty: the header announces {_times(shape)} bytes")
    if len(data) - header != math.prod(shape):
        raise ValueError(
            f"{name}: the header announces {_times(shape)} = {math.prod(shape)} bytes, "
            f"but {len(data) - header} follow"
        )
    # A copy, because arrays over `bytes` are read-only, which torch.from_numpy warns about.
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape).copy()


def _times(shape) -> str:
    return " x ".join(str(size) for size in shape)
