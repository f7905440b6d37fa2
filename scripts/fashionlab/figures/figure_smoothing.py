"""From the records of some runs to a smooth curve with a band."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

POINTS = 130  # of a drawn curve: more cannot be seen at this width, and makes the SVG heavy


@dataclass(frozen=True)
class Curve:
    """A quantity over a variant's training; arrays [points], NaN nowhere.

    ``x`` is in epochs, ``low`` and ``high`` bound the single runs, or, with one run, the middle
    80 % of its records in the smoothing window.
    """

    x: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray
    runs: int = 1
    diverged: int = 0


def summarise(wide: pd.DataFrame, steps_per_epoch: int, window: int, robust: bool) -> Curve:
    """Return the curve of a table with a column a run, indexed by step, NaN after divergence."""
    rolling = wide.rolling(window, center=True, min_periods=1)
    smooth = (rolling.median() if robust else rolling.mean()).where(wide.notna())
    if wide.shape[1] > 1:
        low, high = smooth.min(axis=1), smooth.max(axis=1)
    else:
        low, high = rolling.quantile(0.1).iloc[:, 0], rolling.quantile(0.9).iloc[:, 0]
    middle = smooth.median(axis=1) if robust else smooth.mean(axis=1)
    drawn = np.unique(np.linspace(0, len(wide) - 1, min(len(wide), POINTS)).round().astype(int))
    parts = (wide.index / steps_per_epoch, middle, low, high)
    return Curve(*(np.asarray(part, float)[drawn] for part in parts))
