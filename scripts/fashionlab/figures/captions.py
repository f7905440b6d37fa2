"""Sentences that several captions share: who is first, how lines and bands are to be read."""

from collections.abc import Collection, Iterable, Sequence

from fashionlab import prose
from fashionlab.figures.data import FigureData
from fashionlab.outcomes import Outcome, tie_rule, ties_with_first


def first_and_last(
    named: Sequence[tuple[str, Outcome]], margin: float, what: str = "test accuracy"
) -> str:
    """Return who has the highest value and by how much, who ties with it, and who is last.

    ``margin``: percentage points that fewer than three runs must differ by (see ``tied``).
    """
    ended = [pair for pair in named if pair[1].values]
    if not ended:
        return f"No run ended, so there is no {what}."
    ranked = sorted(ended, key=lambda pair: -pair[1].mean)
    leaders = ties_with_first(ranked, margin)
    name, best = ranked[0]
    if len(leaders) > 1:
        rule = tie_rule(min(len(value.values) for _, value in ranked), margin)
        values = prose.join(f"{n} ({v.percent})" for n, v in ranked if n in leaders)
        text = f"{values} share the highest {what}: {rule} do not count"
    elif len(ranked) > 1:
        ahead = prose.points(best.mean - ranked[1][1].mean)
        text = f"{name} has the highest {what} ({best.percent}), {ahead} above {ranked[1][0]}"
    else:
        return f"{name} reaches a {what} of {best.percent}."
    last, lowest = ranked[-1]
    if last in leaders or len(ranked) == 2:
        return f"{text}."
    return f"{text}; {last} has the lowest ({lowest.percent})."


def ending(
    data: FigureData, experiment: str, lines: str = "means", also: str = "",
    beside: Collection[str] = (), bars: bool = False,
) -> str:  # fmt: skip
    """Return the end of a caption: what diverged, and how lines and bars are to be read.

    ``lines``: what they are of runs or steps, "" if there are none; ``also``: a sentence on them;
    ``beside``: the variants whose curves the original's may be beside.
    """
    text = _divergences(data, experiment)
    text += f"{_reading(data, experiment, lines)}{also}" if lines else ""
    if any(data.original(experiment, variant, "loss") is not None for variant in beside):
        each = " each" if len(beside) > 1 else ""
        text += f" Thin grey: the original's epoch {lines}, one run{each}."
    return text + (_intervals(data, experiment) if bars else "")


def values(named: Iterable[tuple[str, Outcome]], digits: int = 1) -> str:
    """Return "a 88.1 %, b diverged" for alternative texts."""
    return ", ".join(
        f"{name} {prose.percent(value.mean, digits) if value.values else 'diverged'}"
        for name, value in named
    )


def _divergences(data: FigureData, experiment: str) -> str:
    """Return a sentence on the runs that diverged, or nothing."""
    table = data.trainings
    lost = table[(table["experiment"] == experiment) & table["diverged_step"].notna()]
    if lost.empty:
        return ""
    several = int(table["run"].max()) > 1
    rows = lost[["variant", "run", "diverged_step"]].itertuples(index=False)
    entries = [
        f"{variant}{f' (run {run})' if several else ''} at step {step:,.0f}"
        for variant, run, step in rows
    ]
    return f" Diverged, where the line ends: {prose.join(entries)}."


def _reading(data: FigureData, experiment: str, average: str) -> str:
    """Return what the lines and the bands of an experiment's curves are."""
    runs, steps = (
        data.plan["experiments"][experiment]["runs"],
        data.plan["figures"]["smoothing_steps"],
    )
    if runs > 1:
        over = f"{average} over {prose.count(runs, 'run')}"
        return f" Lines: {over}, smoothed over {steps} steps; bands: from lowest to highest run."
    share = f"80{prose.NBSP}%"
    return f" Lines: {average} over {steps} steps of one run; bands: middle {share} of the records."


def _intervals(data: FigureData, experiment: str) -> str:
    """Return what the bars around final accuracies are."""
    runs = data.plan["experiments"][experiment]["runs"]
    share = f"95{prose.NBSP}% intervals"
    if runs >= 3:
        return f" Bars: {share} of the mean over {prose.count(runs, 'run')}; small dots: the runs."
    if runs == 2:
        return " Bars: from the lower to the higher of two runs."
    return f" Bars: {share} (Wilson) for {data.test_images:,} test images and this one run."
