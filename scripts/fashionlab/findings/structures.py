"""Facts for question 2: perceptrons against convolutional networks."""

from functools import cached_property
from typing import TYPE_CHECKING

from fashionlab import prose
from fashionlab.findings.generalisation import EXPERIMENT
from fashionlab.judgement.outcomes import Outcome

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts


class Structures:
    """The two families of networks, by test accuracy."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f

    def family(self, convolutional: bool) -> list[tuple[str, Outcome]]:
        """Return the convolutional networks, or the perceptrons, ranked by test accuracy."""
        names = [
            v
            for v in self._f.generalisation.ended
            if self._f.networks.is_convolutional(self._f.setting(EXPERIMENT, v)["network"])
            == convolutional
        ]
        return self._f.generalisation.ranked("test", names)

    @cached_property
    def both_families(self) -> bool:
        """Whether there are perceptrons and convolutional networks to compare."""
        return bool(self.family(True) and self.family(False))

    @property
    def families_separate(self) -> bool:
        """Whether every network of one family is above every one of the other."""
        a, b = self.family(True), self.family(False)
        return a[-1][1].mean > b[0][1].mean or b[-1][1].mean > a[0][1].mean

    def family_order(self, convolutional: bool) -> str:
        """Return the ranking of a family by test accuracy as a sentence's middle."""
        return prose.order([(v, prose.percent(o.mean)) for v, o in self.family(convolutional)])

    def family_span(self, convolutional: bool) -> str:
        """Return the test accuracies of a family: "between 88.90 and 90.12 %", or the only one."""
        means = [outcome.mean for _, outcome in self.family(convolutional)]
        if len(means) == 1:
            return prose.percent(means[0])
        return f"between {prose.number(min(means), 2)} and {prose.percent(max(means))}"

    @property
    def price_text(self) -> str:
        """How much longer the convolutional networks trained, where that was recorded."""
        seconds = [
            [self._f.costs.seconds_of(EXPERIMENT, v) for v, _ in self.family(side)]
            for side in (True, False)
        ]
        if not all(prose.exists(value) for side in seconds for value in side):
            return ""
        ratio = min(seconds[0]) / max(seconds[1])
        return (
            f", and even the quickest of them took {prose.factor(ratio)} times as long to train as "
            "the slowest perceptron"
            if ratio > 1
            else ""
        )
