"""Forward and backward pass of small CNNs in compiled float32 kernels.

Sixteen images lie side by side in a vector register, as in ``inference``.
A library's training step spends most of its time on convolutions with so few channels that they
fill a part of a register; here the channel count does not matter.
"""

from collections.abc import Callable
from ctypes import CFUNCTYPE, c_int64, c_void_p
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from fashionlab.kernels.inference import aligned, build, target, to_lanes
from fashionlab.kernels.passes import emit_training
from fashionlab.kernels.stages import places, plan, widest
from fashionlab.kernels.vectors import LANES

_MINUS_ONE = torch.tensor([[-1.0]])


class Kernels:
    """The compiled passes of one network; raises ValueError for one without kernels."""

    def __init__(self, layers: tuple, input_shape: tuple[int, int, int]) -> None:
        self.stages = plan(layers, input_shape)
        self.places = places(self.stages)
        machine, registers = target()
        self.engine = build(emit_training(self.stages, registers), machine)
        self.forward_pass = self._function("forward", 3)
        self.backward_pass = self._function("backward", 7)
        self.sizes = [n for s in self.stages for n in (s.outputs * s.taps, s.outputs)]
        self.frames = aligned((self.places.frame, LANES))
        self.frames[:] = 0
        self.scratch = aligned((2, widest(self.stages), LANES))
        self.activations = aligned((0, self.places.group, LANES))

    def forward(self, images: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the activations of all stages, the last of them the logits, [groups, ., 16].

        They are valid until the next call.
        """
        if len(images) > len(self.activations):  # kept: fresh pages cost more than a layer
            self.activations = aligned((len(images), self.places.group, LANES))
        _call(self.forward_pass, images, weights, self.activations)
        return self.activations[: len(images)]

    def backward(
        self,
        images: np.ndarray,
        weights: np.ndarray,
        activations: np.ndarray,
        dlogits: np.ndarray,
        gradients: np.ndarray,
    ) -> None:
        """Write the gradients of all weights and biases, in PyTorch's order."""
        gradients[:] = 0
        arrays = (images, weights, activations, dlogits, self.frames, self.scratch, gradients)
        _call(self.backward_pass, *arrays)

    def _function(self, name: str, pointers: int) -> Callable:
        kind = CFUNCTYPE(None, *[c_void_p] * pointers, c_int64)
        return kind(self.engine.get_function_address(name))


def _call(function: Callable, *arrays: np.ndarray) -> None:
    function(*(array.ctypes.data for array in arrays), len(arrays[0]))


@cache
def _kernels(layers: tuple, input_shape: tuple[int, int, int]) -> Kernels:
    return Kernels(layers, input_shape)


def compile_network(
    network: nn.Module, layers: tuple, input_shape: tuple[int, int, int]
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Return a function from images [N, C, H, W] and labels [N] to logits [N, outputs] and loss.

    The loss is the mean cross-entropy; its gradient takes the place of each parameter's ``grad``.
    The parameters become parts of one vector, and their gradients of another, which a step neither
    packs nor allocates.
    ``layers``: the network's, as for ``compile_predictor``. Raises ValueError for a network without
    kernels. What PyTorch computes here, of ten numbers an image, has no matrix product in it.
    """
    kernels = _kernels(layers, input_shape)
    outputs, first = kernels.stages[-1].outputs, kernels.places.y[-1]
    parameters = list(network.parameters())
    if [p.numel() for p in parameters] != kernels.sizes:
        shapes = [tuple(p.shape) for p in parameters]
        raise ValueError(f"parameters of {shapes} do not fit {layers}")
    weights = torch.cat([p.detach().flatten() for p in parameters])
    found = torch.zeros_like(weights)
    parts = zip(weights.split(kernels.sizes), found.split(kernels.sizes), strict=True)
    for parameter, (own, gradient) in zip(parameters, parts, strict=True):
        parameter.data = own.view(parameter.shape)
        parameter.grad = gradient.view(parameter.shape)

    @torch.no_grad()
    def gradients(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        lanes = to_lanes(images.numpy())
        activations = kernels.forward(lanes, weights.numpy())
        last = activations[:, first : first + outputs].transpose(0, 2, 1).reshape(-1, outputs)
        logits = torch.from_numpy(last[: len(images)])
        # Not exp of the likelihoods: that one is MKL's, whose bits depend on the processor.
        likelihoods = logits.log_softmax(1)
        chosen = labels.unsqueeze(1)
        loss = -likelihoods.gather(1, chosen).mean()
        errors = logits.softmax(1).scatter_add_(1, chosen, _MINUS_ONE.expand(len(labels), 1))
        dlogits = to_lanes(errors.div_(len(labels)).numpy())
        kernels.backward(lanes, weights.numpy(), activations, dlogits, found.numpy())
        return logits, loss

    return gradients
