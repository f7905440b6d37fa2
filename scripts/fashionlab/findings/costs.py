"""Facts on cost: time and memory of every training, and what the study took in all."""

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from fashionlab import prose

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts


class Costs:
    """What the trainings took, from the files that lie beside their results."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f
        self.table = f.tables["costs"]

    @property
    def known(self) -> pd.DataFrame:
        """Rows whose duration is recorded."""
        return self.table[self.table.seconds.notna()]

    @property
    def total(self) -> float:
        """Seconds of all recorded trainings, one after another."""
        return float(self.known.seconds.sum())

    @property
    def validation_share(self) -> float:
        """Share (percent) of the time that validation took."""
        recorded = self.known.dropna(subset=["validation_seconds"])
        seconds = recorded.seconds.sum()
        return float(100 * recorded.validation_seconds.sum() / seconds) if seconds else float("nan")

    @property
    def peak_memory(self) -> float:
        """The largest memory (MB) that a training took."""
        return float(self.known.peak_memory_mb.max())

    @property
    def missing(self) -> int:
        """Number of trainings whose cost is not recorded."""
        return len(self.table) - len(self.known)

    @property
    def longest(self) -> dict | None:
        """The row of the longest training, or None."""
        rows = self.known.sort_values("seconds", ascending=False, kind="stable").to_dict("records")
        return rows[0] if rows else None

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Table: a row a variant, means over its runs; with the device where there are several."""
        rows = [
            self._row(experiment, variant)
            for experiment in self._f.experiments
            for variant in self._f.variants(experiment)
        ]
        if len({row["Device"] for row in rows}) > 1:
            return rows
        return [{name: row[name] for name in row if name != "Device"} for row in rows]

    def _row(self, experiment: str, variant: str) -> dict[str, str]:
        table = self.known
        rows = table[(table.experiment == experiment) & (table.variant == variant)]
        setting = self._f.setting(experiment, variant)
        seconds = rows.seconds.mean()
        return {
            "Experiment": experiment,
            "Variant": variant,
            "Runs": prose.number(len(rows)),
            "Time of a run": prose.duration(seconds),
            "Time of an epoch": prose.duration(seconds / setting["epochs"]),
            "Validation": prose.percent(100 * rows.validation_seconds.sum() / rows.seconds.sum(), 0)
            if len(rows)
            else prose.DASH,
            "Memory, MB": prose.number(rows.peak_memory_mb.max()),
            "Device": ", ".join(sorted(rows.device_name.dropna().unique())) or prose.DASH,
        }

    @property
    def experiment_rows(self) -> list[dict[str, str]]:
        """Table: a row an experiment, and a row of totals."""
        grouped = [
            (name, self.known[self.known.experiment == name]) for name in self._f.experiments
        ]
        return [
            {
                "Experiment": name,
                "Trainings": prose.number(len(rows)),
                "Epochs": prose.number(
                    sum(
                        self._f.setting(row["experiment"], row["variant"])["epochs"]
                        for row in rows.to_dict("records")
                    )
                ),
                "Time": prose.duration(rows.seconds.sum()),
            }
            for name, rows in [*grouped, ("all", self.known)]
        ]

    def seconds_of(self, experiment: str, variant: str) -> float:
        """Return the mean duration of a variant's runs; NaN if unknown."""
        table = self.known
        rows = table[(table.experiment == experiment) & (table.variant == variant)]
        return float(rows.seconds.mean())
