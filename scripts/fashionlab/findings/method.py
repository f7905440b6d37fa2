"""Facts on the method: sentences on data, records, runs and divergence, as this study has them."""

import math

from fashionlab import prose
from fashionlab.findings.finished import Finished
from fashionlab.findings.section import Section

ORIGINAL_SWITCHES = [7, 14]  # epochs that the original read off its curves


class Method(Section):
    """What was done, in words that follow the configuration."""

    def __init__(self, f: Finished):
        super().__init__(f)
        self.trainings = f.plan["trainings"]

    @staticmethod
    def cost_of(probability: float) -> float:
        """Return the cross-entropy of one image whose correct class has this probability."""
        return -math.log(probability)

    @property
    def example(self) -> dict:
        """A training to count batches on: the first of question 2, or simply the first."""
        own = [t for t in self.trainings if t["experiment"] == "generalisation"]
        return (own or self.trainings)[0]

    @property
    def balanced(self) -> bool:
        """Whether all classes have the same number of training images."""
        return len(set(self.f.split["class_counts"]["train"])) == 1

    @property
    def split_sentence(self) -> str:
        """How many images train and validate, and how many of each class."""
        counts, images = self.f.split["class_counts"], self.f.images
        train, validation = images["train"], images["validation"]
        subset = "a stratified subset of " if self.f.plan["split"]["images"] else ""
        share = prose.percent(100 * self.f.plan["split"]["validation_fraction"], 0)
        each = "the classes as frequent as in the whole"
        if self.balanced and len(set(counts["validation"])) == 1:
            each = (
                f"which makes {prose.number(counts['train'][0])} and "
                f"{prose.number(counts['validation'][0])} of each class"
            )
        return (
            f"Of {subset}{prose.number(train + validation)} training images, {share} are set aside "
            f"for validation: {prose.number(train)} train and {prose.number(validation)} validate, "
            f"{each}."
        )

    @property
    def pixel_sentence(self) -> str:
        """How pixels become inputs, for the ranges that are used."""
        used = [t["input_range"] for t in self.trainings]
        shown = {name: prose.span(self.f.plan["input_ranges"][name]) for name in used}
        most = max(shown, key=used.count)
        others = prose.join(f"{text} ({name})" for name, text in shown.items() if name != most)
        rest = f"; where the table says so, to {others}" if others else ""
        return f"Pixels from 0 to 255 are mapped linearly to {shown[most]} ({most}){rest}."

    @property
    def record_sentence(self) -> str:
        """At which steps records are made, and how many that is."""
        if len({(t["record_every"], t["records_per_epoch"]) for t in self.trainings}) > 1:
            return "Records are made at regular steps of every epoch, as the configuration has it."
        k, each = (self.trainings[0][key] for key in ("record_every", "records_per_epoch"))
        epochs = sorted({t["epochs"] for t in self.trainings})
        totals = prose.join([prose.number(e * each) for e in epochs], "or")
        steps = f"steps 0, {k}, {2 * k} and so on" if k > 1 else "every step"
        return (
            f"Records are made at {steps} of each epoch: {prose.count(each, 'record')} an epoch, "
            f"{totals} in {prose.join(epochs, 'or')} epochs."
        )

    @property
    def runs_sentence(self) -> str:
        """How many runs each experiment has."""
        if self.f.most_runs == 1:
            return "Every variant was trained once."
        if not self.f.runs_differ:
            return (
                f"Every variant was trained in {prose.count(self.f.most_runs, 'run')}, which "
                "differ in initial weights and batch order."
            )
        runs = self.f.all_runs.items()
        parts = prose.join(f"{prose.count(n, 'run')} for {name}" for name, n in runs)
        return f"The experiments differ in their number of runs: {parts}."

    @property
    def diverged_sentence(self) -> str:
        """Which trainings diverged, and where."""
        rows = [
            f"{row['experiment']}/{row['variant']} run {row['run']} at step "
            f"{prose.number(row['diverged_step'])} (epoch {prose.number(row['diverged_epoch'])})"
            for row in self.f.diverged
        ]
        return (
            f"{prose.capitalise(prose.count(len(rows), 'training'))} diverged: {prose.join(rows)}."
        )

    @property
    def tie_rule_sentence(self) -> str:
        """When values count as tied, for every number of runs in the study."""
        return prose.join(dict.fromkeys(map(self.f.tie_rule, self.f.experiments)))

    @property
    def homework_deviations(self) -> list[str]:
        """Where this study departs from the homework's own text."""
        found = []
        runs = self.f.runs("generalisation")
        if runs not in (0, 10):
            found.append(
                f"Question 2 has {prose.count(runs, 'run')} of each network instead of ten (a "
                "setting)"
            )
        if "mlp2" in self.f.networks.linear_chains:
            found.append(
                "the second linear layer of mlp2 keeps its bias, as in the original report"
            )
        schedules = self.f.plan["schedules"]
        judged = [schedules[name] for name in self.f.schedules.plateaus if name in schedules]
        read = [[stage["until"] for stage in stages[:-1]] for stages in judged]
        if read and all(epochs == ORIGINAL_SWITCHES[: len(epochs)] for epochs in read):
            found.append(
                "the switch epochs of the schedules are those that the original read off its curve"
            )
        return found or ["nothing"]
