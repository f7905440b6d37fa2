"""Provenance: which commit, configuration, data, versions and devices the results come from.

Only what identifies a computation is said; no user, host or absolute path ever is.
"""

import importlib.metadata
from functools import cached_property

from fashionlab import prose
from fashionlab.findings.section import Section
from fashionlab.findings.settings_text import settings_text
from fashionlab.findings.source_text import REPOSITORY, TRAINING, training_loop
from fashionlab.sources import commit_of

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


class Provenance(Section):
    """What the report says of its own origin."""

    repository = REPOSITORY
    training_folder = TRAINING.as_posix()

    @cached_property
    def sentence(self) -> str:
        """One sentence on commit and working tree."""
        try:
            commit, clean = commit_of(self.repository)
        except ValueError as reason:
            return f"No commit can be named: {reason}."
        state = (
            "with no uncommitted change to a tracked file"
            if clean
            else "with uncommitted changes to tracked files, so that commit alone does not "
            "describe it"
        )
        return f"The report was rendered at commit {commit}, {state}."

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
