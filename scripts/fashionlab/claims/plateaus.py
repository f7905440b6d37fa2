"""What the plateau rule would have chosen, here and in the original's curves, and how surely."""

import itertools
from typing import Any

from fashionlab.plateau import PATIENCE, TOLERANCE, switch_epoch
from fashionlab.study import NotInStudyError, Study

Stage = tuple[int | str, list[list[float]]]  # "until", and the curves before the switch, by run
PATIENCES, TOLERANCES = (2, 3, 4, 5), (0.1, 0.2, 0.3, 0.4, 0.5)


def find_plateaus(
    study: Study, patience: int = PATIENCE, tolerance: float = TOLERANCE
) -> dict[str, list[dict[str, Any]]]:
    """Return, for each schedule that is trained, configured and found first epochs of its rates.

    Stage k is judged by the finished training with the first k rates, otherwise alike: a constant
    rate for the first, the shorter schedule for the second. ``found_by_run`` has each run's own
    result (empty without such a training), ``found`` the one that all runs have, or None.
    """
    curves = _curves(study)
    return {name: _found(stages, patience, tolerance) for name, stages in curves.items()}


def _curves(study: Study) -> dict[str, list[Stage]]:
    """Return the stages but the last of each schedule that is trained, with the curves before."""
    schedules: dict[str, list[Stage]] = {}
    for training in study.plan["trainings"]:
        stages = study.plan["schedules"].get(name := training["learning_rate"])
        if stages and name not in schedules:
            place = training["experiment"], training["variant"]
            schedules[name] = [
                (stage["until"], _epoch_means(study, study.beginning(*place, count)))
                for count, stage in enumerate(stages[:-1], start=1)
            ]
    return dict(sorted(schedules.items()))


def _epoch_means(study: Study, place: tuple[str, str] | None) -> list[list[float]]:
    """Return the mean validation accuracy by epoch of each run that ended; none without a place."""
    if place is None:
        return []
    curves, lost = study.curves(*place, "validation_accuracy"), study.diverged(*place).notna()
    return [list(c.groupby("epoch")["value"].mean()) for run, c in curves.items() if not lost[run]]


def _found(stages: list[Stage], patience: int, tolerance: float) -> list[dict[str, Any]]:
    start, switches = 0, []
    for until, curves in stages:
        found = [switch_epoch(curve, start, patience, tolerance) for curve in curves]
        one = found[0] if len(set(found)) == 1 else None
        switches.append({"configured": until, "found": one, "found_by_run": found})
        start = until if isinstance(until, int) else (one or start)
    return switches


def plateau_sensitivity(study: Study) -> list[dict[str, Any]]:
    """Return, for each switch, the earliest and the latest epoch over PATIENCES x TOLERANCES.

    Of all runs here, and of the original's curves where they are comparable, else None.
    """
    grid = list(itertools.product(PATIENCES, TOLERANCES))
    found: dict[tuple[str, int], list[int]] = {}
    for (name, stages), choice in itertools.product(_curves(study).items(), grid):
        for stage, switch in enumerate(_found(stages, *choice), start=1):
            found.setdefault((name, stage), []).extend(switch["found_by_run"])
    return [
        {"schedule": name, "switch": stage, "here": _span(epochs),
         "original": _span(_original(study, name, stage, grid))}
        for (name, stage), epochs in found.items()
    ]  # fmt: skip


def _span(epochs: list[int]) -> list[int] | None:
    return [min(epochs), max(epochs)] if epochs else None


def _original(study: Study, name: str, stage: int, grid: list[tuple[int, float]]) -> list[int]:
    """Return what the rule finds in the original's curve of a schedule, up to its next switch."""
    if study.original is None:
        return []
    try:
        place = study.locate(learning_rate=name)
        phases = study.original.phases(*place)
        curve = study.original.series(*place, "validation_accuracy")
    except NotInStudyError:
        return []
    start, rates = int(phases["first"][stage - 1]), study.original.constant(place)
    if stage == 1 and rates is not None:
        curve = rates
    elif stage < len(phases):
        curve = curve[: int(phases["last"][stage - 1]) + 1]
    return [switch_epoch(list(curve), start, *choice) for choice in grid]
