"""Provenance: which commit, configuration, data, versions and devices the results come from.

Only what identifies a computation is said; no user, host or absolute path ever is.
"""

import importlib.metadata
import subprocess
from functools import cached_property
from pathlib import Path

from fashionlab import prose
from fashionlab.findings.section import Section
from fashionlab.findings.settings_text import settings_text
from fashionlab.findings.source_text import REPOSITORY, TRAINING, training_loop

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
SETTINGS = {
    "Networks": "network",
    "Activation": "activation",
    "Optimiser": "optimizer",
    "Learning rate": "learning_rate",
    "Inputs": "input_range",
    "Epochs": "epochs",
}


def git(repository: Path, *arguments: str) -> str | None:
    """Return the output of a git command, or None without git or outside a repository."""
    command = ["git", "-C", str(repository), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()


class Provenance(Section):
    """What the report says of its own origin."""

    repository = REPOSITORY
    training_folder = TRAINING.as_posix()

    @cached_property
    def commit(self) -> str | None:
        """The commit that the report was rendered at, or None."""
        return git(self.repository, "rev-parse", "--verify", "--quiet", "HEAD") or None

    @cached_property
    def clean(self) -> bool:
        """Whether all tracked files were as in that commit."""
        return git(self.repository, "status", "--porcelain", "--untracked-files=no") == ""

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
        table = self.f.tables["costs"]
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
        """Table of the data files and their checksums."""
        checksums = sorted(self.f.dataset["sha256"].items())
        return [{"File": name, "SHA-256": checksum} for name, checksum in checksums]

    @property
    def experiment_rows(self) -> list[dict[str, str]]:
        """Table of the experiments as configured."""
        return [self._experiment_row(name) for name in self.f.experiments]

    def _experiment_row(self, name: str) -> dict[str, str]:
        own, runs = [self.f.setting(name, v) for v in self.f.variants(name)], self.f.runs(name)
        values = {
            title: ", ".join(dict.fromkeys(str(setting[key]) for setting in own))
            for title, key in SETTINGS.items()
        }
        trainings = prose.number(len(own) * runs)
        return {"Experiment": name} | values | {"Runs": prose.number(runs), "Trainings": trainings}

    @property
    def configuration(self) -> str:
        """The configuration as it ran, as YAML."""
        return settings_text(self.f.plan)

    @property
    def training_loop(self) -> str:
        """Source of the training loop as it ran."""
        return training_loop()


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
