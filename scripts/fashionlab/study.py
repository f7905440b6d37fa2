"""A finished study: what was planned and what came out of it, asked in one place.

Figures, verdicts and sentences all ask here, so that a quantity has one definition. What is asked
of the runs of a variant comes as a series with a value a run (index: the run), NaN where that run
diverged before; `outcome` puts a mean, a spread and an interval to such a series.
"""

import math
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.chapters import REPORT, load
from fashionlab.measures import SMOOTHING_RECORDS, spread_within_epochs, steps_to_reach
from fashionlab.outcomes import Outcome, outcome_of
from fashionlab.planning.plan import AXES
from fashionlab.planning.planned import (
    axis_text,
    beginnings_of,
    label,
    merged_depth,
    read_plan,
    shapes,
)
from fashionlab.storage.reading import read_sealed
from fashionlab.storage.tables import read_table
from fashionlab.storage.weight_files import read_weights

VARIANT_COLUMNS = (*AXES, "record_every", "validate", "steps_per_epoch", "records_per_epoch")
ACCURACIES = ("train_accuracy", "validation_accuracy", "test_accuracy")
GAP, LAST_EPOCH = "gap", "last_epoch"
Place = tuple[str, str]  # experiment and variant


class NotInStudyError(ValueError):
    """The study lacks what was asked for; the text says what, as a sentence."""


