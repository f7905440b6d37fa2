"""The machine that the study is started on: its GPUs, and what its processes inherit."""

import os
import sys
from glob import glob


def count_gpus() -> int:
    """Return the number of NVIDIA GPUs to use here, without importing PyTorch.

    Those that CUDA_VISIBLE_DEVICES names, as a scheduler or a person sets it, or else all.
    """
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return len([name for name in chosen.split(",") if name.strip() not in ("", "-1")])
    return len(glob("/dev/nvidia[0-9]*") or glob("/dev/dxg"))


def prepare_environment() -> None:
    """Set what the rules' shell commands and a cluster's jobs inherit.

    `python` is the interpreter that runs Snakemake. What libraries cache stays in this folder, and
    figures do not follow a user's own settings of Matplotlib.
    """
    os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    os.environ["XDG_CACHE_HOME"] = os.path.abspath(".snakemake/cache")
    os.environ["MPLCONFIGDIR"] = os.path.abspath(".snakemake/cache/matplotlib")
