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


def layer_weights(path: str | Path) -> list[np.ndarray]:
    """Return the weights (no biases) of a safetensors file, the first layer's first.

    Raises as `read_weights` does.
    """
    tensors = read_weights(path)
    names = (n for n, t in tensors.items() if n.endswith(".weight") and t.ndim > 1)  # no norms
    return [tensors[name] for name in sorted(names, key=lambda name: int(name.split(".")[0]))]
