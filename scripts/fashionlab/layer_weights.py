"""The weights that a training stored, layer by layer, without PyTorch."""

from pathlib import Path

import numpy as np

from fashionlab.reading import read_weights


def layer_weights(path: str | Path) -> list[np.ndarray]:
    """Return the weights (no biases) of a safetensors file, the first layer's first.

    Raises ValueError, naming the file, for one that cannot be read; OSError for a missing one.
    """
    tensors = read_weights(path)
    names = (name for name in tensors if name.endswith(".weight"))
    return [tensors[name] for name in sorted(names, key=lambda name: int(name.split(".")[0]))]
