"""Facts for question 2: accuracies, rankings with their ties, size and depth, the choice."""

import math
from functools import cached_property

from fashionlab import prose
from fashionlab.findings.section import ExperimentSection
from fashionlab.planning.planned import merged_depth
from fashionlab.statistics import RUNS_FOR_INTERVAL, rank_correlation

MOST_RANKED = 8  # networks up to which the rank correlation goes through all orders


class Generalisation(ExperimentSection):
    """What the networks of question 2 reached."""

    experiment = "generalisation"

    def first(self, metric: str) -> str:
        """Return the variant with the highest accuracy (the smallest gap)."""
        return self.ranked(metric)[0][0]

    def last(self, metric: str) -> str:
        """Return the variant with the lowest accuracy (the largest gap)."""
        return self.ranked(metric)[-1][0]

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Table of end results."""
        return [
            {
                "Network": v,
                "Parameters": prose.number(self.network(v)["parameters"]),
                "Depth": prose.number(self.network(v)["depth"]),
                "Training": self.outcome(v, "train").text,
                "Validation": self.outcome(v, "validation").text,
                "Test": self.outcome(v, "test").text,
                "95 % interval": prose.interval(self.outcome(v, "test").interval),
                "Gap": self.outcome(v, "gap").text,
            }
            for v in self.variants
        ]

    @property
    def caption(self) -> str:
        """Caption of the table: says what the interval is, for one run or several."""
        interval = (
            "Student's, of the mean over runs"
            if self.runs >= RUNS_FOR_INTERVAL
            else "Wilson's, of one training's share of the test images"
            if self.runs == 1
            else "given for three or more runs, or a single one"
        )
        values = "mean ± standard deviation over runs" if self.runs > 1 else "one run"
        return (
            f"Final accuracies in percent ({values}). The 95 % interval of the test accuracy is "
            f"{interval}. Gap: training minus test accuracy, in points."
        )

    @property
    def settings_text(self) -> str:
        """The settings that all variants share: "ReLU, Adam at a rate of 0.001 and 15 epochs"."""
        s = self.settings[self.variants[0]]
        return (
            f"{prose.shown(s['activation'])}, {prose.shown(s['optimizer'])} at a rate of "
            f"{s['learning_rate']} and {prose.count(s['epochs'], 'epoch')} a training"
        )

    @property
    def same_order(self) -> bool:
        """Whether test and validation images rank all networks alike."""
        test, validation = ([v for v, _ in self.ranked(m)] for m in ("test", "validation"))
        return test == validation

    @property
    def widening(self) -> str:
        """One sentence on how the widest gap between the two curves grew over the training."""
        gaps = {v: (self._curve_gap(v, 0), self._curve_gap(v, -1)) for v in self.ended}
        gaps = {v: pair for v, pair in gaps.items() if all(map(prose.exists, pair))}
        if not gaps:
            return ""
        name = max(gaps, key=lambda v: gaps[v][1])
        first, last = (prose.signed(gap) for gap in gaps[name])
        return (
            f"The widest distance between the two curves at the end is that of {name}: training "
            f"minus validation accuracy went from {first} points in its first epoch to {last} in "
            "its last."
        )

    def _curve_gap(self, variant: str, epoch: int) -> float:
        train, validation = (
            self.in_epoch(variant, f"{part}_accuracy", epoch).mean
            for part in ("train", "validation")
        )
        return train - validation

    # Size, depth and structure.

    def correlation(self, size: str, metric: str = "test") -> float | None:
        """Return Spearman's rank correlation of a size with an outcome.

        "effective depth" counts linear layers in a row as the one that they are.
        """
        if not 3 <= len(self.ended) <= MOST_RANKED:
            return None
        networks = map(self.network, self.ended)
        effective = size == "effective depth"
        sizes = [merged_depth(n["layers"]) if effective else n[size] for n in networks]
        rho, _ = rank_correlation(sizes, [self.outcome(v, metric).mean for v in self.ended])
        return rho if math.isfinite(rho) else None

    @property
    def pictured(self) -> list[str]:
        """Networks of which a figure shows the first-layer weights."""
        return [name for name in self.networks if self.f.has_figure(f"weights_{name}")]

    @property
    def linear_chains(self) -> dict[str, dict]:
        """Variants with two linear layers in a row, with what they amount to."""
        chains = self.f.networks.linear_chains
        named = {v: self.settings[v]["network"] for v in self.ended}
        return {v: chains[name] for v, name in named.items() if name in chains}

    def extreme(self, size: str, largest: bool) -> str:
        """Return the variant with the most or fewest "parameters", or the greatest "depth"."""
        return (max if largest else min)(self.ended, key=lambda v: self.network(v)[size])

    def rank(self, variant: str) -> int:
        """Return the place of a variant by test accuracy, from 1."""
        return [name for name, _ in self.ranked()].index(variant) + 1

    # The choice: on the validation set, so that the test set stays a test.

    @property
    def chosen(self) -> str:
        """The smallest of the networks that tie for the best validation accuracy."""
        return min(self.leaders("validation"), key=lambda v: self.network(v)["parameters"])
