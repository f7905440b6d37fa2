"""Write an .npz file of images as a data set in MNIST's layout; print its section of config.yaml.

The file has four arrays: x_train, y_train, x_test, y_test (as Keras has them) or train_images,
train_labels, test_images, test_labels (as MedMNIST does). Images: uint8 [N, height, width], with
channels [N, height, width, channels] or [N, channels, height, width]. Labels: whole numbers from 0.
"""

import struct
from pathlib import Path

import numpy as np
import yaml

from fashionlab.data.idx import FILES
from fashionlab.program import option_parser, run
from fashionlab.storage.files import sha256_bytes, write_bytes

NAMES = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
)
MOST_CHANNELS = 4  # a last axis of so few is taken for channels


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("file", type=Path, help="the .npz file")
    parser.add_argument("folder", type=Path, help="for the four IDX files: data/mine")
    parser.add_argument("--name", required=True, help="of the data set, as the report gives it")
    parser.add_argument("--classes", nargs="+", help="their names, in the order of the labels")
    arguments = parser.parse_args()
    parts = read_parts(arguments.file)
    labels = int(max(labels.max() for _, labels in parts.values())) + 1
    classes = arguments.classes or [f"class {label}" for label in range(labels)]
    if len(classes) < labels:
        raise ValueError(f"--classes: {len(classes)} names, but labels up to {labels - 1}")
    sums = {}
    for part, names in FILES.items():
        for name, values in zip(names, parts[part], strict=True):
            header = struct.pack(f">{1 + values.ndim}I", 0x800 + values.ndim, *values.shape)
            content = header + values.tobytes()
            write_bytes(arguments.folder / name, content)
            sums[name] = sha256_bytes(content)
    images = parts["train"][0]
    section = {
        "name": arguments.name, "folder": str(arguments.folder), "images": len(images),
        "image_size": list(images.shape[1:]), "classes": classes, "sha256": sums, "sources": [],
    }  # fmt: skip
    print(yaml.safe_dump({"dataset": section}, sort_keys=False, default_flow_style=None), end="")


def read_parts(path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return {"train": (images, labels), "test": (...)}, uint8, channels first.

    Raises ValueError, naming file and array, for what is no such file.
    """
    with np.load(path) as arrays:
        names = next((names for names in NAMES if set(names) <= set(arrays)), None)
        if names is None:
            has, wanted = ", ".join(arrays), " or ".join(map(", ".join, NAMES))
            raise ValueError(f"{path}: has the arrays {has}; wanted: {wanted}")
        found = {name: arrays[name] for name in names}
    for name, values in found.items():
        if name in (names[0], names[2]):
            found[name] = _images(values, f"{path}: {name}")
        elif values.min() < 0 or values.max() > 255 or (values != values.astype(np.uint8)).any():
            raise ValueError(f"{path}: {name}: labels are whole numbers from 0 to 255")
        else:
            found[name] = values.ravel().astype(np.uint8)
    train_x, train_y, test_x, test_y = found.values()
    return {"train": (train_x, train_y), "test": (test_x, test_y)}


def _images(values: np.ndarray, where: str) -> np.ndarray:
    if values.dtype != np.uint8 or values.ndim not in (3, 4):
        what = f"{values.dtype} {list(values.shape)}"
        raise ValueError(f"{where}: is {what}; wanted: uint8 [N, height, width] or with channels")
    if values.ndim == 4 and values.shape[3] <= MOST_CHANNELS:
        values = values.transpose(0, 3, 1, 2)
    if values.ndim == 4 and values.shape[1] == 1:
        values = values[:, 0]
    return np.ascontiguousarray(values)


if __name__ == "__main__":
    run(main)
