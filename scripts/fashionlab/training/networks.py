"""PyTorch modules from the notation of ``config.yaml``."""

import torch
from torch import nn

from fashionlab.planning.notation import Layer, parse_network


def build_network(
    line: str, activation: dict, input_shape: tuple[int, int, int], classes: int
) -> nn.Sequential:
    """Return a freshly initialised network (PyTorch's default initialisation, global seed).

    Input: images [batch, channels, height, width]; output: logits [batch, classes].
    ``activation`` is {"class": name of a torch.nn class, option: value, ...}.
    """
    modules: list[nn.Module] = []
    shape: tuple[int, ...] = input_shape
    for layer in parse_network(line, input_shape, classes):
        if layer.kind == "fc" and len(shape) == 3:
            modules.append(nn.Flatten())
        modules.append(_build_layer(layer, activation, shape))
        shape = layer.output_shape
    return nn.Sequential(*modules)


def build_named(namespace: object, options: dict, *arguments: object, **defaults: object) -> object:
    """Return an instance of ``namespace.<options["class"]>`` with the other options as keywords.

    Raises ValueError for a class or an option that PyTorch does not have.
    """
    return build(named_class(namespace, options["class"]), options, *arguments, **defaults)


def named_class(namespace: object, name: str) -> type:
    """Return ``namespace.<name>``; ValueError for one that PyTorch does not have."""
    found = getattr(namespace, name, None)
    if not isinstance(found, type):
        raise ValueError(f"{getattr(namespace, '__name__', namespace)} has no class '{name}'")
    return found


def build(kind: type, options: dict, *arguments: object, **defaults: object) -> object:
    """Return an instance of a class with all options but "class"; ValueError for wrong ones."""
    keywords = {key: value for key, value in options.items() if key != "class"}
    try:
        return kind(*arguments, **defaults, **keywords)
    except TypeError as error:
        raise ValueError(f"'{options['class']}' does not take these options: {error}") from error


def first_weight(network: nn.Module) -> nn.Parameter:
    """Return the weight (not the bias) of the first convolution or linear layer."""
    layer = next(m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear))
    assert isinstance(layer.weight, nn.Parameter)
    return layer.weight


def _build_layer(layer: Layer, activation: dict, shape: tuple[int, ...]) -> nn.Module:
    if layer.kind == "conv":
        assert layer.kernel is not None
        return nn.Conv2d(shape[0], layer.output_shape[0], layer.kernel)
    if layer.kind == "fc":
        return nn.Linear(torch.Size(shape).numel(), layer.output_shape[0])
    if layer.kind == "pool":
        return nn.MaxPool2d(2)
    if layer.kind == "norm":
        return nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0])
    if layer.kind == "drop":
        return nn.Dropout(layer.rate)
    module = build_named(nn, activation)
    assert isinstance(module, nn.Module)
    return module
