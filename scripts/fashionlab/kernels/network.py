"""The door to the kernels: a network, compiled for this processor, forward and backward.

Sixteen images lie side by side in a vector register: [group][channel][row][column][16 images],
which is called lanes. A library's convolution spreads channels over the register instead, and of 8
or 16 channels most of it stays empty; here their number does not matter (docs/kernels.md).
"""

from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

from fashionlab.kernels.compiling import compiled_passes
from fashionlab.kernels.stages import places, plan, widest
from fashionlab.kernels.vectors import LANES
from fashionlab.planning.notation import parse_network

_MINUS_ONE = torch.tensor([[-1.0]])


def kernel_layers(
    specification: dict, shape: tuple[int, int, int], device: torch.device
) -> tuple[tuple, ...] | None:
    """Return a network's layers as the kernels name them, or None where PyTorch computes it.

    There are kernels for networks on a CPU whose activations have no options.
    ``shape``: of an image, (channels, height, width).
    """
    activation = specification["activation"]
    if device.type != "cpu" or len(activation) > 1:
        return None
    layers: list[tuple] = []
    for layer in parse_network(specification["network"], shape, specification["classes"]):
        if layer.kind == "conv":
            assert layer.kernel is not None
            layers.append(("conv", layer.output_shape[0], *layer.kernel))
        elif layer.kind == "fc":
            layers.append(("linear", layer.output_shape[0]))
        else:
            known = {"pool": ("pool", 2), "act": ("act", activation["class"])}
            layers.append(known.get(layer.kind, (layer.kind,)))
    try:
        plan(layers, shape)
    except ValueError:  # a layer that has no kernel
        return None
    return tuple(layers)


@dataclass
class Buffers:
    """What a training step of so many groups of sixteen images works in; lanes but for numbers."""

    numbers: Tensor  # 0, 1, 2, ...
    images: Tensor
    activations: Tensor  # of all stages, the last of them the logits
    logits: Tensor  # a view of them, [groups, 16, outputs]
    dlogits: Tensor
    forward: tuple  # what the two passes take
    backward: tuple


class CompiledNetwork:
    """A network's parameters, and the passes that are compiled for it.

    The parameters are moved into one array, and they and their gradients become views of it, so
    that no pass has to gather them. ``layers``: of `kernel_layers`; ``shape``: of an image,
    (channels, height, width). Raises ValueError for layers without kernels, and for parameters
    that are not theirs.
    """

    def __init__(self, network: nn.Module, layers: tuple, shape: tuple[int, int, int]) -> None:
        self.shape, self.stages = shape, plan(layers, shape)
        self.passes = compiled_passes(tuple(layers), shape)
        self.places, self.outputs = places(self.stages), prod(self.stages[-1].shape)
        parameters = list(network.parameters())
        sizes = [n for s in self.stages for n in (s.outputs * s.taps, s.outputs)]
        if [p.numel() for p in parameters] != sizes:
            raise ValueError(
                f"parameters of {[p.shape for p in parameters]}, not of {sizes} numbers"
            )
        self.weights = aligned((sum(sizes),))
        self.gradients = aligned((sum(sizes),))
        parts = zip(parameters, self.weights.split(sizes), self.gradients.split(sizes), strict=True)
        for parameter, weight, gradient in parts:
            weight.copy_(parameter.detach().reshape(-1))
            parameter.data = weight.view(parameter.shape)
            parameter.grad = gradient.zero_().view(parameter.shape)
        self.scratch = aligned((2, widest(self.stages), LANES))
        self.maps = aligned((self.places.all_maps, LANES)).zero_()
        self._buffers: Buffers | None = None

    def prepare(self, images: Tensor) -> tuple[Tensor, int]:
        """Return images [N, C, H, W] as `logits` takes them: as lanes, with their number."""
        if images.shape[1:] != self.shape or not len(images):
            raise ValueError(f"{tuple(images.shape)} are not images of {self.shape}")
        groups, pixels = -(-len(images) // LANES), prod(self.shape)
        lanes = aligned((groups, pixels, LANES))
        self._to_lanes("images", images.contiguous(), torch.arange(len(images)), lanes)
        return lanes, len(images)

    def logits(self, prepared: tuple[Tensor, int]) -> Tensor:
        """Return the logits of prepared images, [N, outputs]."""
        lanes, count = prepared
        logits = aligned((len(lanes), self.outputs, LANES))
        arrays = (lanes, self.weights, self.scratch, logits)
        self.passes["predict"](*(array.data_ptr() for array in arrays), len(lanes))
        return logits.transpose(1, 2).reshape(-1, self.outputs)[:count]

    @torch.no_grad()
    def loss_and_gradients(
        self, images: Tensor, batch: Tensor, labels: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return logits [N, outputs] and mean cross-entropy of a batch, with labels int64 [N].

        ``batch``: int64 [N], which of the ``images`` [M, C, H, W] it is made of.
        The gradients of the loss take the place of each parameter's ``grad``. What PyTorch
        computes here, of ten numbers an image, has no matrix product in it.
        """
        if images.shape[1:] != self.shape or not images.is_contiguous():
            raise ValueError(f"{tuple(images.shape)} are not images of {self.shape}, one by one")
        count = len(batch)
        b = self._room(count)
        self._to_lanes("images", images, batch, b.images)
        self.passes["forward"](*b.forward)
        logits = b.logits.reshape(-1, self.outputs)[:count]
        # Not exp of the likelihoods: that one is MKL's, whose bits depend on the processor.
        chosen = labels.unsqueeze(1)
        loss = -logits.log_softmax(1).gather(1, chosen).mean()
        errors = logits.softmax(1).scatter_add_(1, chosen, _MINUS_ONE.expand(count, 1))
        self._to_lanes("outputs", errors.div_(count), b.numbers[:count], b.dlogits)
        self.gradients.zero_()
        self.passes["backward"](*b.backward)
        return logits, loss

    def _to_lanes(self, kind: str, values: Tensor, numbers: Tensor, lanes: Tensor) -> None:
        """Write the rows of these numbers of float32 values, contiguous [*, ...], into lanes."""
        arrays = (values, numbers, lanes)
        self.passes[f"lanes_of_{kind}"](*(a.data_ptr() for a in arrays), len(numbers))

    def _room(self, count: int) -> Buffers:
        """Return buffers for so many images, the last ones if they fit: fresh pages cost time."""
        groups = -(-count // LANES)
        if self._buffers is None or len(self._buffers.images) != groups:
            pixels, start = prod(self.shape), self.places.y[-1]
            images = aligned((groups, pixels, LANES))
            activations = aligned((groups, self.places.group, LANES))
            dlogits = aligned((groups, self.outputs, LANES))
            shared = (images, self.weights, activations)
            rest = (dlogits, self.maps, self.scratch, self.gradients)
            self._buffers = Buffers(
                numbers=torch.arange(groups * LANES),
                images=images,
                activations=activations,
                logits=activations[:, start : start + self.outputs].transpose(1, 2),
                dlogits=dlogits,
                forward=(*(array.data_ptr() for array in shared), groups),
                backward=(*(array.data_ptr() for array in (*shared, *rest)), groups),
            )
        return self._buffers


def aligned(shape: tuple[int, ...]) -> Tensor:
    """Return an uninitialised float32 tensor from a cache line on: no vector straddles two."""
    raw = np.empty(prod(shape) + LANES, np.float32)
    start = -raw.ctypes.data % 64 // 4
    return torch.from_numpy(raw[start : start + prod(shape)].reshape(shape))
