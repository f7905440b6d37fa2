"""The machine that the study is started on: its GPUs, its folders, what its processes inherit."""

import contextlib
import os
import re
import sys
import tempfile
from glob import glob
from itertools import takewhile
from pathlib import Path

TRIED_GPUS = "FASHIONLAB_GPUS"  # hands on how many GPUs were tried with success
GPU = re.compile(r" *(\d+|(GPU|MIG)-\S+) *")  # as CUDA_VISIBLE_DEVICES names it


class FolderError(ValueError):
    """A folder cannot be had; the message says which, why and what to do."""


def count_gpus() -> int:
    """Return the number of NVIDIA GPUs to use here, without importing PyTorch.

    As many as the process that this one was started from has tried with success, or else those
    that CUDA_VISIBLE_DEVICES names, as a scheduler or a person sets it, or else all. CUDA reads it
    up to the first word that names none, such as `-1`, or `NoDevFiles` of an old Slurm, and of
    parts of GPUs (MIG) shows a process only one.
    """
    if tried := os.environ.get(TRIED_GPUS):
        return int(tried)
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return len(glob("/dev/nvidia[0-9]*") or glob("/dev/dxg"))
    names = list(takewhile(GPU.fullmatch, chosen.split(",")))
    return 1 if any("MIG-" in name for name in names) else len(names)


def count_cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_avx2() -> bool:
    """Return whether this is an x86-64 processor with AVX2 (Haswell, Zen and later), on Linux."""
    with contextlib.suppress(OSError):
        return {"avx2", "fma"} <= set(Path("/proc/cpuinfo").read_text("utf-8", "replace").split())
    return False


def pin_arithmetic() -> None:
    """Let PyTorch's own loops use AVX2 on every x86-64 processor that has it: the same bytes.

    To be called before PyTorch is imported. Elsewhere its choice is left alone.
    """
    os.environ.pop("ATEN_CPU_CAPABILITY", None)
    if has_avx2():
        os.environ["ATEN_CPU_CAPABILITY"] = "avx2"


def check_paths(*paths: str) -> None:
    """Raise FolderError for a path with characters that the shell of a cluster's job splits at.

    Snakemake's plugins name the interpreter there without quotes, and the folder in wrong ones.
    """
    for path in paths:
        if strange := re.sub(r"[\w@%+=:,./-]", "", path):
            raise FolderError(
                f"{path}: jobs of a cluster cannot start there, for the path has {strange[0]!r} in "
                "it; move the study, and set it up again, where paths have only letters, digits "
                "and any of @%+=:,._-"
            )


def check_writable(folder: Path, way_out: str) -> None:
    """Make a folder if it is missing; raise FolderError, with the way out, if that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(folder, error, way_out) from None


def unwritable(path: Path, error: OSError, way_out: str) -> FolderError:
    """Return the error of a path that cannot be written, which says whose it is."""
    there = next(each for each in (path, *path.absolute().parents) if os.path.exists(each))
    try:
        owner = there.owner()
    except (KeyError, OSError):  # a number without a name, as in a container
        owner = f"user {there.stat().st_uid}"
    return FolderError(f"{path}: cannot be written ({error.strerror}; owner: {owner}); {way_out}.")


def prepare_environment() -> None:
    """Set what the rules' shell commands and a cluster's jobs inherit.

    `python` is the interpreter that runs Snakemake. What libraries cache stays in this folder, and
    figures do not follow a user's own settings of Matplotlib.
    """
    programs = [os.path.dirname(sys.executable), os.environ.get("PATH", os.defpath)]
    os.environ["PATH"] = os.pathsep.join(programs)
    os.environ["XDG_CACHE_HOME"] = os.path.abspath(".snakemake/cache")
    os.environ["MPLCONFIGDIR"] = os.path.abspath(".snakemake/cache/matplotlib")
