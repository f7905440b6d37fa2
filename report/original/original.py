"""The original report's results: what they hold, and what in them can be compared with ours.

``original_results.json`` has a value an epoch of each published curve. `Original` answers the same
questions as a `Study`, of the same experiments and variants, by these curves; what they do not say,
or do not say comparably, raises NotInStudyError. The caveats, in one place:

- Its curves of question 2 are means over an unknown number of runs in which the networks were never
  started afresh. How they end can be compared, how they begin cannot.
- Its test accuracies are maxima over the first images of the test set: never compared.
- Its training accuracies are those of the batches of the last epoch.
- Its gradient is a difference of weights in 32-bit numbers; below 1e-5 it is mostly rounding.
- Everything else is one run.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fashionlab.measures import LAST_EPOCHS
from fashionlab.storage.reading import read_json
from fashionlab.study import LAST_EPOCH, NotInStudyError, Study

RESULTS = Path(__file__).with_name("original_results.json")
DATASET = "Fashion-MNIST"
NAMES = {"gradient_norm": "gradient_magnitude_median"}
SWITCHES = (7, 14)  # first epochs of its second and third rate
QUESTION_2 = {"activation": "relu", "optimizer": "adam", "learning_rate": "0.001"}
QUESTION_3 = {"optimizer": "sgd", "learning_rate": "0.01"}
QUESTION_4 = {"network": "cnn4", "activation": "relu", "optimizer": "sgd"}
ALWAYS = {"input_range": "symmetric", "batch_size": 50}


class Original(Study):
    """The original's answers to what is asked of a study; its plan is that of our study."""

    def __init__(self, plan: dict):
        super().__init__(plan)
        self.data: dict[str, Any] = read_json(RESULTS)

    def has_like(self, place: tuple[str, str]) -> bool:
        """Return whether a variant is of a network that the original trained, on its images."""
        network = self.entries(*place)[0]["network"]
        own = self.plan["networks"][network]["line"]
        return bool(
            self.plan["dataset"]["name"] == DATASET and self.data["networks"].get(network) == own
        )

    def curve(self, experiment: str, variant: str, column: str) -> np.ndarray | None:
        """Return what can be drawn beside ours: a value an epoch; None where nothing is alike.

        Nothing is in a demonstration, where the numbers of epochs differ, or of question 2, whose
        networks did not start afresh.
        """
        fresh = not _has(self.entries(experiment, variant)[0], QUESTION_2)
        if self.plan["demonstration"] or self.plan["split"]["images"] or not fresh:
            return None
        try:
            values = self.series(experiment, variant, column)
        except NotInStudyError:
            return None
        return values if len(values) == self.entries(experiment, variant)[0]["epochs"] else None

    def is_beside(self, experiment: str) -> bool:
        """Return whether the loss of a variant of an experiment has a `curve` beside ours."""
        variants = map(str, self.variants(experiment).index)
        return any(self.curve(experiment, variant, "loss") is not None for variant in variants)

    def series(self, experiment: str, variant: str, column: str) -> np.ndarray:
        """Return the values of a column by epoch. Raises NotInStudyError without any.

        Of two curves with the same settings, that of the more similar number of epochs.
        """
        name = NAMES.get(column, column)
        epochs = self.entries(experiment, variant)[0]["epochs"]
        found = [c[name] for c in self._alike(experiment, variant) if name in c]
        if found:
            nearest = min(found, key=lambda values: abs(len(values) - epochs))
            return np.array(nearest, dtype=float)
        what = column.replace("_", " ")
        name = self.label(experiment, variant)
        raise NotInStudyError(f"The original's data have no {what} of {name}.")

    def constant(self, place: tuple[str, str]) -> np.ndarray | None:
        """Return the validation curve of the constant rate that a schedule begins with, or None."""
        rate = self.entries(*place)[0]["specification"]["learning_rate"][0]["rate"]
        curves = self.data["learning_rates"].get(f"{rate:g}")
        return np.array(curves["validation_accuracy"]) if curves else None

    def _alike(self, experiment: str, variant: str) -> list[dict]:
        entry = self.entries(experiment, variant)[0]
        if not self.has_like((experiment, variant)) or not _has(entry, ALWAYS):
            return []
        network, found = entry["network"], []
        if _has(entry, QUESTION_2):
            found.append(self.data["generalisation"].get(network))
        if _has(entry, QUESTION_3):
            found.append(self.data["activations"].get(network, {}).get(entry["activation"]))
        if _has(entry, QUESTION_4):
            stages = entry["specification"]["learning_rate"]
            name = " -> ".join(f"{stage['rate']:g}" for stage in stages)
            found.append(self.data["schedules" if len(stages) > 1 else "learning_rates"].get(name))
        return [curves for curves in found if curves]

    # What a study is asked ------------------------------------------------------------------------

    def values(self, experiment: str, variant: str, measure: str) -> pd.Series:
        """Return the last epoch's mean, for LAST_EPOCH and training accuracy only."""
        if measure == LAST_EPOCH:
            return self.epoch(experiment, variant, "validation_accuracy")
        if measure == "train_accuracy":
            return self.epoch(experiment, variant, measure)
        what = measure.replace("_", " ")
        raise NotInStudyError(f"The original's data have no comparable {what}.")

    def epoch(
        self, experiment: str, variant: str, column: str, epoch: int = -1, how: str = "mean"
    ) -> pd.Series:
        """Return an epoch's value, which is a mean, of a gradient a median."""
        values = self.series(experiment, variant, column)
        if epoch >= 0 and _has(self.entries(experiment, variant)[0], QUESTION_2):
            raise NotInStudyError("The original's networks of question 2 did not start afresh.")
        return pd.Series({1: values[epoch] if -len(values) <= epoch < len(values) else math.nan})

    def curves(self, experiment: str, variant: str, column: str) -> dict[int, pd.DataFrame]:
        """Return one run, a value an epoch, at the middle of its epoch."""
        values = self.series(experiment, variant, column)
        steps = self.entries(experiment, variant)[0]["steps_per_epoch"]
        epochs = np.arange(len(values))
        table = {"step": (epochs + 0.5) * steps, "epoch": epochs, "value": values}
        return {1: pd.DataFrame(table)}

    def diverged(self, experiment: str, variant: str) -> pd.Series:
        """Return that its one run did not diverge."""
        return pd.Series({1: math.nan})

    def steps_to(self, experiment: str, variant: str, column: str, level: float) -> pd.Series:
        """Return the steps to a level, on a straight line between the middles of epochs."""
        if _has(self.entries(experiment, variant)[0], QUESTION_2):
            raise NotInStudyError("The original's networks of question 2 did not start afresh.")
        curve = self.curves(experiment, variant, column)[1]
        sign = -1 if column == "loss" else 1
        start = self.chance_loss if column == "loss" else self.chance
        steps = np.array([0.0, *curve["step"]])
        way = sign * np.array([start, *curve["value"]])
        passed = np.flatnonzero(way >= sign * level)
        if not len(passed):
            return pd.Series({1: math.inf})
        here = passed[0]
        low, high = way[max(here - 1, 0)], way[here]
        share = 1.0 if high == low else (sign * level - low) / (high - low)
        before = steps[max(here - 1, 0)]
        return pd.Series({1: float(before + share * (steps[here] - before))})

    def fluctuation(
        self, experiment: str, variant: str, first: int = 0, last: int | None = None
    ) -> pd.Series:
        """Return the root mean square of the standard deviations within the last epochs.

        They are published for the schedules, and without a trend taken out.
        """
        spread = self.series(experiment, variant, "validation_accuracy_sd")
        own = spread[first : None if last is None else last + 1][-LAST_EPOCHS:]
        return pd.Series({1: math.sqrt(float(np.mean(own**2)))})

    def phases(self, experiment: str, variant: str) -> pd.DataFrame:
        """Return the phases of its schedules: the rates switch where the original switched them."""
        stages = self.entries(experiment, variant)[0]["specification"]["learning_rate"]
        bounds = [0, *SWITCHES[: len(stages) - 1], len(self.series(experiment, variant, "loss"))]
        spans = zip(stages, bounds, bounds[1:], strict=False)
        rows = [(1, n, s["rate"], a, b - 1) for n, (s, a, b) in enumerate(spans, start=1)]
        return pd.DataFrame(rows, columns=["run", "phase", "rate", "first", "last"])

    def first_weights(self, experiment: str, variant: str, run: int = 1) -> np.ndarray | None:
        """Raise: no weights were published."""
        raise NotInStudyError("The original's data have no weights.")


def _has(entry: dict, settings: dict) -> bool:
    return all(entry[key] == value for key, value in settings.items())
