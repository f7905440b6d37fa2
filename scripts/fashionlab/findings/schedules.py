"""Facts for question 4, second part: what a schedule changes, and where a rule would switch."""

from functools import cached_property
from itertools import pairwise

import numpy as np

from fashionlab import prose
from fashionlab.findings.finished import Finished
from fashionlab.findings.section import ExperimentSection
from fashionlab.measures import mean_unrest
from fashionlab.outcomes import tied

RECORDED = ["loss", "train_accuracy", "validation_accuracy"]


class Schedules(ExperimentSection):
    """The scheduled trainings, phase by phase."""

    experiment = "schedules"

    def __init__(self, f: Finished):
        super().__init__(f)
        # The switches that the plateau rule found beside the configured ones, by schedule.
        self.plateaus: dict[str, list[dict]] = f.claims["plateaus"]
        rates = {v: s["learning_rate"] for v, s in self.settings.items()}
        named = [v for v in self.variants if rates[v] in f.plan["schedules"]]
        self.variants = sorted(named, key=lambda v: len(self.stages(v)))

    def stages(self, variant: str) -> list[dict]:
        """Return the phases: rate, first and last epoch. An `auto` switch is the one found."""
        name, epochs = (self.settings[variant][key] for key in ("learning_rate", "epochs"))
        found = [switch["found"] for switch in self.plateaus.get(name, [])]
        phases, start = [], 0
        for k, stage in enumerate(self.f.plan["schedules"][name]):
            until = found[k] if stage["until"] == "auto" and k < len(found) else stage["until"]
            end = until if isinstance(until, int) else epochs
            phases.append({"rate": stage["rate"], "first": start, "last": min(end, epochs) - 1})
            start = end
        return [phase for phase in phases if phase["first"] <= phase["last"]]

    def unrest(self, variant: str, phase: dict) -> float:
        """Return the unrest of the validation accuracy over a phase's last epochs."""
        curves = self.f.curves(self.experiment, variant, "validation_accuracy")
        return mean_unrest(curves, phase["last"], phase["first"])

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Table of the phases of every schedule."""
        return [
            {
                "Schedule": variant,
                "Epochs": f"{phase['first']} to {phase['last']}",
                "Rate": prose.setting(phase["rate"]),
                "Validation, its last epoch": self.in_epoch(variant, epoch=phase["last"]).text,
                "Unrest": prose.number(self.unrest(variant, phase), 2),
                "Loss": self.in_epoch(variant, "loss", phase["last"]).text,
            }
            for variant in self.variants
            for phase in self.stages(variant)
        ]

    def switch_sentence(self, variant: str) -> str:
        """One sentence on every switch of a schedule: gain within an epoch, ratio of unrests."""
        parts = []
        for old, new in pairwise(self.stages(variant)):
            before = self.in_epoch(variant, epoch=old["last"]).mean
            gain = self.in_epoch(variant, epoch=new["first"]).mean - before
            if not prose.exists(gain):
                continue
            unrest = prose.ratio(self.unrest(variant, new), self.unrest(variant, old))
            words = ("rises", "falls", "hardly changes", "cannot be compared")
            parts.append(
                f"at epoch {new['first']} "
                f"({prose.setting(old['rate'])} to {prose.setting(new['rate'])}) the "
                f"validation accuracy {'rises' if gain > 0 else 'falls'} by {prose.points(gain)} "
                f"within an epoch and its unrest {prose.by_factor(unrest, *words)}"
            )
        return f"With {variant}, {'; '.join(parts)}." if parts else ""

    # Against the constant rates.

    def shared_records(self, variant: str) -> tuple[int, int]:
        """Return how many records before the first switch equal the twin's, and of how many."""
        twin = self.f.constant_twin(variant)
        if twin is None:
            return 0, 0
        last = self.stages(variant)[0]["last"]
        tables = [self.f.records(self.experiment, variant), self.f.records("learning_rates", twin)]
        a, b = (t[t.epoch <= last].set_index(["run", "epoch", "step"])[RECORDED] for t in tables)
        both = a.index.intersection(b.index)
        same = np.isclose(a.loc[both], b.loc[both], rtol=0, atol=0, equal_nan=True).all(axis=1)
        return int(same.sum()), len(both)

    @property
    def checks(self) -> str:
        """Sentences on the check that a schedule begins as its constant rate does."""
        shared = [(v, *self.shared_records(v)) for v in self.variants]
        shared = [(v, same, total) for v, same, total in shared if total]
        if not shared:
            return ""
        parts = prose.join(
            f"{prose.number(same)} of {prose.number(total)} records of {v}"
            for v, same, total in shared
        )
        expected = all(same == total for _, same, total in shared)
        end = "as it must be" if expected else "which needs explaining"
        return f"Equal to those of the constant rate are {parts}, {end}."

    @property
    def against_constant(self) -> str:
        """A sentence for each schedule: its end beside that of the rate it began with."""
        return " ".join(filter(None, map(self._against_constant, self.variants)))

    def _against_constant(self, variant: str) -> str:
        twin = self.f.constant_twin(variant)
        if twin is None:
            return ""
        constant = self.f.rates.settings[twin]
        epochs = min(constant["epochs"], self.settings[variant]["epochs"])
        ours = self.in_epoch(variant, epoch=epochs - 1)
        theirs = self.f.rates.in_epoch(twin, epoch=epochs - 1)
        if not ours.values or not theirs.values:
            return ""
        relation = prose.compared(ours.mean - theirs.mean, tied(ours, theirs, self.f.margin))
        return (
            f"After {prose.count(epochs, 'epoch')}, {variant} has a validation accuracy of "
            f"{ours.percent}, {relation} the {theirs.percent} of the constant rate "
            f"{constant['learning_rate']}."
        )

    @property
    def description(self) -> str:
        """What each schedule is: "Here, two_rates has 0.1, from epoch 7 on 0.01; 30 epochs"."""
        parts = []
        for v in self.variants:
            first, *rest = self.stages(v)
            later = (f", from epoch {p['first']} on {prose.setting(p['rate'])}" for p in rest)
            parts.append(f"{v} has {prose.setting(first['rate'])}{''.join(later)}")
        epochs = sorted({self.settings[v]["epochs"] for v in self.variants})
        length = f"{prose.join(epochs, 'or')} {prose.plural(epochs[-1], 'epoch')}"
        return f"Here, {'; '.join(parts)}; {length} in all."

    # The plateau rule.

    def plateau_sentence(self, name: str) -> str:
        """One sentence: the rule's choice beside the configured switch epochs of a schedule."""
        parts = []
        for k, switch in enumerate(self.plateaus[name], start=1):
            found, configured = switch["found"], switch["configured"]
            given = f"{configured} is configured"
            if configured in (None, "auto"):
                given = "none is configured"
            elif configured == found:
                given = "as configured"
            choice = "no epoch" if found is None else f"epoch {found}"
            parts.append(f"{choice} for the {prose.ordinal(k)} switch ({given})")
        return f"For {name} it gives {prose.join(parts)}."
