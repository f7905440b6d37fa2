"""What the sections of facts share: the study, an experiment's variants, and their ranking."""

from functools import cached_property

from fashionlab import prose
from fashionlab.findings.finished import Finished
from fashionlab.outcomes import Outcome, tie_sentence, ties_with_first


class Section:
    """Facts for a section of the report; `f` are those of the whole study."""

    def __init__(self, f: Finished):
        self.f = f


class ExperimentSection(Section):
    """Facts on the variants of one experiment; one that the study lacks has no variants.

    Variants are ranked by a metric of `Finished.outcome`; the section's own unless told otherwise.
    """

    experiment: str
    metric = "test"

    def __init__(self, f: Finished):
        super().__init__(f)
        self.variants = f.variants(self.experiment)
        self.settings = {v: f.setting(self.experiment, v) for v in self.variants}
        self.runs = f.runs(self.experiment)

    @property
    def networks(self) -> list[str]:
        """Names of the networks that were trained."""
        return list(dict.fromkeys(s["network"] for s in self.settings.values()))

    def network(self, variant: str) -> dict:
        """Return the plan's description of a variant's network."""
        return self.f.plan["networks"][self.settings[variant]["network"]]

    def label(self, variant: str) -> str:
        """Return what a variant is called in sentences and tables."""
        return variant

    def outcome(self, variant: str, metric: str) -> Outcome:
        """Return a result over the runs of a variant."""
        return self.f.outcome(self.experiment, variant, metric)

    def in_epoch(
        self, variant: str, column: str = "validation_accuracy", epoch: int = -1
    ) -> Outcome:
        """Return the mean of one epoch's records (-1: the last epoch), a value a run."""
        return self.f.in_epoch(self.experiment, variant, column, epoch)

    @cached_property
    def ended(self) -> list[str]:
        """Variants of which at least one run ended."""
        return [v for v in self.variants if self.outcome(v, self.metric).values]

    @cached_property
    def lost(self) -> list[str]:
        """Variants of which every run diverged."""
        return [v for v in self.variants if v not in self.ended]

    def ranked(
        self, metric: str | None = None, names: list[str] | None = None
    ) -> list[tuple[str, Outcome]]:
        """Return variants and outcomes, highest first (smallest gap first)."""
        names = self.ended if names is None else names
        pairs = [(v, self.outcome(v, metric or self.metric)) for v in names]
        return sorted(pairs, key=lambda pair: pair[1].mean, reverse=metric != "gap")

    def order(self, metric: str | None = None, names: list[str] | None = None) -> str:
        """Return the ranking as a sentence's middle."""
        unit = " points" if metric == "gap" else f"{prose.NBSP}%"
        ranked = self.ranked(metric, names)
        return prose.order([(self.label(v), prose.number(o.mean, 2) + unit) for v, o in ranked])

    def leaders(self, metric: str | None = None) -> list[str]:
        """Return the variants that cannot be told apart from the first."""
        return ties_with_first(self.ranked(metric), self.f.margin) if self.ended else []

    def ties(self, metric: str | None = None, rule: bool = True) -> str:
        """Return a sentence on who shares the first place, and by which rule unless it was said."""
        reason = self.f.tie_rule(self.experiment) if rule else ""
        return tie_sentence([self.label(v) for v in self.leaders(metric)], reason)
