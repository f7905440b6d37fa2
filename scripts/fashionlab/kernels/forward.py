"""Convolution kernels for sixteen images at a time, emitted as LLVM code.

A network is a sequence of stages; each is one pass: convolution with bias, maximum over pooling
windows, activation. A stage keeps a block of outputs x pixels in registers, sized to the machine.
"""

from functools import reduce

from fashionlab.kernels.stages import blocking, pieces
from fashionlab.kernels.vectors import (
    FLOAT,
    INT,
    VECTOR,
    begin,
    constant,
)


def emit_stage(module, name, stage, registers, turned=False):
    """Define void name(x, weights, y): one stage for one group of sixteen images.

    ``weights``: [outputs, channels, height, width], then biases. ``turned``: they are those of the
    convolution whose input's gradient this is: [channels, outputs, height, width], no biases.
    """
    e = begin(module, name, 3)
    block, area = blocking(stage, registers), stage.pool**2
    sums = [[e.alloca(VECTOR) for _ in range(block[1] * area)] for _ in range(block[0])]
    outputs, rows, columns = stage.shape
    with e.loop(INT(rows)) as row:
        for first_o, blocks_o, size_o in pieces(outputs, block[0]):
            for first_c, blocks_c, size_c in pieces(columns, block[1]):
                with e.loop(INT(blocks_o)) as o, e.loop(INT(blocks_c)) as c:
                    o = e.add(e.mul(o, INT(size_o)), INT(first_o))
                    c = e.add(e.mul(c, INT(size_c)), INT(first_c))
                    own = [line[: size_c * area] for line in sums[:size_o]]
                    emit_sums(e, stage, own, o, row, c, turned)
                    emit_results(e, stage, own, o, row, c)
    e.ret_void()
    return e.function


def emit_sums(e, stage, sums, o, row, c, turned):
    """Emit sums[output][pixel] = bias + products, for outputs from o, windows from (row, c)."""
    x, weights, _ = e.function.args
    pool, width, kernel_w = stage.pool, stage.width, stage.kernel_w
    area = stage.kernel_h * kernel_w
    per_output, per_channel, sign = stage.taps, area, 1
    if turned:
        per_output, per_channel, sign = area, stage.outputs * area, -1
    for i, line in enumerate(sums):
        bias = constant(0.0)
        if not turned:
            bias = e.splat(e.at(weights, FLOAT, stage.outputs * stage.taps + i, (o, 1)), 0)
        for total in line:
            e.store(bias, total)
    pixels = [
        dy * width + w * pool + dx
        for w in range(len(sums[0]) // pool**2)
        for dy in range(pool)
        for dx in range(pool)
    ]
    with e.loop(INT(stage.channels)) as channel, e.loop(INT(stage.kernel_h)) as ky:
        image = e.at(
            x,
            VECTOR,
            0,
            (channel, stage.height * width),
            (row, pool * width),
            (ky, width),
            (c, pool),
        )
        first = area - 1 if turned else 0
        at = (o, per_output), (channel, per_channel), (ky, sign * kernel_w)
        taps = e.at(weights, FLOAT, first, *at)
        for kx in range(kernel_w):
            inputs = [e.load(e.at(image, VECTOR, p + kx), typ=VECTOR, align=4) for p in pixels]
            for i, line in enumerate(sums):
                weight = e.splat(taps, i * per_output + sign * kx)
                for total, value in zip(line, inputs, strict=True):
                    e.store(e.fma(weight, value, e.load(total, typ=VECTOR)), total)


def emit_results(e, stage, sums, o, row, c):
    """Emit the maximum of every pooling window, the activation, and the store to y."""
    _, rows, columns = stage.shape
    area = stage.pool**2
    y = e.at(e.function.args[2], VECTOR, 0, (o, rows * columns), (row, columns), (c, 1))
    for i, line in enumerate(sums):
        values = [e.load(total, typ=VECTOR) for total in line]
        for w in range(len(line) // area):
            value = reduce(e.larger, values[w * area : (w + 1) * area])
            if stage.activation:
                value = e.call(e.module.get_global(stage.activation), [value])
            e.store(value, e.at(y, VECTOR, i * rows * columns + w), align=4)
