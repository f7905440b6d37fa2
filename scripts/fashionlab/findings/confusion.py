"""Facts on classes: which are hard, and what they are taken for."""

from functools import cached_property

import pandas as pd

from fashionlab import prose
from fashionlab.findings.section import ExperimentSection

MOST_PAIRS = 3  # confusions that a sentence names


class Confusion(ExperimentSection):
    """The predictions of question 2 on the test images, class by class."""

    experiment = "generalisation"

    @cached_property
    def recalls(self) -> pd.DataFrame:
        """Share (percent) of each class's test images that is recognised: classes x variants."""
        table = self.f.tables["predictions"]
        table = table[table.experiment == self.experiment]
        hits = 100.0 * (table.label == table.predicted)
        return hits.groupby([table.label, table.variant]).mean().unstack("variant")

    @property
    def hardest_sentence(self) -> str:
        """One sentence on the hardest class, which may or may not be the same for all."""
        hardest: dict[str, list[str]] = {}  # and the variants that it is hardest for
        labels = self.recalls.idxmin().to_dict()
        for v in self.ended:
            hardest.setdefault(self.f.classes[labels[v]], []).append(v)
        worst = [self.recalls[v].min() for v in self.ended]
        low, high = prose.number(min(worst), 1), prose.percent(max(worst), 1)
        first = next(iter(hardest))
        if len(self.ended) == 1:
            return f"The hardest class is {first}: {high} are recognised."
        if len(hardest) == 1:
            return (
                f"The hardest class of every network is {first}, of whose test images between "
                f"{low} and {high} are recognised."
            )
        named = prose.join(f"{name} for {prose.join(of)}" for name, of in hardest.items())
        return (
            f"The hardest class is not the same for all: {named}. Between {low} and {high} of its "
            "test images are recognised."
        )

    def pairs_text(self, variant: str) -> str:
        """The most frequent confusions in words: true class, taken for, images (mean over runs)."""
        own = self.f.rows("predictions", self.experiment, variant)
        counts = own[own.label != own.predicted].groupby(["label", "predicted"]).size()
        most = counts.sort_values(ascending=False, kind="stable").head(MOST_PAIRS)
        names, runs = self.f.classes, own.run.nunique()
        return prose.join(
            f"{names[row['label']]} taken for {names[row['predicted']]} "
            f"({prose.number(row['images'] / runs)} images)"
            for row in most.reset_index(name="images").to_dict("records")
        )
