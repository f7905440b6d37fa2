"""Convolution kernels for sixteen images at a time, emitted as LLVM code.

A network is a sequence of stages; each is one pass: convolution with bias, maximum over pooling
windows, activation. A stage keeps a block of outputs x pixels in registers, sized to the machine.
"""

from functools import reduce

from fashionlab.kernels.stages import blocking, pieces
from fashionlab.kernels.vectors import FLOAT, INT, LANES, VECTOR, begin, constant


def emit_lanes(module, name, size):
    """Define void name(values, numbers, lanes, count): rows of values [*, size] become lanes.

    ``numbers``: int64 [count], which rows; the lanes of the last group that are left are zeros.
    """
    e = begin(module, name, 3, INT)
    values, numbers, lanes, count = e.function.args
    with e.loop(e.udiv(e.add(count, INT(LANES - 1)), INT(LANES))) as group:
        left = e.sub(count, e.mul(group, INT(LANES)))
        rows = []
        for lane in range(LANES):
            present = e.icmp_signed(">", left, INT(lane))
            place = e.at(numbers, INT, 0, (e.select(present, INT(lane), INT(0)), 1), (group, LANES))
            row = e.at(values, FLOAT, 0, (e.load(place, typ=INT, align=8), size))
            rows.append((row, present))
        with e.loop(INT(size)) as n:
            vector = constant(0.0)
            for lane, (row, present) in enumerate(rows):
                value = e.load(e.at(row, FLOAT, 0, (n, 1)), typ=FLOAT, align=4)
                value = e.select(present, value, FLOAT(0.0))
                vector = e.insert_element(vector, value, INT(lane))
            e.store(vector, e.at(lanes, VECTOR, 0, (group, size), (n, 1)), align=4)
    e.ret_void()


def emit_stage(module, name, stage, registers):
    """Define void name(x, weights, y): one stage for one group of sixteen images.

    ``weights``: [outputs, channels, height, width], then biases.
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
                    emit_sums(e, stage, own, o, row, c)
                    emit_results(e, stage, own, o, row, c)
    e.ret_void()
    return e.function


def emit_sums(e, stage, sums, o, row, c):
    """Emit sums[output][pixel] = bias + products, for outputs from o, windows from (row, c)."""
    x, weights, _ = e.function.args
    pool, width, kernel_w = stage.pool, stage.width, stage.kernel_w
    for i, line in enumerate(sums):
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
        at = (o, stage.taps), (channel, stage.kernel_h * kernel_w), (ky, kernel_w)
        taps = e.at(weights, FLOAT, 0, *at)
        for kx in range(kernel_w):
            inputs = [e.load(e.at(image, VECTOR, p + kx), typ=VECTOR, align=4) for p in pixels]
            for i, line in enumerate(sums):
                weight = e.splat(taps, i * stage.taps + kx)
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
