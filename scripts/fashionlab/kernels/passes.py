"""The passes of a network over groups of sixteen images, as one LLVM module."""

from math import prod

from llvmlite import ir

from fashionlab.kernels.backward import (
    emit_input_gradient,
    emit_linear_gradient,
    emit_output_gradient,
    emit_pool,
    emit_weight_gradient,
)
from fashionlab.kernels.forward import emit_lanes, emit_stage
from fashionlab.kernels.stages import convolution, image_size, places, widest
from fashionlab.kernels.vectors import FLOAT, INT, VECTOR, begin, emit_activations

# The passes and how many pointers each takes, before the number of groups (>= 1):
POINTERS = {
    "lanes_of_images": 3,  # values, numbers of rows, lanes; before the number of rows (>= 1)
    "lanes_of_outputs": 3,
    "predict": 4,  # images, weights, scratch, logits
    "forward": 3,  # images, weights, activations
    "backward": 7,  # images, weights, activations, dlogits, maps, scratch, gradients
}


def emit_passes(stages, registers):
    """Return the module with the passes; `registers` of the processor hold sums and inputs."""
    module = ir.Module()
    emit_activations(module)
    emit_lanes(module, "lanes_of_images", image_size(stages))
    emit_lanes(module, "lanes_of_outputs", prod(stages[-1].shape))
    emit_predict(module, stages, registers)
    emit_forward(module, stages, registers)
    emit_backward(module, stages, registers)
    return module


def emit_predict(module, stages, registers):
    """Define the forward pass that keeps nothing: a group's activations stay in a core's cache."""
    e = begin(module, "predict", POINTERS["predict"], INT)
    images, weights, scratch, logits, groups = e.function.args
    kernels = [emit_stage(module, f"stage{i}", s, registers) for i, s in enumerate(stages)]
    at = places(stages)
    with e.loop(groups) as group:
        x = e.at(images, VECTOR, 0, (group, image_size(stages)))
        for i, stage in enumerate(stages):
            y = e.at(scratch, VECTOR, i % 2 * widest(stages))  # two buffers by turns
            if i == len(stages) - 1:
                y = e.at(logits, VECTOR, 0, (group, prod(stage.shape)))
            e.call(kernels[i], [x, e.at(weights, FLOAT, at.weights[i]), y])
            x = y
    e.ret_void()


def emit_forward(module, stages, registers):
    """Define the forward pass, which keeps what the backward pass needs."""
    e = begin(module, "forward", POINTERS["forward"], INT)
    images, weights, activations, groups = e.function.args
    at, size = places(stages), image_size(stages)
    kernels = [
        emit_stage(module, f"conv{i}", convolution(s), registers)
        if s.pool > 1
        else module.get_global(f"stage{i}")
        for i, s in enumerate(stages)
    ]
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
    e = begin(module, "backward", POINTERS["backward"], INT)
    images, weights, activations, dlogits, maps, scratch, gradients, groups = e.function.args
    at, size = places(stages), image_size(stages)
    convolutions = [(i, stage) for i, stage in enumerate(stages) if not stage.linear]
    linear = [(i, stage) for i, stage in enumerate(stages) if stage.linear]

    def output_gradient(i, stage, group, dy, dz):
        z, y = (e.at(activations, VECTOR, start[i], (group, at.group)) for start in (at.z, at.y))
        bias = e.at(gradients, FLOAT, at.weights[i] + stage.outputs * stage.taps)
        e.call(emit_output_gradient(module, f"output{i}", stage), [dy, y, z, dz, bias])

    def input_gradient(i, stage, dz, dx):
        kernel = emit_input_gradient(module, f"input{i}", stage, registers)
        e.call(kernel, [dz, e.at(weights, FLOAT, at.weights[i]), dx])

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
            dz = e.at(maps, VECTOR, at.maps[i])
            output_gradient(i, stage, group, dy, dz)
            x = e.at(images, VECTOR, 0, (group, size))
            if i:
                x = e.at(activations, VECTOR, at.y[i - 1], (group, at.group))
            kernel = emit_weight_gradient(module, f"weight{i}", stage, registers)
            e.call(kernel, [x, dz, e.at(gradients, FLOAT, at.weights[i])])
            if i:
                dy = e.at(scratch, VECTOR, i % 2 * widest(stages))  # two buffers by turns
                input_gradient(i, stage, dz, dy)
    e.ret_void()
