"""Gradients of all layers of networks that have not been trained yet."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from fashionlab.training.devices import make_repeatable
from fashionlab.training.engine import Dataset
from fashionlab.training.networks import build_network
from fashionlab.training.seeds import batch_order, derive_seed
from fashionlab.training.session import load_data


def measure_layers(
    specifications: dict[str, dict], folder: str, split: str, draws: int, images: int
) -> list[dict]:
    """Return a row a variant, draw of initial weights, and layer that has weights (from 1).

    Draw k has the weights and the batches of run k. "error": root mean square over ``images`` of
    the norm of the loss gradient of one image with respect to the layer's output before its
    activation. "gradient": norm of the gradient of the layer's weights on the first batch, which is
    what trainings record of the first layer at step 0.
    """
    make_repeatable()
    data: dict[str, Dataset] = {}
    rows = []
    for variant, specification in specifications.items():
        scale = str(specification["input_range"])
        if scale not in data:
            data[scale] = load_data(folder, split, specification, torch.device("cpu"))["train"]
        for draw in range(1, draws + 1):
            run = specification | {"run": draw}
            found = _layers_of(run, data[scale], images)
            rows += [{"variant": variant, "draw": draw} | row for row in found]
    return rows


def _layers_of(run: dict, train: Dataset, images: int) -> list[dict]:
    order = torch.from_numpy(batch_order(run, 0, len(train)))
    torch.manual_seed(derive_seed(run, 0))
    channels, height, width = train.images.shape[1:]
    network = build_network(
        run["network"], run["activation"], (channels, height, width), run["classes"]
    )
    layers = [module for module in network if isinstance(module, nn.Conv2d | nn.Linear)]
    outputs: list[Tensor] = []
    for layer in layers:
        layer.register_forward_hook(lambda _, __, output: outputs.append(output))
    chosen = order.flatten()[:images]
    loss = cross_entropy(network(train.images[chosen]), train.labels[chosen], reduction="sum")
    errors = torch.autograd.grad(loss, outputs)  # of a sum: each image's own
    first = order[0]
    loss = cross_entropy(network(train.images[first]), train.labels[first])
    gradients = torch.autograd.grad(loss, [layer.weight for layer in layers])
    return [
        {
            "layer": number,
            "error": _finite(error.flatten(1).norm(dim=1).square().mean().sqrt()),
            "gradient": _finite(gradient.norm()),
        }
        for number, (error, gradient) in enumerate(zip(errors, gradients, strict=True), start=1)
    ]


def _finite(value: Tensor) -> float | None:
    """Return a number, or None for what overflowed, which JSON cannot hold."""
    return float(value) if value.isfinite() else None
