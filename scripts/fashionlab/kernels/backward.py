"""Kernels of back-propagation for sixteen images at a time, emitted as LLVM code.

The gradient of a convolution's input gathers, for a block of channels x pixels in registers, what
each pixel has given to the outputs around it; the gradient of the weights is a sum of products
over the pixels, a block of outputs x taps at a time in registers.
"""

from functools import reduce

from fashionlab.kernels.stages import cheapest, column_blocks, convolution, pieces
from fashionlab.kernels.vectors import (
    ACTIVATIONS,
    DERIVATIVES,
    FLOAT,
    INT,
    LANES,
    VECTOR,
    begin,
    constant,
)


def emit_pool(module, name, stage):
    """Define void name(z, y): maximum of every window of the convolution's output, activation."""
    e = begin(module, name, 2)
    z, y = e.function.args
    _, height, width = convolution(stage).shape
    outputs, rows, columns = stage.shape
    with e.loop(INT(outputs)) as o, e.loop(INT(rows)) as row, e.loop(INT(columns)) as c:
        corner = e.at(z, VECTOR, 0, (o, height * width), (row, 2 * width), (c, 2))
        value = reduce(e.larger, e.window(corner, width))
        if stage.activation:
            value = ACTIVATIONS[stage.activation](e, value)
        e.store(value, e.at(y, VECTOR, 0, (o, rows * columns), (row, columns), (c, 1)), align=4)
    e.ret_void()
    return e.function


