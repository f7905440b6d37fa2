"""In place of llvmlite where it is missing: kernels for a CPU are imported, and on a GPU not used."""

import sys
import types


class Anything:
    """A base class, a value and a function at once."""

    def __init__(self, *_, **__): ...

    def __call__(self, *_, **__):
        return Anything()

    def __getattr__(self, name):
        return Anything()


class Module(types.ModuleType):
    """A module that has any class."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything


ir, binding = Module("llvmlite.ir"), Module("llvmlite.binding")
sys.modules.update({"llvmlite.ir": ir, "llvmlite.binding": binding})
