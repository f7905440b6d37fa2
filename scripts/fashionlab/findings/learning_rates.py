"""Facts for question 4, first part: how fast each constant rate learns and where it ends."""

import math
from functools import cached_property
from itertools import pairwise

import numpy as np

from fashionlab import prose
from fashionlab.findings.finished import Finished
from fashionlab.findings.section import ExperimentSection
from fashionlab.measures import SMOOTHING_RECORDS, mean_unrest, steps_to_reach

LEVELS = (50, 80, 85)  # percent of validation accuracy whose first crossing measures speed
VALIDATION = "validation_accuracy"
RISING = 0.15  # points that the last epoch must bring for a curve to count as still rising


class LearningRates(ExperimentSection):
    """The variants of the learning-rate experiment, largest rate first."""

    experiment, metric = "learning_rates", "last epoch"

    def __init__(self, f: Finished):
        super().__init__(f)
        self.variants.sort(key=self._rate, reverse=True)

    def _rate(self, variant: str) -> float:
        text = self.settings[variant]["learning_rate"]
        stages = self.f.plan["schedules"].get(text)
        return float(stages[0]["rate"] if stages else text)

    def label(self, variant: str) -> str:
        """Return the rate, where that alone tells the variants apart, else the variant's name."""
        rates = {s["learning_rate"] for s in self.settings.values()}
        apart = len(rates) == len(self.variants)
        return self.settings[variant]["learning_rate"] if apart else variant

    def labels(self, variants: list[str]) -> str:
        """Return variants as a list in words."""
        return prose.join(self.label(v) for v in variants)

    def crossing(self, variant: str, level: float) -> float:
        """Return the median over runs of the epochs until a level was reached; inf for never."""
        curves = self.f.curves(self.experiment, variant, VALIDATION)
        window = SMOOTHING_RECORDS[VALIDATION]
        steps = [steps_to_reach(c, level, rising=True, records=window) for c in curves]
        steps += [math.inf] * (self.runs - len(steps))  # of runs that diverged at once
        return float(np.median(steps)) / self.settings[variant]["steps_per_epoch"]

    def crossing_text(self, variant: str, level: float) -> str:
        """Return the crossing for a table."""
        value = self.crossing(variant, level)
        return prose.number(value, 2) if math.isfinite(value) else "not reached"

    def unrest(self, variant: str) -> float:
        """Return the unrest of the validation accuracy over the last epochs."""
        last = self.settings[variant]["epochs"] - 1
        return mean_unrest(self.f.curves(self.experiment, variant, VALIDATION), last)

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Table of speed, end and unrest of every rate."""
        return [
            {"Learning rate": self.label(v)}
            | {f"Epochs to {level} %": self.crossing_text(v, level) for level in LEVELS}
            | {
                "Validation, last epoch": self.in_epoch(v).text,
                "Unrest": prose.number(self.unrest(v), 2),
                "Loss, last epoch": self.in_epoch(v, "loss").text,
                "Test": self.outcome(v, "test").text,
            }
            for v in self.variants
        ]

    # Speed.

    @cached_property
    def level(self) -> int:
        """The highest level that two variants or more reached (the lowest level if none is)."""
        reached = [x for x in LEVELS if len(self.reaching(x)) > 1]
        return max(reached, default=LEVELS[0])

    def reaching(self, level: int) -> list[tuple[str, float]]:
        """Return the variants that reached a level and after how many epochs, fastest first."""
        pairs = [(v, self.crossing(v, level)) for v in self.ended]
        return sorted((p for p in pairs if math.isfinite(p[1])), key=lambda pair: pair[1])

    @property
    def speed_sentence(self) -> str:
        """One sentence: how many epochs each rate took to the level, and which never reached it."""
        reached = self.reaching(self.level)
        missing = [v for v in self.ended if v not in dict(reached)]
        never = f"; {self.labels(missing)} never did" if missing else ""
        if not reached:
            return f"No rate reached {prose.percent(self.level, 0)} of validation accuracy."
        parts = prose.join(f"{prose.number(x, 2)} with {self.label(v)}" for v, x in reached)
        return (
            f"A validation accuracy of {prose.percent(self.level, 0)} was first reached after "
            f"this many epochs: {parts}{never}."
        )

    @property
    def larger_is_faster(self) -> bool:
        """Whether every larger rate reached the level sooner than every smaller one."""
        times = [self.crossing(v, self.level) for v in self.ended]
        return len(times) > 1 and all(a < b or (a == b == math.inf) for a, b in pairwise(times))

    @property
    def slow_start(self) -> str:
        """One sentence on the rates that still guess in their second epoch, or nothing."""
        slow = [
            v
            for v in self.ended
            if self.settings[v]["epochs"] > 1
            and self.in_epoch(v, "loss", 1).mean > 0.95 * self.f.chance_loss
        ]
        if not slow:
            return ""
        return (
            f"With {self.labels(slow)} the loss is still within 5{prose.NBSP}% of that of guessing "
            "in the second epoch."
        )

    # The end.

    @property
    def by_unrest(self) -> list[tuple[str, float]]:
        """Variants with their unrest, the most restless first; those without one left out."""
        pairs = [(v, self.unrest(v)) for v in self.ended]
        return sorted((p for p in pairs if prose.exists(p[1])), key=lambda p: p[1], reverse=True)

    @property
    def rising(self) -> str:
        """One sentence on the rates that had not finished rising, or nothing."""
        rises = [(v, rise) for v in self.ended if (rise := self._last_rise(v)) > RISING]
        if not rises:
            return ""
        parts = prose.join(f"{prose.points(rise)} with {self.label(v)}" for v, rise in rises)
        return (
            f"The last epoch still brought {parts}: there the training was cut short, not finished."
        )

    def _last_rise(self, variant: str) -> float:
        last = self.settings[variant]["epochs"] - 1
        before = self.in_epoch(variant, epoch=max(last - 1, 0))
        return self.in_epoch(variant).mean - before.mean

    @property
    def epochs(self) -> int:
        """The number of epochs of the experiment."""
        return max(s["epochs"] for s in self.settings.values())
