"""The weights that a training stored, layer by layer, without PyTorch."""

from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file


def layer_weights(path: str | Path) -> list[np.ndarray]:
    """Return the weights (no biases) of a safetensors file, the first layer's first.

    Raises ValueError, naming the file, for one that is missing or cannot be read.
    """
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path}: unreadable ({error})") from None
    names = (name for name in tensors if name.endswith(".weight"))
    return [tensors[name] for name in sorted(names, key=lambda name: int(name.split(".")[0]))]
