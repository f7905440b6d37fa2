"""Whether PyTorch has the classes that a configuration names, found out by using them.

The four classes of the study itself are known to work; only others cost the import of PyTorch.
"""

import importlib.util
import itertools
import math
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from fashionlab.config.schema_check import Mistake, nearest, shown

# They need a result of the training itself, functions, or other schedulers.
UNPLANNED = {
    "ReduceLROnPlateau", "LambdaLR", "MultiplicativeLR", "SequentialLR", "ChainedScheduler",
}  # fmt: skip
PROVEN = [{"class": name} for name in ("ReLU", "Sigmoid", "SGD", "Adam")]


def class_mistakes(config: dict) -> Iterator[Mistake]:
    """Yield classes that PyTorch lacks, or that refuse their options.

    Where PyTorch is not installed, beside a Snakemake that brings its own environments for the
    jobs, the first training finds out.
    """
    asked = [
        (section, name, options)
        for section in ("activations", "optimizers")
        for name, options in config[section].items()
        if options not in PROVEN
    ]
    scheduled = sorted(_scheduled(config))
    if not (asked or scheduled) or not importlib.util.find_spec("torch"):
        return
    from torch import nn, optim

    for section, name, options in asked:
        space, base = (nn, nn.Module) if section == "activations" else (optim, optim.Optimizer)
        if options["class"] not in (names := _classes(space, base)):
            wrong = f"{space.__name__} has no class '{options['class']}'"
            yield (section, name, "class"), wrong + nearest(options["class"], names)
            continue
        if section == "optimizers" and "lr" in options:
            yield (section, name, "lr"), "the rate of a training stands in its learning_rate"
            continue
        try:
            with warnings.catch_warnings(action="ignore"):
                (_try_activation if section == "activations" else _try_optimizer)(options)
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            yield (section, name), f"{shown(options)} cannot be used: {reason[:200]}"

    space = optim.lr_scheduler
    known = sorted(set(_classes(space, space.LRScheduler)) - UNPLANNED)
    for name, optimizer, epochs in scheduled:
        options = config["schedulers"][name]
        if options["class"] not in known:
            wrong = f"{space.__name__} has no class '{options['class']}' that can be planned"
            yield ("schedulers", name, "class"), wrong + nearest(options["class"], known)
            continue
        try:
            with warnings.catch_warnings(action="ignore"):
                _try_scheduler(options, config["optimizers"][optimizer], epochs)
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            what = f"{shown(options)} cannot be used with {optimizer} for {epochs} epochs"
            yield ("schedulers", name), f"{what}: {reason[:200]}"


def _scheduled(config: dict) -> set[tuple[str, str, int]]:
    """Return the schedulers that trainings use, each with optimiser and number of epochs."""
    found = set()
    for section in config["experiments"].values():
        settings = config["defaults"] | section
        grid = section.get("grid", {})
        axes = [grid.get(a, [settings[a]]) for a in ("learning_rate", "optimizer", "epochs")]
        found |= {
            (rate, optimizer, epochs)
            for rate, optimizer, epochs in itertools.product(*axes)
            if rate in config.get("schedulers", {}) and optimizer in config["optimizers"]
        }
    return found


def _try_scheduler(options: dict, optimizer: dict, epochs: int) -> None:
    """Play a scheduler through; raises ValueError for a rate that is no number."""
    from fashionlab.training.optimizers import epoch_settings

    named = {key: value for key, value in options.items() if key != "rate"}
    stage = {"rate": float(options["rate"]), "until": None, "scheduler": named}
    played = epoch_settings({"learning_rate": [stage], "optimizer": optimizer, "epochs": epochs})
    for epoch, settings in enumerate(played):
        if not 0 <= settings["lr"] < math.inf:
            raise ValueError(f"its rate is {settings['lr']} in epoch {epoch}")


def _classes(space: ModuleType, base: type) -> list[str]:
    """Return the names of a module's classes; of torch.nn only those of activations."""
    names = getattr(getattr(getattr(space, "modules", None), "activation", None), "__all__", None)
    found = names or dir(space)
    kinds = {name: getattr(space, name) for name in found}
    return [
        n for n, k in kinds.items() if isinstance(k, type) and issubclass(k, base) and k != base
    ]


def _try_activation(options: dict) -> None:
    """Apply an activation to images and to features, forwards and backwards."""
    import torch

    from fashionlab.training.networks import build_named

    for shape in ((2, 3, 4, 4), (2, 6)):
        values = torch.randn(shape, requires_grad=True)
        activation: Any = build_named(torch.nn, options)
        if any(True for _ in activation.parameters()):
            raise ValueError("it has weights of its own, which the study's counts would leave out")
        result = activation(values)
        if not torch.equal(result, activation(values)):
            raise ValueError("it draws random numbers, so that no training could be repeated")
        if result.shape != values.shape:
            raise ValueError(f"it makes {tuple(result.shape)} of {shape}, and must keep the shape")
        result.sum().backward()


def _try_optimizer(options: dict) -> None:
    """Do a step with an optimiser on a small network."""
    import torch

    from fashionlab.training.networks import build_network
    from fashionlab.training.optimizers import build_optimizer

    network = build_network("conv3x2 act", {"class": "ReLU"}, (1, 4, 4), 2)
    optimizer = build_optimizer({"lr": 0.001} | options, network, torch.device("cpu"))
    network(torch.rand(2, 1, 4, 4)).sum().backward()
    optimizer.step()
