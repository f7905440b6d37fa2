"""Optimisers of PyTorch by name, and the learning rate of an epoch."""

import inspect

import torch
from torch import nn

from fashionlab.training.networks import build_named


def learning_rate(stages: list[dict], epoch: int) -> float:
    """Return the rate of an epoch (from 0); a stage's ``until`` is the first epoch of the next."""
    for stage in stages:
        if stage["until"] is None or epoch < stage["until"]:
            return stage["rate"]
    return stages[-1]["rate"]


def build_optimizer(
    options: dict, network: nn.Module, device: torch.device
) -> torch.optim.Optimizer:
    """Return a torch.optim optimiser, fused and able to be captured where it can be."""
    supported = inspect.signature(getattr(torch.optim, options["class"], object)).parameters
    extra: dict[str, object] = {"lr": 0.0}  # every epoch sets its own
    if not options.keys() & {"fused", "foreach"}:
        extra["fused"] = True
    if device.type == "cuda":
        extra["capturable"] = True
    chosen = {name: value for name, value in extra.items() if name in supported} | options
    built = build_named(torch.optim, chosen, network.parameters())
    assert isinstance(built, torch.optim.Optimizer)
    return built


def can_be_captured(optimizer: torch.optim.Optimizer) -> bool:
    """Return whether the optimiser's step can be part of a CUDA graph.

    One that can may be kept from it in config.yaml: {class: Adam, capturable: false}.
    """
    return isinstance(optimizer, torch.optim.SGD) or bool(optimizer.defaults.get("capturable"))
