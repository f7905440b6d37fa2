"""The machine that the study is started on: its GPUs, its folders, what its processes inherit."""

import os
import sys
import tempfile
from glob import glob
from pathlib import Path


class FolderError(ValueError):
    """A folder cannot be had; the message says which, why and what to do."""


def count_gpus() -> int:
    """Return the number of NVIDIA GPUs to use here, without importing PyTorch.

    Those that CUDA_VISIBLE_DEVICES names, as a scheduler or a person sets it, or else all.
    """
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return len([name for name in chosen.split(",") if name.strip() not in ("", "-1")])
    return len(glob("/dev/nvidia[0-9]*") or glob("/dev/dxg"))


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
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    os.environ["XDG_CACHE_HOME"] = os.path.abspath(".snakemake/cache")
    os.environ["MPLCONFIGDIR"] = os.path.abspath(".snakemake/cache/matplotlib")
