"""Facts for the bonus of question 3: inputs that are not scaled to [-1, 1]."""

from functools import cached_property

from fashionlab import prose
from fashionlab.findings.finished import Finished
from fashionlab.findings.section import ExperimentSection
from fashionlab.outcomes import Outcome, tied


class InputScaling(ExperimentSection):
    """Each network under each input range; the baseline comes from the activations experiment."""

    experiment = "input_scaling"

    def __init__(self, f: Finished):
        super().__init__(f)
        self._places = {
            (network, name): place
            for network, places in f.places_by_input_range.items()
            for name, place in places.items()
        }
        used, bounds = {s["input_range"] for s in self.settings.values()}, f.plan["input_ranges"]
        self.ranges = sorted(used, key=lambda name: (bounds[name][1] - bounds[name][0], name))

    def range_text(self, name: str) -> str:
        """Return an input range as "[0, 255]"."""
        return prose.span(self.f.plan["input_ranges"][name])

    @property
    def baseline(self) -> str | None:
        """The range of the activations experiment, where it has the networks to compare with."""
        found = [r for n, r in self._places if n in self.networks and r not in self.ranges]
        return found[0] if found else None

    @property
    def reference_text(self) -> str:
        """The range to compare with, as "[-1, 1]"."""
        return self.range_text(self.baseline) if self.baseline else "the usual range"

    @cached_property
    def cells(self) -> list[tuple[str, str]]:
        """Pairs of network and range that were trained, the baseline first."""
        ranges = [self.baseline, *self.ranges] if self.baseline else self.ranges
        return [(n, r) for n in self.networks for r in ranges if (n, r) in self._places]

    def accuracy(self, network: str, input_range: str, epoch: int = -1) -> Outcome:
        """Return the mean validation accuracy of one epoch (-1: the last one)."""
        return self.f.in_epoch(*self._places[network, input_range], epoch=epoch)

    def gradient(self, network: str, input_range: str, epoch: int = 0) -> float:
        """Return the median gradient norm of an epoch, over the runs that went on."""
        records = self.f.records(*self._places[network, input_range], epoch)
        return float(records.gradient_norm.median())

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Table of every network and range."""
        return [
            {
                "Network": network,
                "Input range": self.range_text(name),
                "Validation, first epoch": self.accuracy(network, name, 0).text,
                "Validation, last epoch": self.accuracy(network, name).text,
                "Gradient, first epoch": prose.magnitude(self.gradient(network, name)),
                "Diverged": self.divergence(network, name) or "no",
            }
            for network, name in self.cells
        ]

    def divergence(self, network: str, input_range: str) -> str:
        """Return where a variant diverged, or nothing: "at step 37 of epoch 0"."""
        place = self._places[network, input_range]
        rows = [d for d in self.f.diverged if (d["experiment"], d["variant"]) == place]
        if not rows:
            return ""
        steps = sorted({int(row["diverged_step"]) for row in rows})
        where = f"at {prose.plural(len(steps), 'step')} {prose.join(map(prose.number, steps))}"
        runs = self.f.runs(place[0])
        return where if runs == len(rows) else f"{where} in {len(rows)} of {runs} runs"

    def answer(self, network: str, input_range: str) -> str:
        """What a range did to a network, against the baseline where there is one."""
        name, base = self.range_text(input_range), self.baseline
        if stop := self.divergence(network, input_range):
            return f"With inputs in {name}, {network} diverged {stop}."
        end = self.accuracy(network, input_range)
        opening = f"With inputs in {name}, {network} ends at a validation accuracy of"
        if base is None or (network, base) not in self._places:
            return f"{opening} {end.percent}."
        first, last = (
            f"{prose.percent(self.accuracy(network, input_range, epoch).mean, 1)} "
            f"({prose.percent(self.accuracy(network, base, epoch).mean, 1)})"
            for epoch in (0, -1)
        )
        return (
            f"With inputs in {name}, {network} has a mean validation accuracy of {first} in its "
            f"first epoch and of {last} in its last; {self._gradient_text(network, input_range)}."
        )

    def _gradient_text(self, network: str, input_range: str) -> str:
        """Return how the gradients of the first epoch compare with those of the baseline."""
        own, usual = (self.gradient(network, name) for name in (input_range, self.baseline or ""))
        if own == 0:
            return "more than half of its gradients in the first epoch are exactly zero"
        words = ("larger", "smaller", "of about the same size", "not to be compared")
        comparison = prose.by_factor(prose.ratio(own, usual), *words)
        return f"its gradients in the first epoch are {comparison}"

    @property
    def dead(self) -> str:
        """A sentence on the networks whose gradient is exactly zero at the end, too, or nothing."""
        cells = [cell for cell in self.cells if self.gradient(*cell, epoch=-1) == 0]
        if not cells:
            return ""
        names = prose.join(f"{n} with inputs in {self.range_text(r)}" for n, r in cells)
        return (
            f"In the last epoch most gradients of {names} are zero, too: where no unit of the "
            "first layer is active, none of its weights gets a gradient, and the network is dead."
        )

    @property
    def _higher(self) -> list[tuple[str, str]]:
        """Networks and larger ranges that end clearly higher than with the baseline's."""
        base, wide = self.baseline, self.f.plan["input_ranges"]
        return [
            (network, name)
            for network, name in self.cells
            if base and name != base and (network, base) in self._places
            and max(map(abs, wide[name])) > max(map(abs, wide[base]))
            and self.accuracy(network, name).mean > self.accuracy(network, base).mean
            and not tied(self.accuracy(network, name), self.accuracy(network, base), self.f.margin)
        ]  # fmt: skip

    @property
    def gained(self) -> str:
        """Which networks larger inputs helped, as a clause, or nothing."""
        names = [f"{n} with inputs in {self.range_text(r)}" for n, r in self._higher]
        if not names:
            return ""
        verb = prose.agree(names, "ends", "end")
        return f"{prose.join(names)} {verb} higher than with {self.reference_text}"
