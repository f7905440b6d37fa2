"""The study as the programs outside Snakemake see it: configuration, plan, what is done."""

import argparse
import difflib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from fashionlab.config.configuration import load_configuration
from fashionlab.config.layers import ConfigurationError, parse_settings, shortened
from fashionlab.machine import count_cores
from fashionlab.planning.plan import build_plan
from fashionlab.sources import ROOT, program_hash
from fashionlab.storage.files import canonical_json
from fashionlab.storage.reading import read_sealed

MOST_CORES = 10_000  # more than any machine has


def parse_in_project(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return a program's options, those that say what is merged over config.yaml among them.

    They are named as Snakemake's. From here on the program works in the project's folder; the files
    are those that were named from where it was started.
    """
    parser.add_argument(
        "--configfile", nargs="+", action="extend", default=[], type=os.path.abspath,
        metavar="FILE", help="merged over config.yaml",
    )  # fmt: skip
    parser.add_argument(
        "--config", nargs="+", action="extend", default=[], help="key=value, merged over them all"
    )
    arguments = parser.parse_args()
    os.chdir(ROOT)
    arguments.configfile = [shortened(file) for file in arguments.configfile]
    return arguments


def add_cores_option(parser: argparse.ArgumentParser, use: str) -> None:
    """Add the option that says how many cores to use, as Snakemake reads it."""
    parser.add_argument(
        "--cores", type=read_cores, default="all", metavar="N", help=f"{use}: a number, or all"
    )


def read_cores(text: str) -> int:
    """Return a number of cores; "all" are those that this process may use."""
    if text == "all":
        return count_cores()
    if not text.isdecimal() or not 1 <= int(text) <= MOST_CORES:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 on, or all")
    return int(text)


def load_plan(files: Iterable[str | Path] = (), words: Iterable[str] = ()) -> dict:
    """Return the plan alone of config.yaml, other files and ``key=value`` words."""
    return load_study(files, parse_settings(words))[1]


def load_study(files: Iterable[str | Path] = (), settings: dict | None = None) -> tuple[dict, dict]:
    """Return configuration and plan of config.yaml, other files, settings, merged in this order.

    Raises ConfigurationError for what is wrong in them.
    """
    config = load_configuration(files, settings)
    sources = [program_hash(f"scripts/{name}.py") for name in ("train", "split_data")]
    try:
        return config, build_plan(config, *sources)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def training_called(plan: dict, name: str) -> dict:
    """Return the planned training of an id such as "generalisation/cnn4/run1".

    Raises ConfigurationError, with the ids nearest to it, if there is none.
    """
    trainings = {training["id"]: training for training in plan["trainings"]}
    if name not in trainings:
        near = difflib.get_close_matches(name, trainings, n=3, cutoff=0.4) or [*trainings][:3]
        raise ConfigurationError(f"no training '{name}'; there is {', '.join(near)}, ...")
    return trainings[name]


def is_done(training: dict) -> bool:
    """Return whether a training's result is there and was made from its specification.

    Raises ValueError, with what mends it, for one that was altered: Snakemake may not notice that.
    """
    try:
        result = read_sealed(training["result"])
    except OSError:
        return False
    stale = result.get("specification_sha256") != training["specification_sha256"]
    return not stale and os.path.exists(training["weights"])


def restore_splits(plan: dict, folder: str | Path) -> None:
    """Make lost splits of finished trainings again, older than these, before Snakemake looks.

    The same seed draws the same images, but Snakemake would train anew whatever reads a new file.
    ``folder``: of the data; without them it is left to Snakemake to get them. Raises ValueError,
    with what the program said, where it fails.
    """
    if not all((Path(folder) / name).exists() for name in plan["split_specification"]["sha256"]):
        return
    for split in {t["split"] for t in plan["trainings"] if not Path(t["split"]).exists()}:
        own = [training for training in plan["trainings"] if training["split"] == split]
        finished = [path for t in own if (path := Path(t["result"])).exists()]
        if finished:
            specification = plan["split_specification"] | {"seed": own[0]["split_seed"]}
            words = ["--dataset-folder", str(folder), "--output", split]
            words += ["--specification", canonical_json(specification)]
            program = [sys.executable, "scripts/split_data.py", *words]
            done = subprocess.run(program, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ValueError(done.stderr.strip() or f"{split}: cannot be made again")
            before = min(path.stat().st_mtime for path in finished) - 1
            os.utime(split, (before, before))
