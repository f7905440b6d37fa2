"""The weights that a training stored, without PyTorch."""

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from fashionlab.storage.reading import damaged


def read_weights(path: str | Path) -> dict[str, np.ndarray]:
    """Return a network's weights and biases by name, float32.

    Raises ValueError, naming the file, for one that cannot be read; OSError for a missing one.
    """
    try:
        return load_file(path)
    except SafetensorError as error:
        raise damaged(path, f"is not a complete file of weights ({error})") from None
