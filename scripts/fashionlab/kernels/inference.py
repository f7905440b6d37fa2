"""Compiled float32 inference of small CNNs, sixteen images at a time.

Libraries spread a convolution's channels over the lanes of a vector register, which leaves most of
a core idle when a layer has 8 or 16 channels.  Here the lanes hold sixteen *images*: activations
lie as [channel][row][column][16 lanes], every weight is one broadcast, and a register block of
outputs x pixels comes near a core's peak whatever the channel count.  A network becomes one LLVM
function; a layer with its bias, max-pool and activation is one pass of it, and the activations of
one group of sixteen images stay in the core's L2 cache (1 MB for two layers of 16 x 26 x 26).

    predict = compile_predictor(layers, (1, 28, 28))
    logits = predict(to_lanes(images), parameters, len(images))

Results are bitwise repeatable on one machine: one thread, a fixed order of additions.
"""

from ctypes import CFUNCTYPE, c_int64, c_void_p
from functools import cache
from math import ceil, prod

import llvmlite.binding as llvm
import numpy as np

from fashionlab.kernels.forward import emit_network
from fashionlab.kernels.stages import plan, widest
from fashionlab.kernels.vectors import LANES


def target():
    """(LLVM target machine, vector registers for sums and inputs) of this host."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    wide = features.get("avx512f", False)
    # By default LLVM halves vectors on server cores that once slowed down for 512 bits.
    flags = features.flatten() + (",-prefer-256-bit" if wide else "")
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=flags, opt=3, codemodel="jitdefault"
    )
    # One more holds a weight: AVX-512 has 32 vectors, AVX 8 pairs, NEON 8 quadruples.
    return machine, 31 if wide else 7


def build(module, machine):
    """Optimise and compile; returns the engine that owns the machine code."""
    module = llvm.parse_assembly(str(module))
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    options.loop_unrolling = False  # the bodies are large already
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine


def flat(stages, parameters):
    """All weights and biases, one after the other; ValueError if they are not these stages'."""
    sizes = [n for s in stages for n in (s.outputs * s.taps, s.outputs)]
    if [p.size for p in parameters] != sizes:
        raise ValueError(f"parameters of {[p.shape for p in parameters]}, not of {sizes} numbers")
    return np.concatenate([p.ravel() for p in parameters]).astype(np.float32, copy=False)


def aligned(shape):
    """Uninitialised float32 array on a cache-line boundary, so that no vector straddles two."""
    raw = np.empty(prod(shape) + LANES, np.float32)
    start = -raw.ctypes.data % 64 // 4
    return raw[start : start + prod(shape)].reshape(shape)


def to_lanes(images):
    """Images [N, C, H, W] -> float32 [ceil(N/16), C, H, W, 16], the last group zero-padded."""
    full, rest = divmod(len(images), LANES)
    lanes = aligned((ceil(len(images) / LANES), *images.shape[1:], LANES))
    groups = images[: full * LANES].reshape(full, LANES, *images.shape[1:])
    lanes[:full] = np.moveaxis(groups, 1, -1)
    if rest:
        lanes[full, ..., :rest] = np.moveaxis(images[full * LANES :], 0, -1)
        lanes[full, ..., rest:] = 0
    return lanes


def compile_predictor(layers, input_shape=(1, 28, 28)):
    """Return predict(images, parameters, count=None) -> logits float32 [count, outputs].

    layers: tuples ("conv", outputs, kernel_h, kernel_w) | ("act", "ReLU" | "Sigmoid") | ("pool", 2)
    | ("linear", outputs).  images: `to_lanes(...)`; parameters: float32 weight and bias of every
    layer in PyTorch's order and shapes; count: images without the padding (default: every lane).
    Raises ValueError for a network without kernels here and for arrays that do not fit it.
    """
    return _predictor(tuple(map(tuple, layers)), tuple(input_shape))


@cache
def _predictor(layers, input_shape):
    stages = plan(layers, input_shape)
    machine, registers = target()
    engine = build(emit_network(stages, registers), machine)
    address = engine.get_function_address("network")
    network = CFUNCTYPE(None, *[c_void_p] * 4, c_int64)(address)
    scratch, outputs = aligned((2, widest(stages), LANES)), prod(stages[-1].shape)

    def predict(images, parameters, count=None):
        if (
            images.shape[1:] != (*input_shape, LANES)
            or not len(images)
            or images.dtype != np.float32
            or not images.flags.c_contiguous
        ):
            raise ValueError(f"not the lanes of {input_shape}: {images.dtype} {images.shape}")
        weights = flat(stages, parameters)
        logits = np.empty((len(images), outputs, LANES), np.float32)
        network(*(array.ctypes.data for array in (images, weights, scratch, logits)), len(images))
        return logits.transpose(0, 2, 1).reshape(-1, outputs)[:count]

    predict.engine = engine  # type: ignore[attr-defined]  # the machine code lives as long as its function
    return predict
