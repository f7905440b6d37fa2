"""Trying the classes that a configuration names: PyTorch alone knows what they are and take."""

from collections.abc import Callable

import torch
from torch import nn

from fashionlab.configuration import ConfigurationError
from fashionlab.training.networks import build_named
from fashionlab.training.optimizers import build_optimizer


def rehearse(trainings: list[dict]) -> None:
    """Use each activation and each optimiser of some planned trainings once, on a few numbers.

    Raises ConfigurationError with a line for each that cannot be used.
    """
    errors = []
    kinds: dict[str, Callable] = {"activation": _use_activation, "optimizer": _use_optimizer}
    for kind, use in kinds.items():
        for name, options in {t[kind]: t["specification"][kind] for t in trainings}.items():
            try:
                use(options)
            except Exception as error:  # whatever a class does with what it is given
                reason = " ".join(str(error).split()) or type(error).__name__
                errors.append(f"  config.yaml: {kind}s: {name}: {reason}")
    if errors:
        raise ConfigurationError("\n".join(["the configuration cannot be run:", *errors]))


def _use_activation(options: dict) -> None:
    module = build_named(nn, options)
    assert isinstance(module, nn.Module)
    for shape in ((2, 3), (2, 3, 4, 4)):
        if module(torch.zeros(shape)).shape != shape:
            raise ValueError(f"'{options['class']}' changes the shape of its input")


def _use_optimizer(options: dict) -> None:
    layer = nn.Linear(2, 2)
    optimizer = build_optimizer(options, layer, torch.device("cpu"))
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
