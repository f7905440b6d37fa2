"""Facts for question 4, first part: how fast each constant rate learns and where it ends."""

import math
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fashionlab import prose
from fashionlab.judgement.curves import SMOOTHING_RECORDS, mean_unrest, steps_to_reach
from fashionlab.judgement.outcomes import Outcome, tie_sentence, ties_with_first

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

EXPERIMENT = "learning_rates"
LEVELS = (50, 80, 85)  # percent of validation accuracy whose first crossing measures speed
VALIDATION = "validation_accuracy"
RISING = 0.15  # points that the last epoch must bring for a curve to count as still rising


class LearningRates:
    """The variants of the learning-rate experiment, largest rate first."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f
        self.runs = f.runs(EXPERIMENT)
        self.settings = {v: f.setting(EXPERIMENT, v) for v in f.variants(EXPERIMENT)}
        rates = [s["learning_rate"] for s in self.settings.values()]
        self._rates_name_variants = len(set(rates)) == len(rates)
        self.variants = sorted(self.settings, key=self._rate, reverse=True)

    def _rate(self, variant: str) -> float:
        text = self.settings[variant]["learning_rate"]
        stages = self._f.plan["schedules"].get(text)
        return float(stages[0]["rate"] if stages else text)

    def label(self, variant: str) -> str:
        """Return the rate, where that alone tells the variants apart, else the variant's name."""
        return self.settings[variant]["learning_rate"] if self._rates_name_variants else variant

    def labels(self, variants: list[str]) -> str:
        """Return variants as a list in words."""
        return prose.join(self.label(v) for v in variants)

    @property
    def networks(self) -> list[str]:
        """The networks that were trained."""
        return list(dict.fromkeys(s["network"] for s in self.settings.values()))

    def crossing(self, variant: str, level: float) -> float:
        """Return the median over runs of the epochs until a level was reached; inf for never."""
        curves = self._f.curves(EXPERIMENT, variant, VALIDATION)
        window = SMOOTHING_RECORDS[VALIDATION]
        steps = [steps_to_reach(c, level, rising=True, records=window) for c in curves]
        steps += [math.inf] * (self.runs - len(steps))  # of runs that diverged at once
        return float(np.median(steps)) / self.settings[variant]["steps_per_epoch"]

    def crossing_text(self, variant: str, level: float) -> str:
        """Return the crossing for a table."""
        value = self.crossing(variant, level)
        return prose.number(value, 2) if math.isfinite(value) else "not reached"

    def final(self, variant: str) -> Outcome:
        """Return the validation accuracy, as the mean of the last epoch's records."""
        return self._f.in_epoch(EXPERIMENT, variant, "validation_accuracy")

    def unrest(self, variant: str) -> float:
        """Return the unrest of the validation accuracy over the last epochs."""
        last = self.settings[variant]["epochs"] - 1
        return mean_unrest(self._f.curves(EXPERIMENT, variant, VALIDATION), last)

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Table of speed, end and unrest of every rate."""
        return [
            {"Learning rate": self.label(v)}
            | {f"Epochs to {level} %": self.crossing_text(v, level) for level in LEVELS}
            | {
                "Validation, last epoch": self.final(v).text,
                "Unrest": prose.number(self.unrest(v), 2),
                "Loss, last epoch": self._f.in_epoch(EXPERIMENT, v, "loss").text,
                "Test": self._f.outcome(EXPERIMENT, v, "test").text,
            }
            for v in self.variants
        ]

    @cached_property
    def ended(self) -> list[str]:
        """Variants of which at least one run ended."""
        return [v for v in self.variants if self.final(v).values]

    @property
    def lost(self) -> list[str]:
        """Variants of which every run diverged."""
        return [v for v in self.variants if v not in self.ended]

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
            and self._f.in_epoch(EXPERIMENT, v, "loss", 1).mean > 0.95 * self._f.chance_loss
        ]
        if not slow:
            return ""
        return (
            f"With {self.labels(slow)} the loss is still within 5{prose.NBSP}% of that of guessing "
            "in the second epoch."
        )

    # The end.

    @cached_property
    def ranked(self) -> list[tuple[str, Outcome]]:
        """Variants by their validation accuracy in the last epoch, highest first."""
        pairs = [(v, self.final(v)) for v in self.ended]
        return sorted(pairs, key=lambda pair: pair[1].mean, reverse=True)

    @property
    def order(self) -> str:
        """The ranking at the end as a sentence's middle."""
        return prose.order([(self.label(v), prose.percent(o.mean)) for v, o in self.ranked])

    @property
    def leaders(self) -> list[str]:
        """Variants that cannot be told apart from the best one at the end."""
        return ties_with_first(self.ranked, self._f.margin) if self.ranked else []

    @property
    def by_unrest(self) -> list[tuple[str, float]]:
        """Variants with their unrest, the most restless first; those without one left out."""
        pairs = [(v, self.unrest(v)) for v in self.ended]
        return sorted((p for p in pairs if prose.exists(p[1])), key=lambda p: p[1], reverse=True)

    @property
    def ties(self) -> str:
        """A sentence on who shares the first place at the end."""
        return tie_sentence([self.label(v) for v in self.leaders], self._f.tie_rule(EXPERIMENT))

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
        before = self._f.in_epoch(EXPERIMENT, variant, "validation_accuracy", max(last - 1, 0))
        return self.final(variant).mean - before.mean

    @property
    def epochs(self) -> int:
        """The number of epochs of the experiment."""
        return max(s["epochs"] for s in self.settings.values())
