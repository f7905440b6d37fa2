"""Provenance: which commit, configuration, data, versions and devices the results come from.

Only what identifies a computation is said; no user, host or absolute path ever is.
"""

import importlib.metadata
import subprocess
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fashionlab import prose
from fashionlab.findings.settings_text import settings_text
from fashionlab.findings.source_text import TRAINING, training_loop

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

RENDERED_WITH = (
    "pandas",
    "numpy",
    "scipy",
    "statsmodels",
    "matplotlib",
    "Jinja2",
    "pypandoc_binary",
    "typst",
    "math-core",
    "snakemake",
)
ENVIRONMENT = {
    "device": "Device",
    "device_name": "Device name",
    "python": "Python",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "platform": "Platform",
}


def git(repository: Path, *arguments: str) -> str | None:
    """Return the output of a git command, or None without git or outside a repository."""
    command = ["git", "-C", str(repository), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()


class Provenance:
    """What the report says of its own origin."""

    def __init__(self, f: "Facts", repository: Path):
        """Read this section's facts out of those of the study."""
        self._f = f
        self._repository = repository

    @cached_property
    def commit(self) -> str | None:
        """The commit that the report was rendered at, or None."""
        return git(self._repository, "rev-parse", "--verify", "--quiet", "HEAD") or None

    @cached_property
    def clean(self) -> bool:
        """Whether all tracked files were as in that commit."""
        return git(self._repository, "status", "--porcelain", "--untracked-files=no") == ""

    @property
    def sentence(self) -> str:
        """One sentence on commit and working tree."""
        if self.commit is None:
            return "No commit can be named: the report was not rendered within a git history."
        state = (
            "with no uncommitted change to a tracked file"
            if self.clean
            else "with uncommitted changes to tracked files, so that commit alone does not "
            "describe it"
        )
        return f"The report was rendered at commit {self.commit}, {state}."

    @cached_property
    def environments(self) -> dict[str, list[str]]:
        """What the trainings ran on and with: every value that occurs, by its name in words."""
        table = self._f.tables["costs"]
        return {
            title: sorted(str(value) for value in table[column].dropna().unique())
            for column, title in ENVIRONMENT.items()
        }

    @property
    def mixed(self) -> list[str]:
        """Names of what differs between trainings."""
        return [name for name, values in self.environments.items() if len(values) > 1]

    @property
    def environment_rows(self) -> list[dict[str, str]]:
        """Table of the environments of the trainings, every value that occurs."""
        return [
            {"What": name, "Value": "; ".join(values) or "not recorded"}
            for name, values in self.environments.items()
        ]

    @property
    def package_rows(self) -> list[dict[str, str]]:
        """Table of the versions that collected, drew and rendered."""
        return [{"Package": name, "Version": _version(name)} for name in RENDERED_WITH]

    @property
    def data_rows(self) -> list[dict[str, str]]:
        """Table of the data files and their checksums; empty where the config gives none."""
        sha256 = self._f.dataset.get("sha256") or {}
        return [{"File": name, "SHA-256": value} for name, value in sorted(sha256.items())]

    @property
    def experiment_rows(self) -> list[dict[str, str]]:
        """Table of the experiments as configured."""
        return [self._experiment_row(name) for name in self._f.experiments]

    def _experiment_row(self, name: str) -> dict[str, str]:
        own = [self._f.setting(name, variant) for variant in self._f.variants(name)]
        columns = {
            "Networks": "network",
            "Activation": "activation",
            "Optimiser": "optimizer",
            "Learning rate": "learning_rate",
            "Inputs": "input_range",
            "Epochs": "epochs",
        }
        return (
            {"Experiment": name}
            | {
                title: ", ".join(dict.fromkeys(str(t[key]) for t in own))
                for title, key in columns.items()
            }
            | {
                "Runs": prose.number(self._f.runs(name)),
                "Trainings": prose.number(len(own) * self._f.runs(name)),
            }
        )

    @property
    def configuration(self) -> str:
        """The configuration as it ran, as YAML."""
        return settings_text(self._f.plan)

    training_folder = TRAINING.as_posix()

    @property
    def training_loop(self) -> str:
        """Source of the training loop as it ran; empty if it cannot be found."""
        return training_loop(self._repository)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
