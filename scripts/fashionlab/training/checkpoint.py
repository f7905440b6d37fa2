"""A training's state after an epoch, in one safetensors file that is whole or absent.

The file is named by the specification's hash, so that a changed configuration never goes on from
it, and lies outside the rules' outputs, which Snakemake deletes before it runs a job again. It is
kept after the end until all results are collected: of several trainings that share a job of a
cluster, one that fails takes the outputs of the others with it.
"""

import hashlib
import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from fashionlab.storage.files import write_bytes
from fashionlab.training.engine import Training


def save_checkpoint(path: Path, training: Training, seconds: dict[str, float]) -> None:
    """Write the weights, the optimiser's state, the records and the time used so far."""
    tensors = {f"network.{k}": v for k, v in training.network.state_dict().items()}
    scalars: dict[str, dict] = {}
    for number, state in training.optimizer.state_dict()["state"].items():
        for key, value in state.items():
            if isinstance(value, torch.Tensor):
                tensors[f"optimizer.{number}.{key}"] = value
            else:
                scalars.setdefault(str(number), {})[key] = value
    state = {
        "epoch": training.epoch,
        "records": training.recorder.records,
        "diverged": training.diverged,
        "optimizer": scalars,
        "seconds": seconds,
    }
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(state)
    write_bytes(path, save(whole, metadata={"state": text, "checksum": _checksum(text, whole)}))


def load_checkpoint(path: Path, training: Training) -> dict[str, float]:
    """Put a training into the state of its checkpoint; return the time used up to there.

    Without a checkpoint, or with a damaged one, the training starts from its beginning.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if metadata["checksum"] != _checksum(metadata["state"], tensors):
            return {}
        state = json.loads(metadata["state"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        return {}
    prefix = "network."
    network = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    training.network.load_state_dict(network)
    _restore_optimizer(training.optimizer, tensors, state["optimizer"])
    training.epoch, training.recorder.records = state["epoch"], state["records"]
    training.diverged = state["diverged"]
    return state["seconds"]


def _checksum(state: str, tensors: dict[str, torch.Tensor]) -> str:
    digest = hashlib.sha256(state.encode())
    for name in sorted(tensors):
        digest.update(name.encode() + tensors[name].numpy().tobytes())
    return digest.hexdigest()


def _restore_optimizer(
    optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor], scalars: dict
) -> None:
    saved = optimizer.state_dict()
    state: dict[int, dict] = {int(number): dict(values) for number, values in scalars.items()}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, number, key = name.split(".", 2)
            state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": saved["param_groups"]})
    for parameter, values in optimizer.state.items():
        for key, value in values.items():
            # Fused kernels walk the memory of parameter and state side by side: same layout.
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                values[key] = torch.empty_like(parameter).copy_(value).detach()
