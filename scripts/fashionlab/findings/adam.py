"""Facts for the last part of question 4: each schedule against Adam on the same network."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fashionlab import prose
from fashionlab.judgement.outcomes import Outcome, tied

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts


@dataclass(frozen=True)
class AgainstAdam:
    """A schedule and Adam: test accuracies, and validation accuracies at equal length."""

    variant: str
    network: str
    schedule: Outcome
    adam: Outcome
    epochs: int
    adam_epochs: int
    early: tuple[Outcome, Outcome]  # schedule and Adam in the epoch in which the shorter one ended
    tied: bool

    @property
    def difference(self) -> float:
        """Test accuracy of the schedule minus that of Adam, in points."""
        return self.schedule.mean - self.adam.mean

    @property
    def early_epochs(self) -> int:
        """Epochs after which `early` compares."""
        return min(self.epochs, self.adam_epochs)

    @property
    def relation(self) -> str:
        """How the schedule's test accuracy stands to Adam's, with its doubt."""
        return prose.compared(self.difference, self.tied)


class AdamFacts:
    """The comparisons that this study allows."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f

    @cached_property
    def comparisons(self) -> list[AgainstAdam]:
        """One comparison a schedule, where question 2 trained its network with Adam."""
        found = [self._compare(v) for v in self._f.schedules.variants]
        return [c for c in found if c and c.schedule.values and c.adam.values]

    @property
    def lengths_differ(self) -> bool:
        """Whether a schedule and Adam had different numbers of epochs."""
        return any(c.epochs != c.adam_epochs for c in self.comparisons)

    def _adam_variant(self, network: str) -> str | None:
        settings = (
            (v, self._f.setting("generalisation", v)) for v in self._f.variants("generalisation")
        )
        same = (v for v, s in settings if (s["network"], s["optimizer"]) == (network, "adam"))
        return next(same, None)

    def _compare(self, variant: str) -> AgainstAdam | None:
        setting = self._f.schedules.settings[variant]
        other = self._adam_variant(setting["network"])
        if other is None:
            return None
        ours = self._f.outcome("schedules", variant, "test")
        theirs = self._f.outcome("generalisation", other, "test")
        epochs, adam_epochs = setting["epochs"], self._f.setting("generalisation", other)["epochs"]
        last, column = min(epochs, adam_epochs) - 1, "validation_accuracy"
        early = (
            self._f.in_epoch("schedules", variant, column, last),
            self._f.in_epoch("generalisation", other, column, last),
        )
        return AgainstAdam(
            variant,
            setting["network"],
            ours,
            theirs,
            epochs,
            adam_epochs,
            early,
            bool(ours.values and theirs.values) and tied(ours, theirs, self._f.margin),
        )
