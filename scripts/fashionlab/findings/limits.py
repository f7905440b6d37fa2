"""Facts on what the results cannot say: from the numbers of runs and of devices."""

from fashionlab import prose
from fashionlab.findings.section import Section
from fashionlab.statistics import RUNS_FOR_INTERVAL

MANY = 10  # runs from which on an interval over runs needs no warning


class Limits(Section):
    """The limits that this study's own size sets."""

    @property
    def single(self) -> dict[str, int]:
        """Experiments with too few runs for an interval over runs, and their number."""
        return {name: n for name, n in self.f.all_runs.items() if n < RUNS_FOR_INTERVAL}

    @property
    def few(self) -> dict[str, int]:
        """Experiments whose intervals are over few runs, and their number."""
        return {name: n for name, n in self.f.all_runs.items() if RUNS_FOR_INTERVAL <= n < MANY}

    @property
    def single_sentence(self) -> str:
        """Which experiments have too few runs for an interval over runs."""
        if self.f.most_runs == 1:
            return "Every training was run once."
        parts = (f"{name} ({prose.count(n, 'run')})" for name, n in self.single.items())
        return f"Too few runs to speak of a spread: {prose.join(parts)}."

    @property
    def few_sentence(self) -> str:
        """Which experiments have few runs."""
        if not self.f.runs_differ:
            return f"Every training was run {prose.word(self.f.most_runs)} times."
        parts = (f"{name} has {prose.count(n, 'run')}" for name, n in self.few.items())
        return f"{prose.capitalise(prose.join(parts))}."

    @property
    def device_sentence(self) -> str:
        """On how many kinds of device everything ran."""
        devices = self.f.provenance.environments["Device name"]
        if not devices:
            return "It is not recorded on which device the trainings ran."
        if len(devices) == 1:
            return (
                f"All trainings ran on one kind of device ({devices[0]}). Another one rounds "
                "otherwise, and a training follows its rounding: the same seed then gives another "
                "run."
            )
        return (
            f"The trainings ran on {prose.count(len(devices), 'kind')} of devices "
            f"({prose.join(devices)}), which round differently."
        )
