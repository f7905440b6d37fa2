"""Forward and backward pass of small CNNs in compiled float32 kernels, as a PyTorch function.

Sixteen images lie side by side in a vector register, as in ``inference``.
A library's training step spends most of its time on convolutions with so few channels that they
fill a part of a register; here the channel count does not matter.
"""

from collections.abc import Callable
from ctypes import CFUNCTYPE, c_int64, c_void_p
from functools import cache
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

from fashionlab.kernels.inference import aligned, build, pack, target, to_lanes
from fashionlab.kernels.passes import emit_training
from fashionlab.kernels.stages import Stage, convolution, places, plan, turned, widest
from fashionlab.kernels.vectors import LANES


class Kernels:
    """The compiled passes of one network; raises ValueError for one without kernels."""

    def __init__(self, layers: tuple, input_shape: tuple[int, int, int]) -> None:
        self.stages = plan(layers, input_shape)
        self.places = places(self.stages)
        machine, registers = target()
        self.engine = build(emit_training(self.stages, registers), machine)
        self.forward_pass = self._function("forward", 3)
        self.backward_pass = self._function("backward", 7)
        # Weights are put into the kernels' order by one indexing of all numbers in PyTorch's order.
        shapes = [s for stage in self.stages for s in parameter_shapes(stage)]
        self.sizes = [prod(shape) for shape in shapes]
        numbers = np.split(np.arange(sum(self.sizes)), np.cumsum(self.sizes)[:-1])
        tables = [n.reshape(shape) for n, shape in zip(numbers, shapes, strict=True)]
        self.order = pack([convolution(stage) for stage in self.stages], tables, registers)
        self.turned_order = pack(
            [turned(stage) for stage in self.stages[1:]],
            [table for weight in tables[2::2] for table in turned_weight(weight, sum(self.sizes))],
            registers,
        )
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
        _call(self.forward_pass, images, weights[self.order], self.activations)
        return self.activations[: len(images)]

    def backward(
        self, images: np.ndarray, weights: np.ndarray, activations: np.ndarray, dlogits: np.ndarray
    ) -> np.ndarray:
        """Return the gradients of all weights and biases, in PyTorch's order."""
        gradients = np.zeros(sum(self.sizes), np.float32)
        around = np.append(weights, np.float32(0))[self.turned_order]
        arrays = (images, around, activations, dlogits, self.frames, self.scratch, gradients)
        _call(self.backward_pass, *arrays)
        return gradients

    def _function(self, name: str, pointers: int) -> Callable:
        kind = CFUNCTYPE(None, *[c_void_p] * pointers, c_int64)
        return kind(self.engine.get_function_address(name))


def parameter_shapes(stage: Stage) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes of a stage's weight [O, C, H, W] and bias [O]."""
    weight = stage.outputs, stage.channels, stage.kernel_h, stage.kernel_w
    return weight, (stage.outputs,)


def turned_weight(weight: np.ndarray, zero: int) -> tuple[np.ndarray, np.ndarray]:
    """Return weight [O, C, H, W] as [C, O, H, W] with reversed kernels, and zero biases."""
    return weight.swapaxes(0, 1)[..., ::-1, ::-1], np.full(weight.shape[1], zero)


def _call(function: Callable, *arrays: np.ndarray) -> None:
    function(*(array.ctypes.data for array in arrays), len(arrays[0]))


class _Passes(torch.autograd.Function):
    @staticmethod
    def forward(ctx, kernels, images, *parameters):
        weights = np.concatenate([p.detach().numpy().ravel() for p in parameters])
        lanes = to_lanes(images.numpy())
        activations = kernels.forward(lanes, weights)
        ctx.kept = kernels, lanes, weights, activations, [p.shape for p in parameters]
        logits = activations[:, kernels.places.y[-1] :].transpose(0, 2, 1)
        return torch.from_numpy(logits.reshape(-1, logits.shape[2])[: len(images)])

    @staticmethod
    def backward(ctx, *outputs):
        kernels, lanes, weights, activations, shapes = ctx.kept
        dlogits = to_lanes(outputs[0].numpy())
        gradients = torch.from_numpy(kernels.backward(lanes, weights, activations, dlogits))
        parts = gradients.split(kernels.sizes)
        return None, None, *(p.view(s) for p, s in zip(parts, shapes, strict=True))


@cache
def _kernels(layers: tuple, input_shape: tuple[int, int, int]) -> Kernels:
    return Kernels(layers, input_shape)


def compile_network(
    network: nn.Module, layers: tuple, input_shape: tuple[int, int, int]
) -> Callable[[Tensor], Tensor]:
    """Return a function from images [N, C, H, W] to logits [N, outputs] that ``backward`` goes
    through, into the gradients of the network's parameters.

    ``layers``: the network's, as for ``compile_predictor``. Raises ValueError for a network without
    kernels. A result is to be used before the next call.
    """
    kernels = _kernels(layers, input_shape)

    def forward(images: Tensor) -> Tensor:
        return _Passes.apply(kernels, images, *network.parameters())

    return forward
