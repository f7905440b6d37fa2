"""Facts on an experiment of the user's own: a generic section, whatever it varies."""

from typing import TYPE_CHECKING

from fashionlab import prose

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

MOST_ROWS = 60  # variants that a table of the report can hold; the CSV tables have all


class OwnExperiment:
    """One experiment that is none of the built-in five."""

    def __init__(self, f: "Facts", name: str):
        """Read this section's facts out of those of the study."""
        self._f, self.name = f, name
        self.plan = f.plan["experiments"][name]
        self.title = self.plan["title"]
        self.variants = f.variants(name)
        outcomes = {v: f.outcome(name, v, "validation") for v in self.variants}
        self.ranked = sorted(
            ((v, o) for v, o in outcomes.items() if o.values), key=lambda p: p[1].mean, reverse=True
        )

    @property
    def sentence(self) -> str:
        """What was varied, and what came out best on the validation images."""
        grid = self.plan["grid"]
        varied = prose.join(axis.replace("_", " ") for axis in grid) if grid else "nothing"
        text = (
            f"The experiment {self.name} varies {varied}: "
            f"{prose.count(len(self.variants), 'variant')}, "
            f"{prose.count(self.plan['runs'], 'run')} each, "
            f"{prose.count(self.plan['epochs'], 'epoch')}."
        )
        if not self.ranked:
            return f"{text} Every training diverged."
        best, outcome = self.ranked[0]
        text += f" The highest validation accuracy is that of {best}, {outcome.percent}"
        if len(self.ranked) > 1:
            worst, lowest = self.ranked[-1]
            text += f", the lowest that of {worst}, {lowest.percent}"
        lost = len(self.variants) - len(self.ranked)
        return f"{text}." + (
            f" {prose.capitalise(prose.count(lost, 'variant'))} diverged." if lost else ""
        )

    @property
    def rows(self) -> list[dict[str, str]]:
        """Table of end results; the best variants if there are more than the table holds."""
        names = self.variants
        if len(names) > MOST_ROWS:
            names = [v for v, _ in self.ranked[:MOST_ROWS]]
        return [
            {"Variant": v}
            | {
                part.capitalize(): self._f.outcome(self.name, v, part).text
                for part in ("train", "validation", "test")
            }
            | {
                "95 % interval of test": prose.interval(
                    self._f.outcome(self.name, v, "test").interval
                )
            }
            for v in names
        ]

    @property
    def caption(self) -> str:
        """Caption of the table."""
        some = (
            f" The best {MOST_ROWS} of {len(self.variants)} variants."
            if len(self.variants) > MOST_ROWS
            else ""
        )
        return f"{self.title}: final accuracies in percent.{some}"
