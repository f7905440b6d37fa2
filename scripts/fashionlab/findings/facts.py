"""What the report's prose may say: this study's plan and results as plain data for the templates.

Facts are computed, never typed: a template asks ``f.generalisation.best`` and the sentence changes
with the data. Each section of the report has its own module of facts; this one reads the files and
answers what all of them ask. Nothing here imports PyTorch, and nothing depends on time or machine.
"""

import math
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from fashionlab import prose
from fashionlab.findings.comparison import Comparison
from fashionlab.findings.own_experiments import OwnExperiment
from fashionlab.findings.provenance import Provenance
from fashionlab.findings.sections import SECTIONS
from fashionlab.integrity import read_sealed
from fashionlab.judgement.outcomes import Outcome, margin_text, tie_rule
from fashionlab.planned import BUILT_IN, Planned, read_plan
from fashionlab.planned_figures import planned_figures
from fashionlab.reading import read_json, read_table

REPOSITORY = Path(__file__).resolve().parents[3]
TABLES = ("trainings", "records", "predictions", "costs")


class Facts(Planned):
    """The facts of one study; ``f`` in the templates."""

    say = prose
    setting = Planned.training

    def __init__(self, plan: dict, tables: dict[str, pd.DataFrame], documents: dict, folder: Path):
        """Take the parts of a study as they were read; see `load`."""
        self.plan, self.tables, self.folder = plan, tables, folder
        self.claims, self.split = documents["claims"], documents["split"]
        self.margin_text = margin_text(self.margin)
        self.demonstration = plan.get("demonstration", "")
        self.dataset = plan["dataset"]
        self._epochs: dict[tuple, pd.Series] = {}

    @classmethod
    def load(cls, plan_path: str | Path, results_dir: str | Path) -> "Facts":
        """Read a finished study. Raises FileNotFoundError, naming the file, where one is lost."""
        folder = Path(results_dir)
        tables = {name: read_table(folder / "tables" / f"{name}.parquet") for name in TABLES}
        documents = {
            "claims": read_sealed(folder / "claims.json", ["claims"]),
            "split": read_sealed(folder / "split.json", ["class_counts"]),
        }
        return cls(read_plan(plan_path), tables, documents, folder)

    def __getattr__(self, name: str) -> Any:
        """Return the facts of a section, made when first asked for."""
        if name not in SECTIONS:
            raise AttributeError(f"the facts have nothing called {name!r}")
        section = SECTIONS[name](self)
        setattr(self, name, section)
        return section

    @cached_property
    def original(self) -> Comparison:
        """The original's numbers beside this study's."""
        path = REPOSITORY / "report" / "data" / "original_results.json"
        return Comparison(self, read_json(path) if path.exists() else None)

    @cached_property
    def provenance(self) -> Provenance:
        """What the results were computed from, and with what."""
        return Provenance(self, REPOSITORY)

    def own(self, experiment: str) -> OwnExperiment:
        """Return the facts on an experiment that is none of the built-in five."""
        return OwnExperiment(self, experiment)

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
        found = self.plan["experiments"]
        return [name for name in BUILT_IN if name in found] + sorted(found.keys() - set(BUILT_IN))

    @property
    def own_experiments(self) -> list[str]:
        """Experiments that are none of the built-in five."""
        return [name for name in self.experiments if name not in BUILT_IN]

    def variants(self, experiment: str) -> list[str]:
        """Return the variants of an experiment, shallow networks first; none if it is absent."""
        if not self.has(experiment):
            return []
        order = list(self.networks.all)
        names = sorted(self.plan["experiments"][experiment]["variants"])
        return sorted(names, key=lambda v: order.index(self.setting(experiment, v)["network"]))

    def runs(self, experiment: str) -> int:
        """Return the number of runs of each variant of an experiment; 0 if it is absent."""
        return self.plan["experiments"][experiment]["runs"] if self.has(experiment) else 0

    @property
    def most_runs(self) -> int:
        """The largest number of runs in the study."""
        return max(self.runs(name) for name in self.plan["experiments"])

    @property
    def runs_differ(self) -> bool:
        """Whether experiments differ in their number of runs."""
        return len({self.runs(name) for name in self.plan["experiments"]}) > 1

    def tie_rule(self, experiment: str) -> str:
        """Return in words when two values of an experiment count as tied."""
        return tie_rule(self.runs(experiment), self.margin)

    # End results and records.

    @property
    def images(self) -> dict[str, int]:
        """Number of images of each part: train, validation, test."""
        return {part: sum(counts) for part, counts in self.split["class_counts"].items()}

    def outcome(self, experiment: str, variant: str, metric: str) -> Outcome:
        """Return a final accuracy ("test", "validation", "train") or the "gap" train - test."""
        table = self.tables["trainings"]
        rows = table[(table.experiment == experiment) & (table.variant == variant)]
        if metric == "gap":
            return outcome_of(rows.train_accuracy - rows.test_accuracy)
        return outcome_of(rows[f"{metric}_accuracy"], self.images[metric])

    def records(self, experiment: str, variant: str) -> pd.DataFrame:
        """Return the records of all runs of a variant."""
        table = self.tables["records"]
        return table[(table.experiment == experiment) & (table.variant == variant)]

    def curves(self, experiment: str, variant: str, column: str) -> list[pd.DataFrame]:
        """Return "step", "epoch" and "value" of each run, where the column has a value."""
        rows = self.records(experiment, variant).rename(columns={column: "value"})
        known = rows[rows["value"].notna()]
        return [run[["step", "epoch", "value"]] for _, run in known.groupby("run")]

    def by_epoch(self, experiment: str, variant: str, column: str) -> pd.Series:
        """Return the mean over each epoch's records: one value a (run, epoch)."""
        key = (experiment, variant, column)
        if key not in self._epochs:
            records = self.records(experiment, variant)
            self._epochs[key] = records.groupby(["run", "epoch"])[column].mean()
        return self._epochs[key]

    def in_epoch(self, experiment: str, variant: str, column: str, epoch: int = -1) -> Outcome:
        """Return the mean of one epoch's records (-1: the last epoch), a value a run."""
        means = self.by_epoch(experiment, variant, column)
        last = self.setting(experiment, variant)["epochs"] - 1
        return outcome_of(
            means[means.index.get_level_values("epoch") == (last if epoch < 0 else epoch)]
        )

    @cached_property
    def diverged(self) -> list[dict]:
        """The trainings that diverged, as rows of the table of trainings."""
        table = self.tables["trainings"]
        return table[table.diverged_step.notna()].to_dict("records")


def outcome_of(values: pd.Series, images: int | None = None) -> Outcome:
    """Return the outcome of a column with a value a run, NaN where that run diverged."""
    finite = tuple(float(value) for value in values if math.isfinite(value))
    return Outcome(finite, len(values) - len(finite), images)
