"""Facts for question 2: perceptrons against convolutional networks."""

from fashionlab import prose
from fashionlab.findings.section import ExperimentSection
from fashionlab.outcomes import Outcome


class Structures(ExperimentSection):
    """The two families of networks, by test accuracy."""

    experiment = "generalisation"

    def family(self, convolutional: bool) -> list[tuple[str, Outcome]]:
        """Return the convolutional networks, or the perceptrons, ranked by test accuracy."""
        return self.ranked(names=self._names(convolutional))

    def family_order(self, convolutional: bool) -> str:
        """Return the ranking of a family by test accuracy as a sentence's middle."""
        return self.order(names=self._names(convolutional))

    def _names(self, convolutional: bool) -> list[str]:
        family = self.f.networks.family(convolutional)
        return [v for v in self.ended if self.settings[v]["network"] in family]

    @property
    def both_families(self) -> bool:
        """Whether there are perceptrons and convolutional networks to compare."""
        return bool(self.family(True) and self.family(False))

    @property
    def families_separate(self) -> bool:
        """Whether every network of one family is above every one of the other."""
        a, b = self.family(True), self.family(False)
        return a[-1][1].mean > b[0][1].mean or b[-1][1].mean > a[0][1].mean

    def family_span(self, convolutional: bool) -> str:
        """Return the test accuracies of a family: "between 88.90 and 90.12 %", or the only one."""
        means = [outcome.mean for _, outcome in self.family(convolutional)]
        highest = prose.percent(means[0])
        return highest if len(means) == 1 else f"between {prose.number(means[-1], 2)} and {highest}"

    @property
    def price_text(self) -> str:
        """How much longer the convolutional networks trained, where that was recorded."""
        convolutional, plain = (
            [self.f.costs.seconds_of(self.experiment, v) for v in self._names(side)]
            for side in (True, False)
        )
        ratio = min(convolutional) / max(plain)
        if not all(map(prose.exists, convolutional + plain)) or ratio <= 1:
            return ""
        return (
            f", and even the quickest of them took {prose.factor(ratio)} times as long to train as "
            "the slowest perceptron"
        )
