"""Facts on an experiment of the user's own: a generic section, whatever it varies."""

from fashionlab import prose
from fashionlab.findings.finished import Finished
from fashionlab.findings.section import ExperimentSection

MOST_ROWS = 60  # variants that a table of the report can hold; the CSV tables have all


class OwnExperiment(ExperimentSection):
    """One experiment that is none of the built-in five."""

    metric = "validation"

    def __init__(self, f: Finished, name: str):
        self.experiment = name
        super().__init__(f)
        self.plan = f.plan["experiments"][name]
        self.title = self.plan["title"]

    @property
    def sentence(self) -> str:
        """What was varied, and what came out best on the validation images."""
        varied = prose.join(axis.replace("_", " ") for axis in self.plan["grid"]) or "nothing"
        text = (
            f"The experiment {self.experiment} varies {varied}: "
            f"{prose.count(len(self.variants), 'variant')}, {prose.count(self.runs, 'run')} each, "
            f"{prose.count(self.plan['epochs'], 'epoch')}."
        )
        if not self.ended:
            return f"{text} Every training diverged."
        (best, highest), (worst, lowest) = self.ranked()[0], self.ranked()[-1]
        text += f" The highest validation accuracy is that of {best}, {highest.percent}"
        if len(self.ended) > 1:
            text += f", the lowest that of {worst}, {lowest.percent}"
        if not self.lost:
            return f"{text}."
        return f"{text}. {prose.capitalise(prose.count(len(self.lost), 'variant'))} diverged."

    @property
    def rows(self) -> list[dict[str, str]]:
        """Table of end results; the best variants if there are more than the table holds."""
        names = self.variants
        if len(names) > MOST_ROWS:
            names = [v for v, _ in self.ranked()[:MOST_ROWS]]
        return [
            {
                "Variant": v,
                "Train": self.outcome(v, "train").text,
                "Validation": self.outcome(v, "validation").text,
                "Test": self.outcome(v, "test").text,
                "95 % interval of test": prose.interval(self.outcome(v, "test").interval),
            }
            for v in names
        ]

    @property
    def caption(self) -> str:
        """Caption of the table."""
        many = len(self.variants) > MOST_ROWS
        some = f" The best {MOST_ROWS} of {len(self.variants)} variants." if many else ""
        return f"{self.title}: final accuracies in percent.{some}"
