"""What the rules for the claims ask of a finished study: variants, final accuracies and curves."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.planning.planned import Planned

PERCEPTRONS, CONVOLUTIONAL = ("mlp1", "mlp2"), ("cnn3", "cnn4", "cnn5")
FIVE = PERCEPTRONS + CONVOLUTIONAL  # the original's networks, which its claims are about


class CannotJudgeError(Exception):
    """The study lacks what a claim is about; its text says what, as the reason of `undecided`."""


@dataclass(frozen=True)
class Study(Planned):
    """Plan and tables of a finished study (shapes as in the files that they are read from).

    ``weights_of`` takes an entry of the plan's trainings and returns its first-layer weights, or
    None where they are not stored.
    """

    plan: dict
    trainings: pd.DataFrame
    records: pd.DataFrame
    predictions: pd.DataFrame
    weights_of: Callable[[dict], np.ndarray | None] = lambda training: None

    def variant(self, experiment: str, **settings: str | float) -> str:
        """Return "experiment/variant" of the training with these settings.

        A number as learning rate matches its text. Raises CannotJudgeError if there is none.
        """
        for training in self.plan["trainings"]:
            if training["experiment"] == experiment and _matches(training, settings):
                return f"{experiment}/{training['variant']}"
        wanted = ", ".join(f"{value}" for value in settings.values())
        title = experiment.replace("_", " ")
        raise CannotJudgeError(f"This is not part of this study: {wanted} ({title}).")

    def plan_entries(self, key: str) -> list[dict]:
        """Return the plan's trainings of a variant, by run."""
        entries = (t for t in self.plan["trainings"] if f"{t['experiment']}/{t['variant']}" == key)
        return sorted(entries, key=lambda training: training["run"])

    def finals(self, key: str, measure: str) -> np.ndarray:
        """Return a final accuracy or "gap" (train - test; percent) of all runs that ended.

        Raises CannotJudgeError if every run diverged.
        """
        runs = self._trainings[key]
        gap = runs["train_accuracy"] - runs["test_accuracy"]
        values = (gap if measure == "gap" else runs[measure]).dropna().to_numpy(float)
        if not len(values):
            raise CannotJudgeError(f"{name_of(key)} has no final accuracy: it diverged.")
        return values

    def diverged(self, key: str) -> int:
        """Return how many runs of a variant diverged."""
        return int(self._trainings[key]["diverged_step"].notna().sum())

    def first_divergence(self, key: str) -> int | None:
        """Return the step (from 0) of the first divergence among a variant's runs, or None."""
        step = self._trainings[key]["diverged_step"].min()
        return None if np.isnan(step) else int(step)

    def correct(self, key: str) -> np.ndarray:
        """Return which test images the runs that ended classify correctly (bool, runs x images)."""
        if key not in self._correct:
            raise CannotJudgeError(f"No predictions of {name_of(key)} are stored.")
        return self._correct[key]

    def images(self, key: str, measure: str) -> int:
        """Return how many images an accuracy is counted on."""
        if measure == "test_accuracy":
            return self.correct(key).shape[1]
        return self.plan["split_sizes"][measure.removesuffix("_accuracy")]

    def curves(self, key: str, column: str, with_diverged: bool = False) -> list[pd.DataFrame]:
        """Return "step", "epoch" and "value" of each run, where the column has a value.

        Runs that diverged are left out unless asked for; then they end where they diverged.
        """
        ended = self._trainings[key].set_index("run")["diverged_step"].isna()
        return [self._curve(key, run, column) for run, ok in ended.items() if ok or with_diverged]

    def _curve(self, key: str, run: Any, column: str) -> pd.DataFrame:
        if (key, run, column) not in self._curves:
            rows = self._records[(key, run)]
            table = rows[["step", "epoch"]].assign(value=rows[column]).dropna()
            self._curves[(key, run, column)] = table
        return self._curves[(key, run, column)]

    @cached_property
    def _curves(self) -> dict[tuple[str, Any, str], pd.DataFrame]:
        return {}  # every claim asks for the same curves again

    @cached_property
    def _trainings(self) -> dict[str, pd.DataFrame]:
        by_variant = self.trainings.sort_values("run").groupby(["experiment", "variant"])
        return {_key(*names): rows for names, rows in by_variant}

    @cached_property
    def _records(self) -> dict[tuple[str, Any], pd.DataFrame]:
        by_run = self.records.groupby(["experiment", "variant", "run"], observed=True)
        return {(_key(*names[:2]), names[2]): rows for names, rows in by_run}

    @cached_property
    def _correct(self) -> dict[str, np.ndarray]:
        ordered = self.predictions.sort_values(["run", "image"])
        by_variant = ordered.groupby(["experiment", "variant"], observed=True)
        return {_key(*names): _correct_by_run(rows) for names, rows in by_variant}


def _key(experiment: Any, variant: Any) -> str:
    return f"{experiment}/{variant}"


def _correct_by_run(rows: pd.DataFrame) -> np.ndarray:
    correct = (rows["label"] == rows["predicted"]).to_numpy()
    return correct.reshape(rows["run"].nunique(), -1)


def name_of(key: str) -> str:
    """Return the variant's name of "experiment/variant"."""
    return key.partition("/")[2]


def _matches(training: dict, settings: dict[str, str | float]) -> bool:
    rate = settings.get("learning_rate")
    if isinstance(rate, float):
        settings = settings | {"learning_rate": prose.setting(rate)}
    return all(training[key] == value for key, value in settings.items())


def effective_depth(layers: list[dict]) -> int:
    """Return the depth of a network with neighbouring linear layers counted as the one they are.

    ``layers``: as in the plan. Convolutions and linear layers are linear; with no activation or
    pool between them two of them compute nothing that one could not.
    """
    depth, linear = 0, False
    for layer in layers:
        weights = layer["kind"] in ("conv", "fc")
        depth += weights and not linear
        linear = weights
    return depth
