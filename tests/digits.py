"""Write scikit-learn's 1,797 handwritten digits of 8 x 8 pixels as a data set in MNIST's layout.

A real data set of another size than the study's, for the third example in README.md:
``python tests/digits.py data/digits``.
"""

import argparse
import struct
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TRAINING_IMAGES = 1437


def main() -> None:
    """Write the four IDX files into the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where to write them")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    digits = load_digits()
    images = np.round(digits.images * (255 / 16)).astype(np.uint8)
    labels = digits.target.astype(np.uint8)
    parts = {"train": slice(TRAINING_IMAGES), "t10k": slice(TRAINING_IMAGES, None)}
    for name, part in parts.items():
        for kind, values in (("images", images[part]), ("labels", labels[part])):
            header = struct.pack(f">{1 + values.ndim}I", 0x800 + values.ndim, *values.shape)
            path = folder / f"{name}-{kind}-idx{values.ndim}-ubyte"
            path.write_bytes(header + values.tobytes())


if __name__ == "__main__":
    main()
