"""A finished study: its plan and tables, and what all sections of facts ask of them."""

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from fashionlab.outcomes import Outcome, margin_text, tie_rule
from fashionlab.planning.figures import planned_figures
from fashionlab.planning.planned import BUILT_IN, Planned


class Finished(Planned):
    """Plan, tables and documents as they were read, and a section of facts by its name."""

    sections: ClassVar[Mapping[str, Callable]] = {}
    setting = Planned.training

    def __init__(self, plan: dict, tables: dict[str, pd.DataFrame], documents: dict, folder: Path):
        self.plan, self.tables, self.folder = plan, tables, folder
        self.claims, self.split = documents["claims"], documents["split"]
        self.margin_text = margin_text(self.margin)
        self.demonstration = plan.get("demonstration", "")
        self.dataset = plan["dataset"]

    def __getattr__(self, name: str) -> Any:
        """Return a section, made when first asked for: sections ask one another."""
        if name not in self.sections:
            raise AttributeError(f"the facts have nothing called {name!r}")
        section = self.sections[name](self)
        setattr(self, name, section)
        return section

    # Experiments and their variants.

    def has(self, *experiments: str) -> bool:
        """Return whether all these experiments are part of the study."""
        return all(name in self.plan["experiments"] for name in experiments)

    def has_figure(self, name: str) -> bool:
        """Return whether this study's experiments allow a figure (not whether its file exists)."""
        return name in planned_figures(self.plan)

    @property
    def experiments(self) -> list[str]:
        """All experiments: the built-in ones in the order of the report, then the user's own."""
        return [name for name in BUILT_IN if self.has(name)] + self.own_experiments

    @property
    def own_experiments(self) -> list[str]:
        """Experiments that are none of the built-in five."""
        return sorted(self.plan["experiments"].keys() - set(BUILT_IN))

    def variants(self, experiment: str) -> list[str]:
        """Return the variants of an experiment, shallow networks first; none if it is absent."""
        if not self.has(experiment):
            return []
        networks = {
            v: self.setting(experiment, v)["network"]
            for v in self.plan["experiments"][experiment]["variants"]
        }
        depths = {name: network["depth"] for name, network in self.plan["networks"].items()}
        return sorted(networks, key=lambda v: (depths[networks[v]], networks[v], v))

    def find(self, experiment: str, **settings: str) -> str | None:
        """Return the first variant of an experiment with these settings, if any."""
        for variant in self.variants(experiment):
            if settings.items() <= self.setting(experiment, variant).items():
                return variant
        return None

    def runs(self, experiment: str) -> int:
        """Return the number of runs of each variant of an experiment; 0 if it is absent."""
        return self.plan["experiments"][experiment]["runs"] if self.has(experiment) else 0

    @property
    def all_runs(self) -> dict[str, int]:
        """Number of runs by experiment."""
        return {name: self.runs(name) for name in self.experiments}

    @property
    def most_runs(self) -> int:
        """The largest number of runs in the study."""
        return max(self.all_runs.values())

    @property
    def runs_differ(self) -> bool:
        """Whether experiments differ in their number of runs."""
        return len(set(self.all_runs.values())) > 1

    def tie_rule(self, experiment: str) -> str:
        """Return in words when two values of an experiment count as tied."""
        return tie_rule(self.runs(experiment), self.margin)

    # End results and records.

    @property
    def images(self) -> dict[str, int]:
        """Number of images of each part: train, validation, test."""
        return {part: sum(counts) for part, counts in self.split["class_counts"].items()}

    def rows(self, table: str, experiment: str, variant: str) -> pd.DataFrame:
        """Return a variant's rows of a table, all runs."""
        rows = self.tables[table]
        return rows[(rows.experiment == experiment) & (rows.variant == variant)]

    def outcome(self, experiment: str, variant: str, metric: str) -> Outcome:
        """Return a result over the runs of a variant.

        A final accuracy ("test", "validation", "train"), the "gap" train - test, or "last epoch",
        the mean validation accuracy of its records.
        """
        if metric == "last epoch":
            return self.in_epoch(experiment, variant)
        rows = self.rows("trainings", experiment, variant)
        if metric == "gap":
            return outcome_of(rows.train_accuracy - rows.test_accuracy)
        return outcome_of(rows[f"{metric}_accuracy"], self.images[metric])

    def records(self, experiment: str, variant: str, epoch: int | None = None) -> pd.DataFrame:
        """Return the records of all runs of a variant, those of one epoch (-1: the last) or all."""
        rows = self.rows("records", experiment, variant)
        if epoch is None:
            return rows
        last = self.setting(experiment, variant)["epochs"] - 1
        return rows[rows.epoch == (last if epoch < 0 else epoch)]

    def curves(self, experiment: str, variant: str, column: str) -> list[pd.DataFrame]:
        """Return "step", "epoch" and "value" of each run, where the column has a value."""
        rows = self.records(experiment, variant).rename(columns={column: "value"})
        known = rows[rows["value"].notna()]
        return [run[["step", "epoch", "value"]] for _, run in known.groupby("run")]

    def in_epoch(
        self, experiment: str, variant: str, column: str = "validation_accuracy", epoch: int = -1
    ) -> Outcome:
        """Return the mean of one epoch's records (-1: the last epoch), a value a run."""
        return outcome_of(self.records(experiment, variant, epoch).groupby("run")[column].mean())

    @cached_property
    def diverged(self) -> list[dict]:
        """The trainings that diverged, as rows of the table of trainings."""
        table = self.tables["trainings"]
        return table[table.diverged_step.notna()].to_dict("records")

    def weights_file(self, training: dict) -> Path:
        """Return where the weights of one of the plan's trainings lie."""
        return self.folder / Path(training["weights"]).relative_to(self.plan["results"])


def outcome_of(values: pd.Series, images: int | None = None) -> Outcome:
    """Return the outcome of a column with a value a run, NaN where that run diverged."""
    finite = tuple(float(value) for value in values if math.isfinite(value))
    return Outcome(finite, len(values) - len(finite), images)
