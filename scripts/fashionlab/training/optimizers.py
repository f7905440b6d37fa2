"""Optimisers and schedulers of PyTorch by name, and what an epoch sets of them."""

import inspect
from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler

from fashionlab.training.networks import build, build_named, named_class

SCHEDULED = ("lr", "momentum", "betas")  # what classes of torch.optim.lr_scheduler change


def learning_rate(stages: list[dict], epoch: int) -> float:
    """Return the rate of an epoch (from 0); a stage's ``until`` is the first epoch of the next."""
    for stage in stages:
        if stage["until"] is None or epoch < stage["until"]:
            return stage["rate"]
    return stages[-1]["rate"]


def epoch_settings(specification: dict) -> list[dict[str, Any]]:
    """Return what each epoch sets of the optimiser: the rate as "lr", and what else is scheduled.

    A class of torch.optim.lr_scheduler steps once an epoch. It is played through beforehand, with
    an optimiser of nothing, so that a training that goes on needs no state of it.
    Raises ValueError for a class or an option that PyTorch does not have, and what PyTorch raises.
    """
    stages, epochs = specification["learning_rate"], specification["epochs"]
    if "scheduler" not in stages[0]:
        return [{"lr": learning_rate(stages, epoch)} for epoch in range(epochs)]
    nothing = nn.ParameterList([torch.zeros(1)])
    optimizer = build_optimizer(specification["optimizer"], nothing, torch.device("cpu"))
    group = optimizer.param_groups[0]
    group["lr"] = stages[0]["rate"]
    scheduler: Any = build_named(lr_scheduler, stages[0]["scheduler"], optimizer)
    found = []
    for epoch in range(epochs):
        if epoch:
            optimizer.step()
            scheduler.step()
        # Some classes move the momentum (Adam's first beta) against the rate.
        found.append({name: group[name] for name in SCHEDULED if name in group})
    return found


def build_optimizer(
    options: dict, network: nn.Module, device: torch.device
) -> torch.optim.Optimizer:
    """Return a torch.optim optimiser, fused and able to be captured where it can be."""
    kind = named_class(torch.optim, options["class"])
    supported = inspect.signature(kind).parameters
    extra: dict[str, object] = {"lr": 0.0}  # every epoch sets its own
    if not options.keys() & {"fused", "foreach"}:
        extra["fused"] = True
    if device.type == "cuda":
        extra["capturable"] = True
    chosen = {name: value for name, value in extra.items() if name in supported} | options
    built = build(_without_compiler(kind), chosen, network.parameters())
    assert isinstance(built, torch.optim.Optimizer)
    return built


def _without_compiler(kind: Any) -> type:
    """Return a class of torch.optim whose methods do not tell PyTorch's compiler to skip them.

    To say so they import it, which takes a second or two, and nothing here is compiled by it.
    """
    methods = ("add_param_group", "state_dict", "load_state_dict", "zero_grad")
    plain = {name: inspect.unwrap(getattr(kind, name)) for name in methods}
    step = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), {**plain, "step": step})


def can_be_captured(optimizer: torch.optim.Optimizer) -> bool:
    """Return whether the optimiser's step can be part of a CUDA graph.

    One that can may be kept from it in config.yaml: {class: Adam, capturable: false}.
    """
    return isinstance(optimizer, torch.optim.SGD) or bool(optimizer.defaults.get("capturable"))
