"""Facts on the method: sentences on data, records, runs and divergence, as this study has them."""

import math
from typing import TYPE_CHECKING

from fashionlab import prose

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

ORIGINAL_SWITCHES = [7, 14]  # epochs that the original read off its curves


class Method:
    """What was done, in words that follow the configuration."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f
        self.trainings = f.plan["trainings"]

    @staticmethod
    def cost_of(probability: float) -> float:
        """Return the cross-entropy of one image whose correct class has this probability."""
        return -math.log(probability)

    @property
    def example(self) -> dict | None:
        """A training to count batches on: the first of question 2, or simply the first."""
        own = [t for t in self.trainings if t["experiment"] == "generalisation"]
        return next(iter(own or self.trainings), None)

    @property
    def own_choices(self) -> list[str]:
        """Where this study knowingly departs from the original report."""
        choices = [
            "everything is seeded",
            "every training starts from a fresh network",
            "the gradient is taken from back-propagation and not from a difference of weights",
            "test accuracy is measured on all test images at once",
            "final training accuracy is measured on all training images",
        ]
        if self._f.has("activations"):
            choices.append("Question 3 also validates")
        if self._f.has("input_scaling"):
            choices.append("the bonus question on input scaling is answered by experiment")
        return choices

    @property
    def balanced(self) -> bool:
        """Whether all classes have the same number of training images."""
        return len(set(self._f.split["class_counts"]["train"])) == 1

    @property
    def split_sentence(self) -> str:
        """How many images train and validate, and how many of each class."""
        counts, images = self._f.split["class_counts"], self._f.images
        total = images["train"] + images["validation"]
        subset = "a stratified subset of " if self._f.plan["split"]["images"] else ""
        share = prose.percent(100 * self._f.plan["split"]["validation_fraction"], 0)
        each = "the classes as frequent as in the whole"
        if self.balanced and len(set(counts["validation"])) == 1:
            each = (
                f"which makes {prose.number(counts['train'][0])} and "
                f"{prose.number(counts['validation'][0])} of each class"
            )
        return (
            f"Of {subset}{prose.number(total)} training images, {share} are set aside for "
            "validation: "
            f"{prose.number(images['train'])} train and {prose.number(images['validation'])} "
            f"validate, {each}."
        )

    @property
    def pixel_sentence(self) -> str:
        """How pixels become inputs, for the ranges that are used."""
        ranges = self._f.plan["input_ranges"]
        used = dict.fromkeys(t["input_range"] for t in self.trainings)
        shown = {name: prose.span(ranges[name]) for name in used}
        most = max(used, key=lambda name: sum(t["input_range"] == name for t in self.trainings))
        others = prose.join(f"{text} ({name})" for name, text in shown.items() if name != most)
        rest = f"; where the table says so, to {others}" if others else ""
        return f"Pixels from 0 to 255 are mapped linearly to {shown[most]} ({most}){rest}."

    @property
    def record_sentence(self) -> str:
        """At which steps records are made, and how many that is."""
        every = sorted({t["record_every"] for t in self.trainings})
        per_epoch = sorted({t["records_per_epoch"] for t in self.trainings})
        if len(every) > 1 or len(per_epoch) > 1:
            return "Records are made at regular steps of every epoch, as the configuration has it."
        k, epochs = every[0], sorted({t["epochs"] for t in self.trainings})
        totals = prose.join([prose.number(e * per_epoch[0]) for e in epochs], "or")
        steps = f"steps 0, {k}, {2 * k} and so on" if k > 1 else "every step"
        return (
            f"Records are made at {steps} of each epoch: {prose.count(per_epoch[0], 'record')} an "
            f"epoch, {totals} in {prose.join(epochs, 'or')} epochs."
        )

    @property
    def runs_sentence(self) -> str:
        """How many runs each experiment has."""
        runs = {name: self._f.runs(name) for name in self._f.experiments}
        if set(runs.values()) == {1}:
            return "Every variant was trained once."
        if len(set(runs.values())) == 1:
            return (
                f"Every variant was trained in {prose.count(self._f.most_runs, 'run')}, which "
                "differ in "
                "initial weights and batch order."
            )
        parts = prose.join(f"{prose.count(n, 'run')} for {name}" for name, n in runs.items())
        return f"The experiments differ in their number of runs: {parts}."

    @property
    def diverged_sentence(self) -> str:
        """Which trainings diverged, and where."""
        rows = [
            f"{row['experiment']}/{row['variant']} run {row['run']} at step "
            f"{prose.number(row['diverged_step'])} (epoch {prose.number(row['diverged_epoch'])})"
            for row in self._f.diverged
        ]
        return (
            f"{prose.capitalise(prose.count(len(rows), 'training'))} diverged: {prose.join(rows)}."
        )

    @property
    def tie_rule_sentence(self) -> str:
        """When values count as tied, for every number of runs in the study."""
        names = self._f.experiments
        return prose.join(dict.fromkeys(self._f.tie_rule(name) for name in names))

    @property
    def homework_deviations(self) -> list[str]:
        """Where this study departs from the homework's own text."""
        found = []
        runs = self._f.runs("generalisation")
        if runs and runs != 10:
            found.append(
                f"Question 2 has {prose.count(runs, 'run')} of each network instead of ten (a "
                "setting)"
            )
        if "mlp2" in self._f.networks.linear_chains:
            found.append(
                "the second linear layer of mlp2 keeps its bias, as in the original report"
            )
        schedules = self._f.plan["schedules"]
        stages = [schedules[name] for name in self._f.plateaus.all if name in schedules]
        read = [[s["until"] for s in schedule[:-1]] for schedule in stages]
        if read and all(epochs == ORIGINAL_SWITCHES[: len(epochs)] for epochs in read):
            found.append(
                "the switch epochs of the schedules are those that the original read off its curve"
            )
        return found or ["nothing"]
