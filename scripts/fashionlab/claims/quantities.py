"""What claims compare: quantities of a variant, a value a run, each defined once."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.measures import LAST_EPOCHS, weight_images
from fashionlab.statistics import morans_i
from fashionlab.study import GAP, LAST_EPOCH, NotInStudyError, Place, Study

POINTS, FACTOR, UNITS = "points", "factor", "units"
Settings = Mapping[str, object]  # of a variant, see `Study.locate`; also "name" and "phase"


@dataclass(frozen=True)
class Level:
    """A level that curves reach: a share of the way from guessing to how other runs end.

    ``column``: "loss" or "validation_accuracy". ``of``: settings of the variants whose last epoch
    is aimed at, the best of them if there are several; none means the second of those compared.
    """

    column: str
    of: tuple[Settings, ...] = ()
    share: float = 1.0

    def value(self, study: Study) -> float:
        """Return the level: a loss (nat) or an accuracy (percent)."""
        start = study.chance_loss if self.column == "loss" else study.chance
        places = [study.locate(**plain(settings)) for settings in self.of]
        ends = [study.epoch(*place, self.column).mean() for place in places]
        best = pd.Series(ends).min() if self.column == "loss" else pd.Series(ends).max()
        return start + self.share * (float(best) - start)


@dataclass(frozen=True)
class Measure:
    """A quantity of a variant, a value a run, NaN where there is none.

    ``part``: the images that it is counted on, if other images could have been drawn.
    """

    words: str
    unit: str
    values: Callable[..., pd.Series]  # (study, (experiment, variant), settings, level)
    part: str | None = None


def plain(settings: Settings) -> dict:
    """Return the settings that `Study.locate` knows, without "name" and "phase"."""
    return {key: value for key, value in settings.items() if key not in ("name", "phase")}


def level_words(study: Study, level: Level) -> str:
    """Return a level with its value: "73.5 % on validation images"; "a level" if it is unknown."""
    try:
        value = level.value(study)
    except NotInStudyError:
        return "a level"
    if not math.isfinite(value):
        return "a level"
    if level.column == "loss":
        return f"a loss of {prose.number(value, 2)}"
    return f"{prose.percent(value, 1)} on validation images"


def last_rise(study: Study, place: Place) -> float:
    """Return what the last epochs brought in validation accuracy (points, mean over runs).

    The mean of the last epoch minus that of the one LAST_EPOCHS - 1 before. Above
    `plateau.TOLERANCE` a curve still rises: it has not converged.
    """
    last, before = (study.epoch(*place, "validation_accuracy", e) for e in (-1, -LAST_EPOCHS))
    return float((last - before).mean())


def _result(column: str, study: Study, place: Place, settings: Settings, level: None) -> pd.Series:
    return study.values(*place, column)


def _last_loss(study: Study, place: Place, settings: Settings, level: None) -> pd.Series:
    return study.epoch(*place, "loss")


def _gradient(
    epoch: int | None, study: Study, place: Place, settings: Settings, level: None
) -> pd.Series:
    """Return the median gradient norm of an epoch or of all records; NaN for 0: it is dead."""
    if epoch is None:
        curves = study.curves(*place, "gradient_norm")
        medians = pd.Series({run: c["value"].median() for run, c in curves.items()}, dtype=float)
    else:
        medians = study.epoch(*place, "gradient_norm", epoch, how="median")
    medians = medians.reindex(study.diverged(*place).index)
    return medians.where(medians > 0)


def _steps(study: Study, place: Place, settings: Settings, level: Level | None) -> pd.Series:
    """Return the steps to a level; NaN for runs that diverged or are dead, infinity for others."""
    if level is None:
        raise ValueError("the measure 'steps' needs a level")
    steps = study.steps_to(*place, level.column, level.value(study))
    try:
        alive = _gradient(None, study, place, settings, None).notna()
    except NotInStudyError:  # of the original's curves
        alive = steps.notna()
    return steps.where(alive & study.diverged(*place).isna())


def _fluctuation(study: Study, place: Place, settings: Settings, level: None) -> pd.Series:
    """Return the fluctuation at the end of the training, or of the phase of "phase" (from 1)."""
    found = study.fluctuation(*place)
    if "phase" in settings:
        phases = study.phases(*place)
        own = phases[phases["phase"] == settings["phase"]]
        if own.empty:
            raise NotInStudyError(f"{study.label(*place)} has no phase {settings['phase']}.")
        for run, first, last in zip(own["run"], own["first"], own["last"], strict=True):
            found[run] = study.fluctuation(*place, first=int(first), last=int(last))[run]
    if found.isna().all() and study.diverged(*place).isna().any():
        raise NotInStudyError(f"{study.label(*place)} was validated fewer than 3 times an epoch.")
    return found.where(found > 0)


def _order_of_weights(study: Study, place: Place, settings: Settings, level: None) -> pd.Series:
    """Return the mean of Moran's I over the images of the first layer's weights of each run."""
    image, found = study.plan["dataset"]["image_shape"], {}
    for entry in study.entries(*place):
        weights = study.first_weights(*place, entry["run"])
        found[entry["run"]] = math.nan
        if weights is not None and np.isfinite(weights).all():
            layers = study.plan["networks"][entry["network"]]["layers"]
            images = weight_images(weights, layers, image)
            if min(images.shape[2:]) < 2:  # what morans_i needs
                raise NotInStudyError(f"{study.label(*place)} has no neighbouring weights.")
            each = images.reshape(-1, *images.shape[2:]).astype(float)
            found[entry["run"]] = np.nanmean(morans_i(each))
    return pd.Series(found, dtype=float)


MEASURES = {
    "test_accuracy": Measure("test accuracy", POINTS, partial(_result, "test_accuracy"), "test"),
    "validation_accuracy": Measure(
        "validation accuracy",
        POINTS,
        partial(_result, LAST_EPOCH),
        "validation",
    ),
    "train_accuracy": Measure("training accuracy", POINTS, partial(_result, "train_accuracy")),
    GAP: Measure("generalisation gap", POINTS, partial(_result, GAP), "test"),
    "loss": Measure("loss of the last epoch", FACTOR, _last_loss),
    "gradient": Measure("median gradient", FACTOR, partial(_gradient, None)),
    "gradient_early": Measure("gradient in the first epoch", FACTOR, partial(_gradient, 0)),
    "gradient_late": Measure("gradient in the last epoch", FACTOR, partial(_gradient, -1)),
    "steps": Measure("steps to", FACTOR, _steps),
    "fluctuation": Measure("fluctuation", FACTOR, _fluctuation),
    "order": Measure("order of the weight images (Moran's I)", UNITS, _order_of_weights),
}
