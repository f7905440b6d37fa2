"""Kernels of back-propagation for sixteen images at a time, emitted as LLVM code.

The gradient of a convolution's output lies in a frame of zeros.  The gradient of its input is then
one more convolution, with the weights turned around; the gradient of the weights is a sum of
products over the pixels, a block of outputs x taps at a time in registers.
"""

from functools import reduce

from llvmlite import ir

from fashionlab.kernels.stages import cheapest, convolution, inside, pieces
from fashionlab.kernels.vectors import (
    ACTIVATIONS,
    DERIVATIVES,
    FLOAT,
    INT,
    LANES,
    POINTER,
    VECTOR,
    VOID,
    Emitter,
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
    """Define void name(dy, y, z, frame, bias gradient): back through activation and pooling.

    Adds to the bias gradient. The frame's zeros, and pixels outside all windows, stay untouched.
    """
    e = begin(module, name, 5)
    dy, y, z, frame, bias = e.function.args
    _, height, width = convolution(stage).shape
    outputs, rows, columns = stage.shape
    area, line, first = inside(stage)
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
            corner = e.at(frame, VECTOR, first, (o, area), (row, size * line), (c, size))
            if size == 1:
                e.store(gradient, corner, align=4)
            else:
                source = e.at(z, VECTOR, 0, (o, height * width), (row, size * width), (c, size))
                pixels = e.window(source, width)
                largest = reduce(e.larger, pixels)
                for n, pixel in enumerate(
                    pixels
                ):  # the first of equals takes it all, as in PyTorch
                    hit = e.fcmp_ordered("==", pixel, largest)
                    place = e.at(corner, VECTOR, n // 2 * line + n % 2)
                    e.store(e.select(hit, gradient, constant(0.0)), place, align=4)
                    gradient = e.select(hit, constant(0.0), gradient)
        e.add_to(e.at(bias, FLOAT, 0, (o, 1)), [e.load(total, typ=VECTOR)])
    e.ret_void()
    return e.function


def emit_weight_gradient(module, name, stage, registers):
    """Define void name(x, frame, weight gradient); adds to [outputs, channels, height, width]."""
    e = begin(module, name, 3)
    x, frame, weights = e.function.args
    outputs, rows, columns = convolution(stage).shape
    area, line, first = inside(stage)
    taps = stage.kernel_h * stage.kernel_w
    offsets = [
        ky * stage.width + kx for ky in range(stage.kernel_h) for kx in range(stage.kernel_w)
    ]
    block = cheapest(outputs, taps, lambda o, t: o * t + t + 1 <= registers)
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
                    place = e.at(frame, VECTOR, first, (o, area), (row, line), (c, 1))
                    for i, totals in enumerate(own):
                        gradient = e.load(e.at(place, VECTOR, i * area), typ=VECTOR, align=4)
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
    function = ir.Function(module, ir.FunctionType(VOID, [POINTER] * 3 + [INT]), name)
    function.attributes.add("noinline")
    e = Emitter(function.append_basic_block())
    x, dz, weights, groups = function.args
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
    return function
