"""Provenance: which commit, configuration, data, versions and devices the results come from.

Only what identifies a computation is said; no user, host or absolute path ever is.
"""

import importlib.metadata

import pandas as pd

from fashionlab.chapters import ROOT
from fashionlab.planning.planned import split_seeds
from fashionlab.sources import commit_of
from fashionlab.storage.published import compare, read_published
from fashionlab.study import Study

RENDERED_WITH = (
    "pandas", "numpy", "scipy", "matplotlib", "Jinja2", "pypandoc_binary", "typst",
    "math-core", "snakemake",
)  # fmt: skip
ENVIRONMENT = {
    "device": "Device", "device_name": "Device name", "python": "Python", "torch": "PyTorch",
    "numpy": "NumPy", "platform": "Platform",
}  # fmt: skip


def facts(study: Study) -> dict:
    """Return the commit, which numbers are the published ones, and tables of what made them."""
    costs = study.table("costs")
    environments = {
        title: sorted(str(value) for value in costs[column].dropna().unique())
        for column, title in ENVIRONMENT.items()
    }
    try:
        commit, clean = commit_of(ROOT)
        reason = ""
    except ValueError as error:
        commit, clean, reason = "", False, str(error)
    return {
        "commit": commit,
        "clean": clean,
        "reason": reason,
        "split_seeds": split_seeds(study.plan),
        "published": compare_with_published(study),
        "mixed": [title for title, values in environments.items() if len(values) > 1],
        "environment_rows": [
            {"What": title, "Value": "; ".join(values) or "not recorded"}
            for title, values in environments.items()
        ],
        "package_rows": [{"Package": name, "Version": version(name)} for name in RENDERED_WITH],
        "data_rows": [
            {"File": name, "SHA-256": checksum}
            for name, checksum in sorted(study.plan["dataset"]["sha256"].items())
        ],
    }


def compare_with_published(study: Study) -> dict[str, list[str]]:
    """Return the ids of the trainings by how their numbers compare with the published ones."""
    ends, costs = (
        {row["id"]: row for row in identified(study.table(name)).to_dict("records")}
        for name in ("trainings", "costs")
    )
    checksums = {name: row["checksum"] for name, row in ends.items()}
    places = {
        name: {key: row[key] for key in ("device", "platform") if isinstance(row[key], str)}
        for name, row in costs.items()
    }
    found = compare(study.plan, checksums, places, read_published())
    return {state: [t["id"] for t in trainings] for state, trainings in found.items()}


def identified(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the ids of the trainings that its rows are about."""
    ids = [f"{r.experiment}/{r.variant}/run{r.run}" for r in table.itertuples()]
    return table.assign(id=ids)


def version(package: str) -> str:
    """Return the version of an installed package, or that it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
