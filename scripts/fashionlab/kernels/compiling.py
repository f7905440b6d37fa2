"""Machine code of this processor for a network's passes; what was compiled once is kept.

Code lies in ``.snakemake/kernels``, a file for each network, processor and version, and may be
deleted. A file that is damaged, or of anything else, is not used.
"""

import contextlib
import hashlib
from ctypes import CFUNCTYPE, c_int64, c_void_p
from functools import cache
from pathlib import Path

import llvmlite
import llvmlite.binding as llvm

from fashionlab.kernels.passes import POINTERS, emit_passes
from fashionlab.kernels.stages import plan
from fashionlab.storage.files import write_bytes

HERE = Path(__file__).resolve().parent
KEPT = HERE.parents[2] / ".snakemake" / "kernels"
SEAL = hashlib.sha256().digest_size  # a file begins with the checksum of its name and its code


@cache
def compiled_passes(layers: tuple[tuple, ...], shape: tuple[int, int, int]) -> dict:
    """Return the passes that `emit_passes` names as functions of addresses and a count of groups.

    ``layers``: ("conv", outputs, kernel_h, kernel_w), ("linear", outputs), ("act", "ReLU" or
    "Sigmoid"), ("pool", 2); ``shape``: of an image, (channels, height, width). Raises ValueError
    for layers that have no kernels.
    """
    stages = plan(layers, shape)
    machine, registers, processor = target()
    sources = [path.read_bytes() for path in sorted(HERE.glob("*.py"))]
    versions = (llvmlite.__version__, llvm.llvm_version_info, processor, layers, shape)
    name = hashlib.sha256(b"\0".join([repr(versions).encode(), *sources])).hexdigest()
    path = KEPT / f"{name}.o"
    code = _kept(path)
    if code is None:
        code = _compile(str(emit_passes(stages, registers)), machine)
        with contextlib.suppress(OSError):  # a folder that cannot be written: compiled each time
            write_bytes(path, _seal(path, code) + code)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    passes: dict = {"engine": engine}  # it owns the code
    for function, pointers in POINTERS.items():
        kind = CFUNCTYPE(None, *[c_void_p] * pointers, c_int64)
        passes[function] = kind(engine.get_function_address(function))
    return passes


def target():
    """(LLVM target machine, registers for sums and inputs, name and features) of this host."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features()
    wide = features.get("avx512f", False)
    # By default LLVM halves vectors on server cores that once slowed down for 512 bits.
    flags = features.flatten() + (",-prefer-256-bit" if wide else "")
    name = llvm.get_host_cpu_name()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=name, features=flags, opt=3, codemodel="jitdefault"
    )
    # One more holds a weight: AVX-512 has 32 vectors, AVX 8 pairs, NEON 8 quadruples.
    return machine, 31 if wide else 7, (name, flags)


def _compile(assembly: str, machine) -> bytes:
    module = llvm.parse_assembly(assembly)
    options = llvm.create_pipeline_tuning_options(speed_level=1)
    options.loop_unrolling = False  # the bodies are large already
    passes = llvm.create_pass_builder(machine, options)
    passes.getModulePassManager().run(module, passes)
    return machine.emit_object(module)


def _seal(path: Path, code: bytes) -> bytes:
    return hashlib.sha256(path.name.encode() + code).digest()


def _kept(path: Path) -> bytes | None:
    with contextlib.suppress(OSError):
        content = path.read_bytes()
        if content[:SEAL] == _seal(path, content[SEAL:]):
            return content[SEAL:]
    return None
