"""One quantity of one variant over its runs: its value, its doubt, and when two values are tied."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.statistics import (
    RUNS_FOR_INTERVAL,
    mean_interval,
    welch_difference,
    wilson_interval,
)


@dataclass(frozen=True)
class Outcome:
    """Values of the runs that ended (percent or any unit), and how many runs diverged instead."""

    values: tuple[float, ...]
    diverged: int = 0
    images: int | None = None  # how many images a percentage was counted on

    @cached_property
    def runs(self) -> int:
        """Runs, diverged ones included."""
        return len(self.values) + self.diverged

    @cached_property
    def mean(self) -> float:
        """Mean over the runs that ended; NaN if none did."""
        return float(np.mean(self.values)) if self.values else math.nan

    @cached_property
    def std(self) -> float | None:
        """Sample standard deviation over runs; None with fewer than two."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval: of the mean over runs (t, three or more), or of one run's share."""
        n = len(self.values)
        if n >= RUNS_FOR_INTERVAL:
            return mean_interval(self.values)[1:]
        if n == 1 and self.images:
            return wilson_interval(self.mean, self.images)
        return None

    @property
    def text(self) -> str:
        """Value for a table: one run's "88.12", several runs' "88.12 ± 0.31", or "diverged"."""
        if not self.values:
            return "diverged" if self.diverged else prose.DASH
        spread = f" ± {prose.number(self.std, 2)}" if self.std is not None else ""
        mark = f" ({self.diverged} of {self.runs} diverged)" if self.diverged else ""
        return f"{prose.number(self.mean, 2)}{spread}{mark}"

    @property
    def percent(self) -> str:
        """Value for a sentence, in percent, with its spread over runs where there is one."""
        if not self.values:
            return "no result, for it diverged" if self.diverged else prose.DASH
        spread = f" ± {prose.number(self.std, 2)}" if self.std is not None else ""
        return f"{prose.number(self.mean, 2)}{spread}{prose.NBSP}%"

    @property
    def doubt(self) -> str:
        """The interval for a sentence, or nothing where no interval can be given."""
        if self.interval is None:
            return ""
        return f"95{prose.NBSP}% interval {prose.interval(self.interval)}"


def outcome_of(values: pd.Series, images: int | None = None) -> Outcome:
    """Return the outcome of a series with a value a run, NaN where that run diverged."""
    finite = tuple(float(value) for value in values if math.isfinite(value))
    return Outcome(finite, len(values) - len(finite), images)


def tied(a: Outcome, b: Outcome, margin: float) -> bool:
    """Return whether two outcomes cannot be told apart.

    With three or more runs of both: Welch's 95 % interval of the difference of means holds 0. With
    fewer: they differ by less than `margin`, which one run must show before it says anything.
    """
    if min(len(a.values), len(b.values)) < RUNS_FOR_INTERVAL:
        return abs(a.mean - b.mean) < margin
    low, high = welch_difference(a.values, b.values).interval()
    return low <= 0 <= high


def ties_with_first(ranked: list[tuple[str, Outcome]], margin: float) -> list[str]:
    """Return the names, the first included, that cannot be told apart from the first."""
    (first, best), *others = ranked
    return [first, *(name for name, value in others if tied(best, value, margin))]


def margin_text(margin: float) -> str:
    """Return the margin of the config as "1 point" or "0.5 points"."""
    return prose.points(margin, 0 if margin == int(margin) else 1)


def tie_rule(runs: int, margin: float) -> str:
    """Return in words when two values count as tied."""
    if runs < RUNS_FOR_INTERVAL:
        return f"differences of less than {margin_text(margin)}"
    return "differences whose 95" + prose.NBSP + "% interval over runs holds zero"


def tie_sentence(leaders: list[str], rule: str = "") -> str:
    """Return a sentence on who shares the first place, and by which rule if one is given."""
    if not leaders:
        return ""
    if len(leaders) == 1:
        return f"Nothing ties with {leaders[0]} for the first place."
    reason = f": {rule} are no ranking here" if rule else ""
    return f"{prose.join(leaders)} tie for the first place{reason}."
