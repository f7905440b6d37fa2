"""Facts on cost: time and memory of every training, and what the study took in all."""

from functools import cached_property

import pandas as pd

from fashionlab import prose
from fashionlab.findings.section import Section


class Costs(Section):
    """What the trainings took, from the files that lie beside their results."""

    @cached_property
    def known(self) -> pd.DataFrame:
        """Rows whose duration is recorded."""
        table = self.f.tables["costs"]
        return table[table.seconds.notna()]

    @property
    def total(self) -> float:
        """Seconds of all recorded trainings, one after another."""
        return float(self.known.seconds.sum())

    @property
    def validation_share(self) -> float:
        """Share (percent) of the time that validation took."""
        return _validation_share(self.known)

    @property
    def peak_memory(self) -> float:
        """The largest memory (MB) that a training took."""
        return float(self.known.peak_memory_mb.max())

    @property
    def missing(self) -> int:
        """Number of trainings whose cost is not recorded."""
        return len(self.f.tables["costs"]) - len(self.known)

    @property
    def longest(self) -> pd.Series:
        """The row of the longest training."""
        return self.known.iloc[int(self.known.seconds.argmax())]

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Table: a row a variant, means over its runs; with the device where there are several."""
        rows = [self._row(name, v) for name in self.f.experiments for v in self.f.variants(name)]
        if len({row["Device"] for row in rows}) > 1:
            return rows
        return [{name: row[name] for name in row if name != "Device"} for row in rows]

    def _row(self, experiment: str, variant: str) -> dict[str, str]:
        rows = self._of(experiment, variant)
        seconds, epochs = rows.seconds.mean(), self.f.setting(experiment, variant)["epochs"]
        return {
            "Experiment": experiment,
            "Variant": variant,
            "Runs": prose.number(len(rows)),
            "Time of a run": prose.duration(seconds),
            "Time of an epoch": prose.duration(seconds / epochs),
            "Validation": prose.percent(_validation_share(rows), 0),
            "Memory, MB": prose.number(rows.peak_memory_mb.max()),
            "Device": ", ".join(sorted(rows.device_name.dropna().unique())) or prose.DASH,
        }

    @property
    def experiment_rows(self) -> list[dict[str, str]]:
        """Table: a row an experiment, and a row of totals."""
        known = self.known
        grouped = [(name, known[known.experiment == name]) for name in self.f.experiments]
        return [
            {
                "Experiment": name,
                "Trainings": prose.number(len(rows)),
                "Epochs": prose.number(sum(map(self._epochs, rows.experiment, rows.variant))),
                "Time": prose.duration(rows.seconds.sum()),
            }
            for name, rows in [*grouped, ("all", known)]
        ]

    def seconds_of(self, experiment: str, variant: str) -> float:
        """Return the mean duration of a variant's runs; NaN if unknown."""
        return float(self._of(experiment, variant).seconds.mean())

    def _epochs(self, experiment: str, variant: str) -> int:
        return self.f.setting(experiment, variant)["epochs"]

    def _of(self, experiment: str, variant: str) -> pd.DataFrame:
        rows = self.f.rows("costs", experiment, variant)
        return rows[rows.seconds.notna()]


def _validation_share(rows: pd.DataFrame) -> float:
    known = rows.dropna(subset=["validation_seconds"])
    return 100 * prose.ratio(known.validation_seconds.sum(), known.seconds.sum())
