"""Whether the folders of a configuration can be used: of nobody else, and no files."""

import os
from collections.abc import Iterator
from pathlib import Path

from fashionlab.config.schema_check import Mistake

TAKEN = ("data", "docs", "envs", "profiles", "report", "scripts", "tests", "workflow")
OF_A_STUDY = (  # which results are kept in: `make prune` deletes what a study does not know there
    "runs", "switches", "checkpoints", "tables", "figures", "curves", "handout", "report", "logs",
    "benchmarks",
)  # fmt: skip


def folder_mistakes(config: dict) -> Iterator[Mistake]:
    """Yield folders that are of the project or of another study, or are files."""
    results, data = config["results"], config["dataset"]["folder"]
    first, *inner = results.split("/")
    if first in TAKEN:
        yield ("results",), f"'{first}' is a folder of the project; choose another name"
    for name in sorted(set(inner) & set(OF_A_STUDY)):
        yield ("results",), f"'{name}' is a folder of each study's results; choose another name"
    for path, name in ((("results",), results), (("dataset", "folder"), data)):
        for part in (Path(name), *Path(name).parents):
            if os.path.lexists(part) and not os.path.isdir(part):
                yield path, f"'{part}' is a file; name a folder"
