"""The data behind the figures: the plan and the tables of one data, read when asked for."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.outcomes import Outcome
from fashionlab.planning.planned import Planned
from fashionlab.plotting.curves import Curve, summarise
from fashionlab.plotting.looks import Look, looks
from fashionlab.storage.reading import read_json, read_sealed
from fashionlab.storage.table_files import read_table

ORIGINAL_RESULTS = (
    Path(__file__).resolve().parents[3] / "report" / "original" / "original_results.json"
)
ON_TEST = ("part", "==", "test")
ORIGINAL_NAMES = {"gradient_norm": "gradient_magnitude_median"}


def plain(text: str) -> str:
    """Return a text from config or data for matplotlib, which reads $...$ as a formula."""
    return text.replace("$", r"\$")


@dataclass
class FigureData(Planned):
    """A plan and its tables (see ``collect_results.py``)."""

    plan: dict
    tables: Path
    split_file: Path

    @cached_property
    def trainings(self) -> pd.DataFrame:
        """One row a training: its settings and final accuracies in percent."""
        return self._table("trainings")

    @cached_property
    def costs(self) -> pd.DataFrame:
        """One row a training: seconds and the machine."""
        return self._table("costs")

    @cached_property
    def split(self) -> dict:
        """The split of the training images."""
        return read_sealed(self.split_file, ["train", "class_counts"])

    @cached_property
    def test_images(self) -> int:
        """Number of test images (0 if no training has predictions)."""
        numbers = self._table("predictions", ["image"], [ON_TEST])["image"]
        return 0 if numbers.empty else int(numbers.max()) + 1

    @property
    def class_labels(self) -> list[str]:
        """Names of the classes as a figure draws them."""
        return [plain(name) for name in self.classes]

    @cached_property
    def networks(self) -> list[str]:
        """Names of the networks, the shallowest first."""
        described = self.plan["networks"]
        return sorted(described, key=lambda name: (described[name]["depth"], name))

    @cached_property
    def experiments(self) -> list[str]:
        """Names of the experiments by the question that they answer; those of no question last."""
        described = self.plan["experiments"]
        return sorted(described, key=lambda name: (described[name]["question"] or "~", name))

    def variants(self, experiment: str) -> list[str]:
        """Return the variants of an experiment; ValueError if the study lacks it."""
        if experiment not in self.plan["experiments"]:
            known = ", ".join(self.experiments)
            raise ValueError(f"no experiment {experiment!r} in this study; it has: {known}")
        names = self.plan["experiments"][experiment]["variants"]
        return sorted(names, key=lambda variant: self._place(experiment, variant))

    def _place(self, experiment: str, variant: str) -> tuple[int, ...]:
        """Return where a variant stands: by its network, then as its grid lists the values."""
        training, grid = self.training(experiment, variant), self.plan["experiments"][experiment]
        places = [self.networks.index(training["network"])]
        for axis, values in (grid.get("grid") or {}).items():
            texts = [v if isinstance(v, str) else prose.setting(v) for v in values]
            places.append(texts.index(str(training[axis])) if axis != "network" else 0)
        return tuple(places)

    def rows(self, experiment: str, variant: str) -> pd.DataFrame:
        """Return a variant's rows of ``trainings``, one a run."""
        table = self.trainings
        return table[(table["experiment"] == experiment) & (table["variant"] == variant)]

    def outcome(self, experiment: str, variant: str, column: str = "test_accuracy") -> Outcome:
        """Return a final accuracy over the runs of a variant."""
        values = self.rows(experiment, variant)[column]
        images = self.test_images if column == "test_accuracy" else None
        return Outcome(tuple(values.dropna()), int(values.isna().sum()), images)

    def outcomes(self, experiment: str) -> list[tuple[str, Outcome]]:
        """Return the variants of an experiment, each with its test accuracy."""
        return [
            (variant, self.outcome(experiment, variant)) for variant in self.variants(experiment)
        ]

    def look(self, experiment: str, variant: str) -> Look:
        """Return the look of a variant's network, the same in all figures of a study."""
        return looks(self.networks)[self.training(experiment, variant)["network"]]

    def gaps(self, experiment: str) -> dict[str, float]:
        """Return final training minus test accuracy (points, mean over runs) by variant."""
        means = {variant: self.rows(experiment, variant) for variant in self.variants(experiment)}
        gaps = {v: (r["train_accuracy"] - r["test_accuracy"]).mean() for v, r in means.items()}
        return {variant: gap for variant, gap in gaps.items() if math.isfinite(gap)}

    def predictions(self, experiment: str) -> pd.DataFrame:
        """Return an experiment's predictions of test images: variant, run, label, predicted."""
        return self._table("predictions", filters=[("experiment", "==", experiment), ON_TEST])

    def records(self, experiment: str, variant: str) -> pd.DataFrame:
        """Return the records of a variant, all runs."""
        keys = [("experiment", "==", experiment), ("variant", "==", variant)]
        return self._table("records", filters=keys)

    def curve(
        self, experiment: str, variant: str, column: str, robust: bool = False, epoch: bool = False
    ) -> Curve:
        """Return a smoothed curve: means, or, if ``robust``, medians over a centred window.

        The window is the configured ``smoothing_steps``, or an ``epoch``.
        """
        training = self.training(experiment, variant)
        table = self.records(experiment, variant)
        wide = table.pivot(index="step", columns="run", values=column).dropna(how="all")
        steps = training["steps_per_epoch"] if epoch else self.plan["figures"]["smoothing_steps"]
        window = steps / training["record_every"]
        if training["validate"] == "epochs" and column == "validation_accuracy":
            window = 1
        curve = summarise(wide, training["steps_per_epoch"], max(1, round(window)), robust)
        ends = self.rows(experiment, variant)["diverged_step"]
        return replace(curve, runs=len(ends), diverged=int(ends.notna().sum()))

    def original(self, experiment: str, variant: str, column: str) -> np.ndarray | None:
        """Return the original's per-epoch values of a variant, or None where ours have no like.

        They have none in a demonstration, on other data, of another network or number of epochs.
        """
        data = self.plan["dataset"]["name"]
        if self.plan["demonstration"] or self.plan["split"]["images"] or data != "Fashion-MNIST":
            return None
        training, theirs = self.training(experiment, variant), read_json(ORIGINAL_RESULTS)
        network, rate = training["network"], training["learning_rate"]
        if theirs["networks"].get(network) != self.plan["networks"][network]["line"]:
            return None
        if experiment == "activations":
            found = theirs[experiment].get(network, {}).get(training["activation"], {})
        else:  # it tried rates on one network
            stages = self.plan["schedules"].get(rate, [])
            rate = " -> ".join(prose.setting(stage["rate"]) for stage in stages) or rate
            found = theirs[experiment].get(rate, {}) if network == "cnn4" else {}
        values = found.get(ORIGINAL_NAMES.get(column, column), [])
        epochs = self.plan["experiments"][experiment]["epochs"]
        return np.asarray(values) if len(values) == epochs else None

    def _table(self, name: str, columns: list[str] | None = None, filters=None) -> pd.DataFrame:
        path = self.tables / f"{name}.parquet"
        if not path.is_file():
            raise FileNotFoundError(f"{path}: not there; collect_results.py makes it")
        return read_table(path, columns=columns, filters=filters)
