"""Validation accuracy of schedules, constant rates and Adam near its end, and its fluctuation."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fashionlab.counterparts import alike, with_adam
from fashionlab.plotting.axes import epoch_axis, log_axis
from fashionlab.plotting.curves import (
    curve_of,
    curves_of,
    draw_curve,
    draw_original,
    slug,
)
from fashionlab.plotting.figure import new_figure, plain
from fashionlab.plotting.labels import label_end
from fashionlab.plotting.looks import COLOURS, INK, Look
from fashionlab.plotting.panels import Entry
from fashionlab.study import Study

NEEDS = ("schedules",)
EXPERIMENT, CONSTANT = "schedules", "learning_rates"
COLUMN = "validation_accuracy"
STEEP = 2  # epochs that are left out at the start, at most a fifth of the training


def draw(study: Study) -> Figure:
    """Return the figure: accuracy above, fluctuation below."""
    figure = new_figure(study, height=4.9)
    accuracy, strip = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    entries = compared(study)
    epochs = max(study.entries(e.experiment, e.variant)[0]["epochs"] for e in entries)
    for entry in entries:
        curve = curve_of(study, entry.experiment, entry.variant, COLUMN)
        draw_curve(accuracy, curve, entry.name, entry.look, band=curve.runs > 1)
        _draw_strip(strip, study, entry)
    start = min(STEEP, epochs // 5)
    low = _zoom(accuracy, entries, start)
    for cross in accuracy.lines:  # of a curve that diverged, below what is shown
        cross.set_clip_on(True)
    for line, entry in zip(curves_of(accuracy), entries, strict=True):
        if len(line.get_ydata()) and np.asarray(line.get_ydata(), float)[-1] > low:
            label_end(accuracy, line, entry.name)
        else:
            lost = study.diverged(entry.experiment, entry.variant).notna().all()
            _say_below(accuracy, line, entry, lost)
    for entry in entries:
        if (
            entry.experiment == EXPERIMENT
        ):  # the constant rates have theirs in a figure of their own
            draw_original(accuracy, study, (EXPERIMENT, entry.variant), COLUMN, entry.look)
    accuracy.set_title("a  Validation accuracy, %")
    strip.set_title("b  Fluctuation within an epoch, points")
    log_axis(strip)
    epoch_axis(strip, epochs)
    strip.set_xlim(start, epochs)
    for epoch in sorted(switch_epochs(study)):
        for axes in (accuracy, strip):
            axes.axvline(epoch, color=INK, linewidth=0.7, alpha=0.5, zorder=1)
    return figure


def compared(study: Study) -> list[Entry]:
    """Return what is drawn: constant rates of the schedules' networks, Adam, the schedules last."""
    adam = Look(COLOURS[3], "D", "dashdot")
    entries = [Entry(*place, "Adam", adam) for place in with_adam(study, EXPERIMENT)[-1:]]
    for number, place in enumerate(p for p in alike(study, EXPERIMENT) if p[0] == CONSTANT):
        look = Look(COLOURS[4 + number % 4], "None", "dashed")
        entries.append(Entry(*place, plain(study.label(*place)), look))
    for number, (variant, label) in enumerate(study.variants(EXPERIMENT)["label"].items()):
        look = Look(COLOURS[number % 3], "os^"[number % 3])
        entries.append(Entry(EXPERIMENT, str(variant), plain(label), look))
    return entries


def _zoom(axes: Axes, entries: list[Entry], start: int) -> float:
    """Limit the vertical axis to schedules and Adam after the start; return its foot."""
    lines = curves_of(axes)
    near = [
        line for entry, line in zip(entries, lines, strict=True) if entry.experiment != CONSTANT
    ]

    def after(line, begin: float) -> np.ndarray:
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        return y[(x >= begin) & np.isfinite(y)]

    low = np.concatenate([after(line, start) for line in near] + [[math.nan]])
    high = np.concatenate([after(line, start) for line in lines] + [[math.nan]])
    if not np.isfinite(low).any():
        return -math.inf
    bottom, top = np.nanquantile(low, 0.02), np.nanmax(high)
    room = 0.08 * (top - bottom) or 1
    axes.set_ylim(bottom - room, top + room)
    return float(bottom - room)


def _say_below(axes: Axes, line, entry: Entry, lost: bool) -> None:
    """Say at the foot of the axes where a curve ends that is below them."""
    values = np.asarray(line.get_ydata(), float)
    values = values[np.isfinite(values)]
    end = f"ends at {values[-1]:.1f}" if len(values) and not lost else "diverged"
    taken = sum(text.get_gid() == "below" for text in axes.texts)
    axes.annotate(
        f"{entry.name}: {end}", (0.99, 0.02 + 0.06 * taken), xycoords="axes fraction", ha="right",
        color=entry.look.colour, fontsize=7.5, gid="below",
    )  # fmt: skip


def _draw_strip(axes: Axes, study: Study, entry: Entry) -> None:
    place = (entry.experiment, entry.variant)
    epochs = study.entries(*place)[0]["epochs"]
    values = [study.fluctuation(*place, first=e, last=e).mean() for e in range(epochs)]
    axes.plot(
        np.arange(epochs) + 0.5, values, color=entry.look.colour, linestyle=entry.look.dash,
        gid=f"curve-{len(axes.lines) + 1}-fluctuation-{slug(entry.name)}",
    )  # fmt: skip


def switch_epochs(study: Study) -> set[int]:
    """Return the first epochs of the later rates, of the schedules' first runs."""
    found: set[int] = set()
    for variant in study.variants(EXPERIMENT).index:
        phases = study.phases(EXPERIMENT, str(variant))
        found |= set(phases[(phases["run"] == 1) & (phases["phase"] > 1)]["first"])
    return {int(epoch) for epoch in found}
