"""The stages of a network that there are kernels for, and where their numbers lie."""

from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod

from fashionlab.kernels.vectors import ACTIVATIONS


@dataclass
class Stage:
    """One pass: convolution (a linear layer is a 1x1 one of a 1x1 image), then pool, activation."""

    channels: int
    height: int
    width: int
    outputs: int
    kernel_h: int
    kernel_w: int
    pool: int = 1
    activation: str | None = None

    @property
    def taps(self):
        """Products in one output."""
        return self.channels * self.kernel_h * self.kernel_w

    @property
    def linear(self):
        """Whether it sees an image of one pixel, as a linear layer does."""
        return self.height == self.width == 1

    @property
    def shape(self):
        """Output (channels, rows, columns)."""
        return (
            self.outputs,
            (self.height - self.kernel_h + 1) // self.pool,
            (self.width - self.kernel_w + 1) // self.pool,
        )


def plan(layers, shape):
    """The stages of a network on images of `shape`; ValueError where there is no kernel for it."""
    stages: list[Stage] = []
    flat = False
    for kind, *options in layers:
        last = stages[-1] if stages else None
        if kind == "linear":
            stages.append(Stage(prod(shape), 1, 1, options[0], 1, 1))
            flat = True
        elif kind == "conv" and not flat:
            stages.append(Stage(*shape, *options))
        elif kind == "act" and last and not last.activation and options[0] in ACTIVATIONS:
            last.activation = options[0]
        elif kind == "pool" and last and not flat and last.pool == 1 and options == [2]:
            last.pool = 2  # even after an activation: those are monotone, so the two commute
        else:
            raise ValueError(f"no kernel for {(kind, *options)} at its place in {layers}")
        shape = stages[-1].shape
        if min(shape) < 1:
            raise ValueError(f"{(kind, *options)} leaves an image of {shape}")
    if not stages:
        raise ValueError("a network needs a layer")
    return stages


def pieces(total, size):
    """Cover range(total) by blocks: [(first, number of blocks, block size)], the rest last."""
    whole, rest = divmod(total, size)
    return [p for p in [(0, whole, size), (whole * size, 1, rest)] if p[1] * p[2]]


def cheapest(rows, columns, fits, area=1, row_load=1):
    """(rows, columns) of the register block of least estimated time that fits.

    A block holds rows x columns sums of ``area`` vectors, fed by a load for each row and column.
    Of equal ones that with the fewest loads, of which one for a row counts for ``row_load``.
    """

    def cost(block):
        tiles = [
            (n * m, r, c * area)
            for _, n, r in pieces(rows, block[0])
            for _, m, c in pieces(columns, block[1])
        ]
        # Half cycles (two multiply-adds or loads a cycle); twelve sums hide four cycles of latency.
        return (
            sum(n * max(r * c, r + c, 12) for n, r, c in tiles),
            sum(n * (row_load * r + c) for n, r, c in tiles),
        )

    sizes = [(r, c) for r in range(1, rows + 1) for c in range(1, columns + 1)]
    return min([size for size in sizes if fits(*size)] or sizes[:1], key=cost)


def blocking(stage, registers):
    """(outputs, pooling windows in a row) of a stage's register block: sums and inputs."""
    area = stage.pool**2
    return cheapest(
        stage.outputs, stage.shape[2], lambda o, w: (o + 1) * w * area <= registers, area
    )


def convolution(stage):
    """The stage without what a pooling stage does to the convolution's output."""
    return stage if stage.pool == 1 else replace(stage, pool=1, activation=None)


def column_blocks(stage, size):
    """Cover the columns of a convolution's input: [(first, number of blocks, block size, reach)].

    ``reach[kx]``: the pixels of a block that tap kx took to an output; those of the blocks at the
    border leave some out. Blocks that are alike follow one another.
    """
    found: list[list] = []
    for first in range(0, stage.width, size):
        pixels = range(min(size, stage.width - first))
        reach = [
            [p for p in pixels if 0 <= first + p - kx <= stage.width - stage.kernel_w]
            for kx in range(stage.kernel_w)
        ]
        if found and found[-1][2:] == [len(pixels), reach]:
            found[-1][1] += 1
        else:
            found.append([first, 1, len(pixels), reach])
    return found


def widest(stages):
    """Vectors in the largest activation."""
    return max(prod(stage.shape) for stage in stages)


def image_size(stages):
    """Pixels of an image of the network's input, all channels."""
    return stages[0].channels * stages[0].height * stages[0].width


@dataclass
class Places:
    """Where each stage finds its data, in vectors or floats from the start of what all share."""

    z: list[int]  # the convolution's output where it is pooled, among a group's activations
    y: list[int]
    group: int  # vectors of a group's activations
    maps: list[int]  # gradients of convolutions' outputs before pool and activation, of one group
    all_maps: int  # vectors of them
    weights: list[int]  # numbers of weights and biases before a stage's
    dz: list[int]  # gradients of linear layers: of outputs before the activation,
    dx: list[int]  # and of inputs; among a group's activations


def places(stages):
    """The layout of a network's activations, gradients and weights."""

    def starts(sizes):
        return list(accumulate(sizes, initial=0))

    sizes = [n for s in stages for n in (prod(convolution(s).shape) * (s.pool > 1), prod(s.shape))]
    gradients = [n * s.linear for s in stages for n in (s.outputs, s.taps)]
    activations = starts([*sizes, *gradients])
    z_to, dz_to = len(sizes), len(sizes) + len(gradients)
    maps = starts(prod(convolution(stage).shape) for stage in stages)
    return Places(
        z=activations[:z_to:2],
        y=activations[1:z_to:2],
        dz=activations[z_to:dz_to:2],
        dx=activations[z_to + 1 : dz_to : 2],
        group=activations[-1],
        maps=maps,
        all_maps=maps[-1],
        weights=starts(stage.outputs * (stage.taps + 1) for stage in stages),
    )
