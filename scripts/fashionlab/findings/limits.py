"""Facts on what the results cannot say: from the numbers of runs and of devices."""

from typing import TYPE_CHECKING

from fashionlab import prose
from fashionlab.judgement.statistics import RUNS_FOR_INTERVAL

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

MANY = 10  # runs from which on an interval over runs needs no warning


class Limits:
    """The limits that this study's own size sets."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f
        runs = {name: f.runs(name) for name in f.experiments}
        self.single = [name for name, n in runs.items() if n < RUNS_FOR_INTERVAL]
        self.few = [name for name, n in runs.items() if RUNS_FOR_INTERVAL <= n < MANY]
        self._runs = runs

    @property
    def single_sentence(self) -> str:
        """Which experiments have too few runs for an interval over runs."""
        if len(self.single) == len(self._runs) and set(self._runs.values()) == {1}:
            return "Every training was run once."
        parts = prose.join(
            f"{name} ({prose.count(self._runs[name], 'run')})" for name in self.single
        )
        return f"Too few runs to speak of a spread: {parts}."

    @property
    def few_sentence(self) -> str:
        """Which experiments have few runs."""
        if len(set(self._runs.values())) == 1:
            return f"Every training was run {prose.word(self._runs[self.few[0]])} times."
        parts = prose.join(
            f"{name} has {prose.count(self._runs[name], 'run')}" for name in self.few
        )
        return f"{prose.capitalise(parts)}."

    @property
    def device_sentence(self) -> str:
        """On how many kinds of device everything ran."""
        devices = self._f.provenance.environments["Device name"]
        if not devices:
            return "It is not recorded on which device the trainings ran."
        if len(devices) == 1:
            return (
                f"All trainings ran on one kind of device ({devices[0]}). Another one rounds "
                "otherwise, "
                "and a training follows its rounding: the same seed then gives another run."
            )
        return (
            f"The trainings ran on {prose.count(len(devices), 'kind')} of devices "
            f"({prose.join(devices)}), which round differently."
        )