def emit_output_gradient(module, name, stage):
    """Define void name(dy, y, z, dz, bias gradient): back through activation and pooling.

    Adds to the bias gradient. Pixels outside all windows stay untouched: they are zeros.
    """
    e = begin(module, name, 5)
    dy, y, z, dz, bias = e.function.args
    _, height, width = convolution(stage).shape
    outputs, rows, columns = stage.shape
    total = e.alloca(VECTOR)
    with e.loop(INT(outputs)) as o:
        e.store(constant(0.0), total)
        with e.loop(INT(rows)) as row, e.loop(INT(columns)) as c:
            at = [(o, rows * columns), (row, columns), (c, 1)]
            gradient, value = (
                e.load(e.at(p, VECTOR, 0, *at), typ=VECTOR, align=4) for p in (dy, y)
            )
            if stage.activation:
                gradient = DERIVATIVES[stage.activation](e, value, gradient)
            e.store(e.fadd(e.load(total, typ=VECTOR), gradient), total)
            size = stage.pool
            window = (o, height * width), (row, size * width), (c, size)
            corner = e.at(dz, VECTOR, 0, *window)
            if size == 1:
                e.store(gradient, corner, align=4)
            else:
                source = e.at(z, VECTOR, 0, *window)
                pixels = e.window(source, width)
                largest = reduce(e.larger, pixels)
                # The first of equals takes it all, as in PyTorch.
                for n, pixel in enumerate(pixels):
                    hit = e.fcmp_ordered("==", pixel, largest)
                    place = e.at(corner, VECTOR, n // 2 * width + n % 2)
                    e.store(e.select(hit, gradient, constant(0.0)), place, align=4)
                    gradient = e.select(hit, constant(0.0), gradient)
        e.add_to(e.at(bias, FLOAT, 0, (o, 1)), [e.load(total, typ=VECTOR)])
    e.ret_void()
    return e.function


def emit_input_gradient(module, name, stage, registers):
    """Define void name(dz, weights, dx): the gradient of a convolution's input."""
    e = begin(module, name, 3)
    dx, per_map = e.function.args[2], stage.height * stage.width
    block = cheapest(stage.channels, stage.width, lambda o, w: (o + 1) * w <= registers)
    sums = [[e.alloca(VECTOR) for _ in range(block[1])] for _ in range(block[0])]
    with e.loop(INT(stage.height)) as row:
        for first_m, blocks_m, size_m in pieces(stage.channels, block[0]):
            for first_c, blocks_c, size_c, reach in column_blocks(stage, block[1]):
                with e.loop(INT(blocks_m)) as channel, e.loop(INT(blocks_c)) as c:
                    channel = e.add(e.mul(channel, INT(size_m)), INT(first_m))
                    c = e.add(e.mul(c, INT(size_c)), INT(first_c))
                    own = [line[:size_c] for line in sums[:size_m]]
                    emit_input_sums(e, stage, own, reach, channel, row, c)
                    place = e.at(dx, VECTOR, 0, (channel, per_map), (row, stage.width), (c, 1))
                    for i, line in enumerate(own):
                        for p, total in enumerate(line):
                            pixel = e.at(place, VECTOR, i * per_map + p)
                            e.store(e.load(total, typ=VECTOR), pixel, align=4)
    e.ret_void()
    return e.function


def emit_input_sums(e, stage, sums, reach, channel, row, c):
    """Emit sums[channel][pixel] of what pixels from (row, c) gave to the outputs around them."""
    dz, weights, _ = e.function.args
    outputs, rows, columns = convolution(stage).shape
    taps = stage.kernel_h * stage.kernel_w
    for line in sums:
        for total in line:
            e.store(constant(0.0), total)
    above = e.sub(row, INT(stage.kernel_h - 1))
    first = e.select(e.icmp_signed(">", above, INT(0)), above, INT(0))
    last = e.select(e.icmp_signed("<", row, INT(rows - 1)), row, INT(rows - 1))
    with e.loop(INT(outputs)) as o, e.loop(e.add(e.sub(last, first), INT(1))) as n:
        line_of_outputs = e.add(first, n)
        ky = e.sub(row, line_of_outputs)
        at = (o, rows * columns), (line_of_outputs, columns), (c, 1)
        gradients = e.at(dz, VECTOR, 0, *at)
        at = (o, stage.taps), (channel, taps), (ky, stage.kernel_w)
        weight_row = e.at(weights, FLOAT, 0, *at)
        for kx in reversed(range(stage.kernel_w)):  # outputs from left to right
            values = [
                e.load(e.at(gradients, VECTOR, p - kx), typ=VECTOR, align=4) for p in reach[kx]
            ]
            for i, line in enumerate(sums):
                weight = e.splat(weight_row, i * taps + kx)
                for p, value in zip(reach[kx], values, strict=True):
                    e.store(e.fma(weight, value, e.load(line[p], typ=VECTOR)), line[p])


def emit_weight_gradient(module, name, stage, registers):
    """Define void name(x, dz, weight gradient); adds to [outputs, channels, height, width]."""
    e = begin(module, name, 3)
    x, dz, weights = e.function.args
    outputs, rows, columns = convolution(stage).shape
    taps = stage.kernel_h * stage.kernel_w
    offsets = [
        ky * stage.width + kx for ky in range(stage.kernel_h) for kx in range(stage.kernel_w)
    ]
    # Each output's gradients come from afar; inputs were there for the tap before.
    block = cheapest(outputs, taps, lambda o, t: o * t + t + 1 <= registers, row_load=2)
    sums = [[e.alloca(VECTOR) for _ in range(block[1])] for _ in range(block[0])]
    for first_o, blocks_o, size_o in pieces(outputs, block[0]):
        with e.loop(INT(blocks_o)) as o, e.loop(INT(stage.channels)) as channel:
            o = e.add(e.mul(o, INT(size_o)), INT(first_o))
            for first_t in range(0, taps, block[1]):
                some = offsets[first_t : first_t + block[1]]
                own = [totals[: len(some)] for totals in sums[:size_o]]
                for totals in own:
                    for total in totals:
                        e.store(constant(0.0), total)
                with e.loop(INT(rows)) as row, e.loop(INT(columns)) as c:
                    at = (channel, stage.height * stage.width), (row, stage.width), (c, 1)
                    image = e.at(x, VECTOR, 0, *at)
                    inputs = [e.load(e.at(image, VECTOR, n), typ=VECTOR, align=4) for n in some]
                    place = e.at(dz, VECTOR, 0, (o, rows * columns), (row, columns), (c, 1))
                    for i, totals in enumerate(own):
                        gradient = e.load(
                            e.at(place, VECTOR, i * rows * columns), typ=VECTOR, align=4
                        )
                        for total, value in zip(totals, inputs, strict=True):
                            e.store(e.fma(gradient, value, e.load(total, typ=VECTOR)), total)
                for i, totals in enumerate(own):
                    number = i * stage.channels * taps + first_t
                    place = e.at(
                        weights, FLOAT, number, (o, stage.channels * taps), (channel, taps)
                    )
                    values = [e.load(total, typ=VECTOR) for total in totals]
                    for n in range(0, len(values), LANES):
                        e.add_to(e.at(place, FLOAT, n), values[n : n + LANES])
    e.ret_void()
    return e.function


def emit_linear_gradient(module, name, stage, x_stride, stride):
    """Define void name(x, dz, weight gradient, groups): a linear layer's, of all images at once.

    A sum over the lanes costs more than the products in it, so groups are added up before.
    Strides: vectors from one group's x and dz to the next's.
    """
    e = begin(module, name, 3, INT)
    x, dz, weights, groups = e.function.args
    sums = [e.alloca(VECTOR) for _ in range(LANES)]
    for first, blocks, size in pieces(stage.taps, LANES):
        with e.loop(INT(blocks)) as block, e.loop(INT(stage.outputs)) as o:
            for total in sums[:size]:
                e.store(constant(0.0), total)
            with e.loop(groups) as group:
                gradient = e.load(e.at(dz, VECTOR, 0, (o, 1), (group, stride)), typ=VECTOR, align=4)
                inputs = e.at(x, VECTOR, first, (block, size), (group, x_stride))
                for n, total in enumerate(sums[:size]):
                    value = e.load(e.at(inputs, VECTOR, n), typ=VECTOR, align=4)
                    e.store(e.fma(gradient, value, e.load(total, typ=VECTOR)), total)
            place = e.at(weights, FLOAT, first, (o, stage.taps), (block, size))
            e.add_to(place, [e.load(total, typ=VECTOR) for total in sums[:size]])
    e.ret_void()
    return e.function
