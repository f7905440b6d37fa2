"""Forward and backward pass of a network over groups of sixteen images, as one LLVM module."""

from math import prod

from llvmlite import ir

from fashionlab.kernels.backward import (
    emit_linear_gradient,
    emit_output_gradient,
    emit_pool,
    emit_weight_gradient,
)
from fashionlab.kernels.forward import emit_stage
from fashionlab.kernels.stages import convolution, image_size, places, turned, widest
from fashionlab.kernels.vectors import (
    FLOAT,
    INT,
    POINTER,
    VECTOR,
    VOID,
    Emitter,
    emit_activations,
)


def emit_training(stages, registers):
    """Module with the two passes over groups of sixteen images (groups >= 1).

    void forward(images, weights, activations, groups)
    void backward(images, weights, activations, dlogits, frames, scratch, gradients, groups)
    """
    module = ir.Module()
    emit_activations(module)
    emit_forward(module, stages, registers)
    emit_backward(module, stages, registers)
    return module


def emit_forward(module, stages, registers):
    """Define the forward pass, which keeps what the backward pass needs."""
    function = ir.Function(module, ir.FunctionType(VOID, [POINTER] * 3 + [INT]), "forward")
    e, at, size = Emitter(function.append_basic_block()), places(stages), image_size(stages)
    kernels = [
        emit_stage(module, f"conv{i}", convolution(s), registers) for i, s in enumerate(stages)
    ]
    images, weights, activations, groups = function.args
    with e.loop(groups) as group:
        x = e.at(images, VECTOR, 0, (group, size))
        for i, stage in enumerate(stages):
            z = e.at(activations, VECTOR, at.z[i], (group, at.group))
            y = e.at(activations, VECTOR, at.y[i], (group, at.group))
            e.call(kernels[i], [x, e.at(weights, FLOAT, at.weights[i]), z if stage.pool > 1 else y])
            if stage.pool > 1:
                e.call(emit_pool(module, f"pool{i}", stage), [z, y])
            x = y
    e.ret_void()


def emit_backward(module, stages, registers):
    """Define the backward pass, which adds to the gradients of all weights and biases."""
    function = ir.Function(module, ir.FunctionType(VOID, [POINTER] * 7 + [INT]), "backward")
    e, at, size = Emitter(function.append_basic_block()), places(stages), image_size(stages)
    images, weights, activations, dlogits, frames, scratch, gradients, groups = function.args
    convolutions = [(i, stage) for i, stage in enumerate(stages) if not stage.linear]
    linear = [(i, stage) for i, stage in enumerate(stages) if stage.linear]

    def output_gradient(i, stage, group, dy, frame):
        z, y = (e.at(activations, VECTOR, start[i], (group, at.group)) for start in (at.z, at.y))
        bias = e.at(gradients, FLOAT, at.weights[i] + stage.outputs * stage.taps)
        e.call(emit_output_gradient(module, f"output{i}", stage), [dy, y, z, frame, bias])

    def input_gradient(i, stage, frame, dx):
        kernel = emit_stage(module, f"input{i}", turned(stage), registers, turned=True)
        e.call(kernel, [frame, e.at(weights, FLOAT, at.weights[i]), dx])

    def gradient_of(i, group):
        if i == len(stages) - 1:
            return e.at(dlogits, VECTOR, 0, (group, prod(stages[-1].shape)))
        return e.at(activations, VECTOR, at.dx[i + 1], (group, at.group))

    for i, stage in reversed(linear):
        with e.loop(groups) as group:
            dz = e.at(activations, VECTOR, at.dz[i], (group, at.group))
            output_gradient(i, stage, group, gradient_of(i, group), dz)
            if i:
                dx = e.at(activations, VECTOR, at.dx[i], (group, at.group))
                input_gradient(i, stage, dz, dx)
        x, stride = (e.at(activations, VECTOR, at.y[i - 1]), at.group) if i else (images, size)
        kernel = emit_linear_gradient(module, f"weight{i}", stage, stride, at.group)
        own = e.at(gradients, FLOAT, at.weights[i])
        e.call(kernel, [x, e.at(activations, VECTOR, at.dz[i]), own, groups])
    if not convolutions:
        e.ret_void()
        return
    with e.loop(groups) as group:
        dy = gradient_of(convolutions[-1][0], group)
        for i, stage in reversed(convolutions):
            frame = e.at(frames, VECTOR, at.frames[i])
            output_gradient(i, stage, group, dy, frame)
            x = e.at(images, VECTOR, 0, (group, size))
            if i:
                x = e.at(activations, VECTOR, at.y[i - 1], (group, at.group))
            kernel = emit_weight_gradient(module, f"weight{i}", stage, registers)
            e.call(kernel, [x, frame, e.at(gradients, FLOAT, at.weights[i])])
            if i:
                dy = e.at(scratch, VECTOR, i % 2 * widest(stages))  # two buffers by turns
                input_gradient(i, stage, frame, dy)
    e.ret_void()