class Study:
    """The plan and the tables of a study (see docs/results.md), and every question about them."""

    def __init__(
        self,
        plan: dict,
        tables: dict[str, pd.DataFrame] | None = None,
        results: str | Path = ".",
        weights: Callable[[dict], dict[str, np.ndarray]] | None = None,
    ):
        """``tables`` by name; those that are not given are read from ``results`` when asked for.

        ``weights`` returns weights and biases, by PyTorch's names, of an entry of the trainings.
        """
        self.plan, self.results = plan, Path(results)
        self._tables = dict(tables or {})
        self._weights = weights or self._read_weights
        # What was asked for already: sentences and figures ask for the same again and again.
        self._variants: dict[str, pd.DataFrame] = {}
        self._grouped: dict[str, dict[tuple, pd.DataFrame]] = {}
        self._curves: dict[tuple, Any] = {}  # by run, and by epoch

    @classmethod
    def read(cls, plan: str | Path, results: str | Path) -> "Study":
        """Return the study of a plan.json and its folder of results."""
        return cls(read_plan(plan), results=results)

    # The plan -------------------------------------------------------------------------------------

    @property
    def classes(self) -> list[str]:
        """Names of the classes, by label."""
        return self.plan["dataset"]["classes"]

    @property
    def chance(self) -> float:
        """Accuracy (percent) of guessing among equally frequent classes."""
        return 100 / len(self.classes)

    @property
    def chance_loss(self) -> float:
        """Cross-entropy (nat) of giving every class the same probability."""
        return math.log(len(self.classes))

    @property
    def experiments(self) -> list[str]:
        """Names of the experiments, in the order of the configuration."""
        return list(self.plan["experiments"])

    def has(self, *experiments: str) -> bool:
        """Return whether all these experiments are part of the study."""
        return all(name in self.plan["experiments"] for name in experiments)

    def runs(self, experiment: str) -> int:
        """Return the number of runs of each variant of an experiment; 0 if it is absent."""
        return self.plan["experiments"][experiment]["runs"] if self.has(experiment) else 0

    @property
    def most_runs(self) -> int:
        """The largest number of runs of an experiment."""
        return max(map(self.runs, self.experiments))

    @property
    def runs_differ(self) -> bool:
        """Whether experiments differ in their number of runs."""
        return len(set(map(self.runs, self.experiments))) > 1

    @cached_property
    def networks(self) -> pd.DataFrame:
        """One row a network, shallow ones first: what the plan says of it, and its family."""
        table = pd.DataFrame(self.plan["networks"].values(), index=list(self.plan["networks"]))
        kinds = [{layer["kind"] for layer in layers} for layers in table["layers"]]
        table["family"] = ["convolutional" if "conv" in k else "perceptron" for k in kinds]
        table["merged_depth"] = [merged_depth(layers) for layers in table["layers"]]
        image = self.plan["dataset"]["image_shape"]
        table["shapes"] = [shapes(layers, image) for layers in table["layers"]]
        return table.rename_axis("network").sort_values(["depth", "network"])

    def variants(self, experiment: str) -> pd.DataFrame:
        """Return one row a variant of an experiment: settings, label, and what its network is.

        Shallow networks come first, then the order in which the grid lists its values. No row, if
        the study lacks the experiment.
        """
        if experiment not in self._variants:
            self._variants[experiment] = self._list_variants(experiment)
        return self._variants[experiment].copy()  # some add columns

    def _list_variants(self, experiment: str) -> pd.DataFrame:
        grid = self.plan["experiments"].get(experiment, {}).get("grid") or {}
        axes = [axis for axis in AXES if axis in grid]
        rows = {}
        for training in self.plan["trainings"]:
            if training["experiment"] == experiment and training["variant"] not in rows:
                own = {key: training[key] for key in VARIANT_COLUMNS}
                rows[training["variant"]] = own | {"label": label(training, axes)}
        table = pd.DataFrame(rows.values(), index=pd.Index(rows, name="variant"))
        if table.empty:
            return pd.DataFrame(columns=[*VARIANT_COLUMNS, "label", *self.networks.columns])
        table = table.join(self.networks, on="network")
        place = {"network": list(self.networks.index)}
        place |= {
            axis: [value if isinstance(value, str) else prose.setting(value) for value in values]
            for axis, values in grid.items()
            if axis != "network"
        }
        order = [
            tuple(values.index(str(table.loc[variant, axis])) for axis, values in place.items())
            for variant in table.index
        ]
        return table.iloc[sorted(range(len(order)), key=order.__getitem__)]

    def find(self, experiment: str, **settings: str | float) -> str:
        """Return the first variant of an experiment with these settings; see `locate`."""
        return self.locate(experiment=experiment, **settings)[1]

    def locate(self, **settings: object) -> tuple[str, str]:
        """Return (experiment, variant) of the first training with these settings.

        Settings are those of the plan's trainings, "experiment" and "variant" among them; a number
        matches its text. Raises NotInStudyError if there is none.
        """
        wanted = {key: _comparable(value) for key, value in settings.items()}
        for training in self.plan["trainings"]:
            if all(_comparable(training.get(key)) == value for key, value in wanted.items()):
                return training["experiment"], training["variant"]
        what = [axis_text(key, value) for key, value in settings.items() if key in AXES]
        raise NotInStudyError(f"This is not part of this study: {prose.join(what)}.")

    def label(self, experiment: str, variant: str) -> str:
        """Return what a variant is called in sentences and tables."""
        return str(self.variants(experiment).loc[variant, "label"])

    def entries(self, experiment: str, variant: str) -> list[dict]:
        """Return the plan's trainings of a variant, by run."""
        place = (experiment, variant)
        own = [t for t in self.plan["trainings"] if (t["experiment"], t["variant"]) == place]
        return sorted(own, key=lambda training: training["run"])

    def beginning(self, experiment: str, variant: str, stages: int = 1) -> tuple[str, str] | None:
        """Return (experiment, variant) of what trains as a schedule begins, or None."""
        scheduled = self.entries(experiment, variant)[0]
        for other in beginnings_of(scheduled, stages, self.plan["trainings"]):
            return other["experiment"], other["variant"]
        return None

    @cached_property
    def original(self) -> Any:
        """The original's results, asked like a study; None if the paper re-does no other's."""
        module = REPORT / "original" / "original.py"
        return load(module).Original(self.plan) if module.is_file() else None

    # The tables -----------------------------------------------------------------------------------

    def table(self, name: str) -> pd.DataFrame:
        """Return one of the tables: trainings, records, predictions, costs, phases."""
        if name not in self._tables:
            self._tables[name] = read_table(self.results / "tables" / f"{name}.parquet")
        return self._tables[name]

    @cached_property
    def claims(self) -> list[dict]:
        """The judged claims, in the order of the report."""
        return read_sealed(self.results / "claims.json", ["claims"])["claims"]

    @cached_property
    def split(self) -> dict:
        """The split of the training images."""
        return read_sealed(self.results / "split.json", ["class_counts"])

    @property
    def part_images(self) -> dict[str, int]:
        """Number of images of each part: train, validation, test."""
        return {part: sum(counts) for part, counts in self.split["class_counts"].items()}

    def rows(self, table: str, experiment: str, variant: str) -> pd.DataFrame:
        """Return a variant's rows of a table, all runs."""
        if table not in self._grouped:
            by_variant = self.table(table).groupby(["experiment", "variant"], observed=True)
            self._grouped[table] = {tuple(map(str, key)): rows for key, rows in by_variant}
        return self._grouped[table].get((experiment, variant), self.table(table)[:0])

    @cached_property
    def initial_layers(self) -> pd.DataFrame:
        """Gradients before the first step: see `training.initial.measure_layers`."""
        stored = read_sealed(self.results / "initial_gradients.json", ["layers"])["layers"]
        return pd.DataFrame(stored).astype({"error": float, "gradient": float})  # NaN: overflowed

    # End results ----------------------------------------------------------------------------------

    def values(self, experiment: str, variant: str, measure: str) -> pd.Series:
        """Return a result of each run: a column of `trainings`, or one of those defined here.

        GAP: final training minus test accuracy (points). LAST_EPOCH: the mean validation accuracy
        of the last epoch's records (percent), which is how a curve ends; a final accuracy is that
        of the weights after the last step.
        """
        if measure == LAST_EPOCH:
            return self.epoch(experiment, variant, "validation_accuracy")
        table = self.rows("trainings", experiment, variant).set_index("run").sort_index()
        if measure == GAP:
            return table["train_accuracy"] - table["test_accuracy"]
        return table[measure]

    def outcome(self, experiment: str, variant: str, measure: str) -> Outcome:
        """Return mean, spread and interval over the runs of a variant (see `values`)."""
        images = self.images(measure) if measure in ACCURACIES else None
        return outcome_of(self.values(experiment, variant, measure), images)

    def images(self, measure: str) -> int | None:
        """Return how many images an accuracy is counted on."""
        return self.part_images.get(measure.removesuffix("_accuracy"))

    def predictions(self, experiment: str, variant: str, part: str = "test") -> pd.DataFrame:
        """Return the rows of `predictions` of one part of the images, all runs that ended."""
        rows = self.rows("predictions", experiment, variant)
        return rows[rows["part"] == part] if "part" in rows else rows

    def correct(self, experiment: str, variant: str, part: str = "test") -> pd.DataFrame:
        """Return which images are classified correctly: bool, a row a run that ended, by image.

        Raises NotInStudyError where no predictions are stored.
        """
        rows = self.predictions(experiment, variant, part)
        if rows.empty:
            raise NotInStudyError(f"No predictions of {variant} are stored.")
        right = rows.assign(correct=rows["label"] == rows["predicted"])
        return right.pivot(index="run", columns="image", values="correct")

    def diverged(self, experiment: str, variant: str) -> pd.Series:
        """Return the step (from 0) at which each run diverged, NaN for those that ended."""
        table = self.rows("trainings", experiment, variant)
        return table.set_index("run")["diverged_step"].sort_index()

    def lost(self, experiment: str) -> list[dict]:
        """Return the runs of an experiment that diverged: variant, its label, run, step, epoch."""
        table = self.table("trainings")
        lost = table[(table["experiment"] == experiment) & table["diverged_step"].notna()]
        lost = lost.rename(columns={"diverged_step": "step", "diverged_epoch": "epoch"})
        lost = lost[["variant", "run", "step", "epoch"]].astype({"step": int, "epoch": int})
        rows = lost.to_dict("records")
        labels = self.variants(experiment)["label"]
        return [
            row | {"label": labels[v]} for v in labels.index for row in rows if row["variant"] == v
        ]

    # Curves ---------------------------------------------------------------------------------------

    def curves(self, experiment: str, variant: str, column: str) -> dict[int, pd.DataFrame]:
        """Return "step", "epoch" and "value" of each run (those that diverged end there)."""
        key = (experiment, variant, column)
        if key not in self._curves:
            rows = self.rows("records", experiment, variant)
            known = rows[["run", "step", "epoch"]].assign(value=rows[column]).dropna()
            self._curves[key] = {
                int(str(run)): own.drop(columns="run") for run, own in known.groupby("run")
            }
        return self._curves[key]

    def epoch(
        self, experiment: str, variant: str, column: str, epoch: int = -1, how: str = "mean"
    ) -> pd.Series:
        """Return the mean (or median) of one epoch's records of each run; -1 is the last epoch."""
        key = (experiment, variant, column, how)
        if key not in self._curves:
            rows = self.rows("records", experiment, variant)
            self._curves[key] = rows.groupby(["run", "epoch"])[column].agg(how).unstack()
        number = self.entries(experiment, variant)[0]["epochs"] + epoch if epoch < 0 else epoch
        return self._curves[key].get(number, pd.Series(dtype=float)).rename(column)

    def steps_to(self, experiment: str, variant: str, column: str, level: float) -> pd.Series:
        """Return the steps of each run until its smoothed curve passes a level; infinity if never.

        ``column``: "loss" (falls to the level) or "validation_accuracy" (rises to it). See
        `measures.steps_to_reach`. A run that diverged never gets there.
        """
        curves = self.curves(experiment, variant, column)
        lost = self.diverged(experiment, variant)
        records = SMOOTHING_RECORDS[column]
        return pd.Series(
            {
                run: steps_to_reach(curves[run], level, column != "loss", records)
                if run in curves and math.isnan(step)
                else math.inf
                for run, step in lost.items()
            },
            dtype=float,
        )

    def epochs_to(self, experiment: str, variant: str, column: str, level: float) -> pd.Series:
        """Return `steps_to` in epochs."""
        steps = self.entries(experiment, variant)[0]["steps_per_epoch"]
        return self.steps_to(experiment, variant, column, level) / steps

    def fluctuation(
        self, experiment: str, variant: str, first: int = 0, last: int | None = None
    ) -> pd.Series:
        """Return the spread of the validation accuracy within an epoch, of each run.

        The standard deviation, a trend taken out, over the last five epochs of those from ``first``
        to ``last``; NaN for runs that diverged and with fewer than three records an epoch. See
        `measures.spread_within_epochs`.
        """
        last = self.entries(experiment, variant)[0]["epochs"] - 1 if last is None else last
        lost = self.diverged(experiment, variant)
        found = {}
        for run, curve in self.curves(experiment, variant, "validation_accuracy").items():
            part = curve[curve["epoch"].between(first, last)]
            found[run] = spread_within_epochs(part) if len(part) else math.nan
        series = pd.Series(found, dtype=float).reindex(lost.index)
        return series.where(lost.isna())

    def smoothing_steps(self, experiment: str) -> int:
        """Return over how many steps the curves of an experiment are smoothed when drawn.

        As configured, but at most a tenth of its shortest training.
        """
        own = self.variants(experiment)
        shortest = int((own["epochs"] * own["steps_per_epoch"]).min())
        return max(1, min(self.plan["figures"]["smoothing_steps"], shortest // 10))

    # Schedules ------------------------------------------------------------------------------------

    def phases(self, experiment: str, variant: str) -> pd.DataFrame:
        """Return one row a run and phase: run, phase (from 1), rate, first and last epoch.

        Each run with the switch epochs that it was trained with, also where they were found.
        """
        return self.rows("phases", experiment, variant).sort_values(["run", "phase"])

    # Weights --------------------------------------------------------------------------------------

    def tensors(self, experiment: str, variant: str, run: int = 1) -> dict[str, np.ndarray]:
        """Return the weights and biases that a run stored, by PyTorch's names, or none."""
        entry = next(e for e in self.entries(experiment, variant) if e["run"] == run)
        return self._weights(entry)

    def layer_weights(self, experiment: str, variant: str, run: int = 1) -> list[np.ndarray]:
        """Return the weights of each layer of a run that has any, the first layer's first."""
        tensors = self.tensors(experiment, variant, run)
        names = [n for n, t in tensors.items() if n.endswith(".weight") and t.ndim > 1]  # no norms
        return [tensors[name] for name in sorted(names, key=lambda n: int(n.split(".")[0]))]

    def first_weights(self, experiment: str, variant: str, run: int = 1) -> np.ndarray | None:
        """Return the first layer's weights of a run, or None where they are not stored."""
        return next(iter(self.layer_weights(experiment, variant, run)), None)

    def _read_weights(self, entry: dict) -> dict[str, np.ndarray]:
        path = self.results / Path(entry["weights"]).relative_to(self.plan["results"])
        return read_weights(path) if path.is_file() else {}


def _comparable(value: object) -> str:
    return prose.setting(value) if isinstance(value, int | float) else str(value)
