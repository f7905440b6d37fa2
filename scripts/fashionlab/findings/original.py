"""The original report's own numbers, for the errata."""

from typing import Any

from fashionlab import prose
from fashionlab.chapters import ROOT
from fashionlab.findings.finished import Finished
from fashionlab.findings.section import Section
from fashionlab.storage.reading import read_json


class Original(Section):
    """The published results of the original report."""

    def __init__(self, f: Finished):
        super().__init__(f)
        self.data = read_json(ROOT / "report" / "original" / "original_results.json")

    def published(self, *keys: str) -> float:
        """Return the last number of one of the original's curves, or a single number."""
        value: Any = self.data
        for key in keys:
            value = value[key]
        return value[-1] if isinstance(value, list) else value

    def series(self, *keys: str, digits: int = 1) -> str:
        """Return one number for each network: "90.3 (mlp1), 89.3 (mlp2), ..."."""
        block, *path = keys
        return prose.join(
            f"{prose.number(self.published(block, name, *path), digits)} ({name})"
            for name in self.data[block]
        )

    def gradient_series(self, activation: str, names: list[str]) -> str:
        """Return the original's last median gradients of some networks."""
        path = (activation, "gradient_magnitude_median")
        medians = [self.published("activations", name, *path) for name in names]
        pairs = zip(medians, names, strict=True)
        return prose.join(f"{prose.magnitude(median, 2)} ({name})" for median, name in pairs)

    def order(self, *path: str) -> str:
        """Return the original's networks by a number, highest first: "cnn4, cnn5, cnn3, ..."."""
        names = list(self.data["generalisation"])
        return ", ".join(sorted(names, key=lambda n: -self.published("generalisation", n, *path)))

    def spread_change(self, schedule: str, epoch: int) -> tuple[float, float]:
        """Return the spread of validation accuracy in the epochs before and after a switch."""
        spread = self.data["schedules"][schedule]["validation_accuracy_sd"]
        return spread[epoch - 1], spread[epoch]
