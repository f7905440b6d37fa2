"""Facts for the last part of question 4: each schedule against Adam on the same network."""

from dataclasses import dataclass
from functools import cached_property

from fashionlab import prose
from fashionlab.findings.section import Section
from fashionlab.outcomes import Outcome, tied


@dataclass(frozen=True)
class AgainstAdam:
    """A schedule and Adam: test accuracies, and validation accuracies at equal length."""

    variant: str
    network: str
    schedule: Outcome
    adam: Outcome
    tied: bool
    epochs: int
    adam_epochs: int
    early_epochs: int  # after which the shorter one ended, and `early` compares
    early: tuple[Outcome, Outcome]

    @property
    def difference(self) -> float:
        """Test accuracy of the schedule minus that of Adam, in points."""
        return self.schedule.mean - self.adam.mean

    @property
    def relation(self) -> str:
        """How the schedule's test accuracy stands to Adam's, with its doubt."""
        return prose.compared(self.difference, self.tied)


class Adam(Section):
    """The comparisons that this study allows."""

    @cached_property
    def comparisons(self) -> list[AgainstAdam]:
        """One comparison a schedule, where question 2 trained its network with Adam."""
        return [c for v in self.f.schedules.variants if (c := self._compare(v))]

    @property
    def lengths_differ(self) -> bool:
        """Whether a schedule and Adam had different numbers of epochs."""
        return any(c.epochs != c.adam_epochs for c in self.comparisons)

    def _compare(self, variant: str) -> AgainstAdam | None:
        schedules, others = self.f.schedules, self.f.generalisation
        epochs, network = (schedules.settings[variant][key] for key in ("epochs", "network"))
        other = self.f.find("generalisation", network=network, optimizer="adam")
        if variant not in schedules.ended or other not in others.ended:
            return None
        ours, theirs = schedules.outcome(variant, "test"), others.outcome(other, "test")
        adam_epochs = others.settings[other]["epochs"]
        shorter = min(epochs, adam_epochs)
        early = (
            schedules.in_epoch(variant, epoch=shorter - 1),
            others.in_epoch(other, epoch=shorter - 1),
        )
        close = tied(ours, theirs, self.f.margin)
        return AgainstAdam(
            variant, network, ours, theirs, close, epochs, adam_epochs, shorter, early
        )
