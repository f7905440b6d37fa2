"""Forward and backward pass of a network over groups of sixteen images, as one LLVM module."""

from math import prod

from llvmlite import ir

from fashionlab.kernels.backward import (
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
    void backward(images, turned weights, activations, dlogits, frames, scratch, gradients, groups)
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
    with e.loop(groups) as group:
        dy = e.at(dlogits, VECTOR, 0, (group, prod(stages[-1].shape)))
        for i, stage in reversed(list(enumerate(stages))):
            z = e.at(activations, VECTOR, at.z[i], (group, at.group))
            y = e.at(activations, VECTOR, at.y[i], (group, at.group))
            frame = e.at(frames, VECTOR, at.frames[i])
            own = e.at(gradients, FLOAT, at.weights[i])
            bias = e.at(gradients, FLOAT, at.weights[i] + stage.outputs * stage.taps)
            e.call(emit_output_gradient(module, f"output{i}", stage), [dy, y, z, frame, bias])
            x = e.at(images, VECTOR, 0, (group, size))
            if i:
                x = e.at(activations, VECTOR, at.y[i - 1], (group, at.group))
            e.call(emit_weight_gradient(module, f"weight{i}", stage, registers), [x, frame, own])
            if i:
                dy = e.at(scratch, VECTOR, i % 2 * widest(stages))  # two buffers by turns
                kernel = emit_stage(module, f"input{i}", turned(stage), registers)
                e.call(kernel, [frame, e.at(weights, FLOAT, at.turned[i - 1]), dy])
    e.ret_void()
