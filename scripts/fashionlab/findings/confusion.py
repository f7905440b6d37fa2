"""Facts on classes: which are hard, and what they are taken for."""

from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from fashionlab import prose

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

EXPERIMENT = "generalisation"


class Confusions:
    """The predictions of question 2 on the test images, class by class."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f
        table = f.tables["predictions"]
        self.table = table[table.experiment == EXPERIMENT]

    @cached_property
    def recalls(self) -> pd.DataFrame:
        """Share (percent) of each class's test images that is recognised: classes x variants."""
        hits = 100.0 * (self.table.label == self.table.predicted)
        return hits.groupby([self.table.label, self.table.variant]).mean().unstack("variant")

    @property
    def hardest_sentence(self) -> str:
        """One sentence on the hardest class, which may or may not be the same for all."""
        hardest = {
            v: self._f.classes[self.recalls[v].idxmin()] for v in self._f.generalisation.ended
        }
        worst = [self.recalls[v].min() for v in hardest]
        low, high = prose.number(min(worst), 1), prose.percent(max(worst), 1)
        if len(hardest) == 1:
            return f"The hardest class is {next(iter(hardest.values()))}: {high} are recognised."
        if len(set(hardest.values())) == 1:
            return (
                f"The hardest class of every network is {next(iter(hardest.values()))}, of whose "
                "test "
                f"images between {low} and {high} are recognised."
            )
        groups = {c: [v for v, own in hardest.items() if own == c] for c in hardest.values()}
        named = prose.join(f"{c} for {prose.join(names)}" for c, names in groups.items())
        return (
            f"The hardest class is not the same for all: {named}. Between {low} and {high} of its "
            "test "
            "images are recognised."
        )

    def pairs(self, variant: str, most: int = 3) -> list[tuple[str, str, float]]:
        """Return the most frequent confusions: true class, taken for, images (mean over runs)."""
        own = self.table[self.table.variant == variant]
        wrong = own[own.label != own.predicted]
        counts = wrong.groupby(["label", "predicted"]).size()
        counts = counts.sort_values(ascending=False, kind="stable").head(most)
        names, runs = self._f.classes, own.run.nunique()
        indices = counts.index.to_frame().itertuples(index=False)
        return [(names[a], names[b], n / runs) for (a, b), n in zip(indices, counts, strict=True)]

    def pairs_text(self, variant: str) -> str:
        """The most frequent confusions in words."""
        return prose.join(
            f"{a} taken for {b} ({prose.number(n)} images)" for a, b, n in self.pairs(variant)
        )
