"""One quantity of one variant over its runs: its value, its doubt, and when two values are tied."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.statistics import RUNS_FOR_INTERVAL, Difference, wilson_interval


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
        if self.std is not None and n >= RUNS_FOR_INTERVAL:
            return Difference(self.mean, self.std / math.sqrt(n), n - 1).interval()
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


def outcome_of(values: pd.Series, images: int | None = None) -> Outcome:
    """Return the outcome of a series with a value a run, NaN where that run diverged."""
    finite = tuple(float(value) for value in values if math.isfinite(value))
    return Outcome(finite, len(values) - len(finite), images)
