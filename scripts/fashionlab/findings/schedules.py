"""Facts for question 4, second part: what a schedule changes at its switches, and against Adam."""

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fashionlab import prose
from fashionlab.findings.learning_rates import VALIDATION
from fashionlab.judgement.curves import mean_unrest
from fashionlab.judgement.outcomes import Outcome, tied

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

EXPERIMENT = "schedules"
RECORDED = ("loss", "train_accuracy", "validation_accuracy")


class Schedules:
    """The scheduled trainings, phase by phase."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f
        self.runs = f.runs(EXPERIMENT)
        self.settings = {v: f.setting(EXPERIMENT, v) for v in f.variants(EXPERIMENT)}
        named = [v for v, s in self.settings.items() if s["learning_rate"] in f.plan["schedules"]]
        self.variants = sorted(named, key=lambda v: len(self.stages(v)))

    def stages(self, variant: str) -> list[dict]:
        """Return the phases: rate, first and last epoch. An `auto` switch is the one found."""
        name = self.settings[variant]["learning_rate"]
        stages, start, found = self._f.plan["schedules"][name], 0, self._found(name)
        phases = []
        for k, stage in enumerate(stages):
            until = found[k] if stage["until"] == "auto" and k < len(found) else stage["until"]
            epochs = self.settings[variant]["epochs"]
            end = until if isinstance(until, int) else epochs
            phases.append({"rate": stage["rate"], "first": start, "last": min(end, epochs) - 1})
            start = end
        return [phase for phase in phases if phase["first"] <= phase["last"]]

    def _found(self, name: str) -> list[int | None]:
        return [switch["found"] for switch in self._f.claims.get("plateaus", {}).get(name, [])]

    def label(self, variant: str) -> str:
        """Return a schedule in words: "0.1, from epoch 7 on 0.01"."""
        first, *rest = self.stages(variant)
        return prose.setting(first["rate"]) + "".join(
            f", from epoch {phase['first']} on {prose.setting(phase['rate'])}" for phase in rest
        )

    def accuracy(self, variant: str, epoch: int = -1) -> Outcome:
        """Return the validation accuracy, as the mean of one epoch's records."""
        return self._f.in_epoch(EXPERIMENT, variant, "validation_accuracy", epoch)

    def unrest(self, variant: str, phase: dict) -> float:
        """Return the unrest of the validation accuracy over a phase's last epochs."""
        curves = self._f.curves(EXPERIMENT, variant, VALIDATION)
        return mean_unrest(curves, phase["last"], phase["first"])

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Table of the phases of every schedule."""
        return [
            {
                "Schedule": variant,
                "Epochs": f"{phase['first']} to {phase['last']}",
                "Rate": prose.setting(phase["rate"]),
                "Validation, its last epoch": self.accuracy(variant, phase["last"]).text,
                "Unrest": prose.number(self.unrest(variant, phase), 2),
                "Loss": self._f.in_epoch(EXPERIMENT, variant, "loss", phase["last"]).text,
            }
            for variant in self.variants
            for phase in self.stages(variant)
        ]

    def switches(self, variant: str) -> list[dict]:
        """Return what changed at each switch: rates, gain in points, and ratio of unrests."""
        phases = self.stages(variant)
        return [
            {
                "epoch": after["first"],
                "from": before["rate"],
                "to": after["rate"],
                "gain": self.accuracy(variant, after["first"]).mean
                - self.accuracy(variant, before["last"]).mean,
                "unrest": prose.ratio(self.unrest(variant, after), self.unrest(variant, before)),
            }
            for before, after in pairwise(phases)
        ]

    def switch_sentence(self, variant: str) -> str:
        """One sentence on every switch of a schedule."""
        parts = []
        for switch in self.switches(variant):
            if not prose.exists(switch["gain"]):
                continue
            rises = "rises" if switch["gain"] > 0 else "falls"
            words = ("rises", "falls", "hardly changes", "cannot be compared")
            old, new = prose.setting(switch["from"]), prose.setting(switch["to"])
            parts.append(
                f"at epoch {switch['epoch']} ({old} to {new}) the "
                f"validation accuracy {rises} by {prose.points(switch['gain'])} within an epoch "
                f"and its unrest {prose.by_factor(switch['unrest'], *words)}"
            )
        return f"With {variant}, {'; '.join(parts)}." if parts else ""

    # Against the constant rates.

    def shared_records(self, variant: str) -> tuple[int, int] | None:
        """Return how many records before the first switch equal the twin's, and of how many."""
        twin = self._f.constant_twin(variant)
        if twin is None or not (phases := self.stages(variant)):
            return None
        key = ["run", "epoch", "step"]
        tables = [self._f.records(EXPERIMENT, variant), self._f.records("learning_rates", twin)]
        a, b = (t[t.epoch <= phases[0]["last"]].set_index(key)[list(RECORDED)] for t in tables)
        both = a.index.intersection(b.index)
        same = np.isclose(a.loc[both], b.loc[both], rtol=0, atol=0, equal_nan=True).all(axis=1)
        return int(same.sum()), len(both)

    @property
    def checks(self) -> str:
        """Sentences on the check that a schedule begins as its constant rate does."""
        shared = [(v, pair) for v in self.variants if (pair := self.shared_records(v)) and pair[1]]
        if not shared:
            return ""
        parts = prose.join(
            f"{prose.number(same)} of {prose.number(total)} records of {v}"
            for v, (same, total) in shared
        )
        end = "as it must be" if all(a == b for _, (a, b) in shared) else "which needs explaining"
        return f"Equal to those of the constant rate are {parts}, {end}."

    @property
    def against_constant(self) -> str:
        """A sentence for each schedule: its end beside that of the rate it began with."""
        return " ".join(filter(None, map(self._against_constant, self.variants)))

    def _against_constant(self, variant: str) -> str:
        twin = self._f.constant_twin(variant)
        if twin is None:
            return ""
        last = min(self._f.rates.settings[twin]["epochs"], self.settings[variant]["epochs"]) - 1
        ours = self.accuracy(variant, last)
        theirs = self._f.in_epoch("learning_rates", twin, "validation_accuracy", last)
        if not ours.values or not theirs.values:
            return ""
        relation = prose.compared(ours.mean - theirs.mean, tied(ours, theirs, self._f.margin))
        return (
            f"After {prose.count(last + 1, 'epoch')}, {variant} has a validation accuracy of "
            f"{ours.percent}, {relation} the {theirs.percent} of the constant rate "
            f"{self._f.rates.settings[twin]['learning_rate']}."
        )

    @property
    def description(self) -> str:
        """What each schedule is: "two_rates has 0.1, from epoch 7 on 0.01 (30 epochs)"."""
        parts = [f"{v} has {self.label(v)}" for v in self.variants]
        epochs = sorted({self.settings[v]["epochs"] for v in self.variants})
        length = f"{prose.join(epochs, 'or')} {prose.plural(epochs[-1], 'epoch')}"
        return f"Here, {'; '.join(parts)}; {length} in all."
