"""Facts for the bonus of question 3: inputs that are not scaled to [-1, 1]."""

from functools import cached_property
from typing import TYPE_CHECKING

from fashionlab import prose
from fashionlab.findings.outcomes import Outcome

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

ALIKE = 1.1  # ratio of two gradients below which they are called of the same size


class InputScaling:
    """Each network under each input range; the baseline comes from the activations experiment."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f
        self._places = {
            (s["network"], s["input_range"]): (experiment, v)
            for experiment in ("activations", "input_scaling")
            for v in f.variants(experiment)
            if (s := f.setting(experiment, v))["activation"] == "relu"
            or experiment == "input_scaling"
        }
        own = [f.setting("input_scaling", v) for v in f.variants("input_scaling")]
        self.networks = list(dict.fromkeys(s["network"] for s in own))
        self.ranges = [r for r in f.plan["input_ranges"] if any(s["input_range"] == r for s in own)]

    def range_text(self, name: str) -> str:
        """Return an input range as "[0, 255]"."""
        low, high = self._f.plan["input_ranges"][name]
        return f"[{prose.number(low)}, {prose.number(high)}]"

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
        place = self._places[network, input_range]
        return self._f.in_epoch(*place, "validation_accuracy", epoch)

    def gradient(self, network: str, input_range: str, epoch: int = 0) -> float:
        """Return the median gradient norm of an epoch, over the runs that went on."""
        records = self._f.records(*self._places[network, input_range])
        return float(records[records.epoch == epoch].gradient_norm.median())

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
        rows = [d for d in self._f.diverged if (d["experiment"], d["variant"]) == place]
        if not rows:
            return ""
        steps = sorted({int(row["diverged_step"]) for row in rows})
        where = f"at {prose.plural(len(steps), 'step')} {prose.join(map(prose.number, steps))}"
        runs = self._f.runs(place[0])
        return where if runs == len(rows) else f"{where} in {len(rows)} of {runs} runs"

    def answer(self, network: str, input_range: str) -> str:
        """One sentence: what a range did to a network, against the baseline where there is one."""
        name, base = self.range_text(input_range), self.baseline
        if stop := self.divergence(network, input_range):
            return f"With inputs in {name}, {network} diverged {stop}."
        end = self.accuracy(network, input_range)
        if base is None or (network, base) not in self._places:
            return (
                f"With inputs in {name}, {network} ends at a validation accuracy of {end.percent}."
            )
        start, first = self.accuracy(network, input_range, 0), self.accuracy(network, base, 0)
        reference = self.accuracy(network, base)
        ratio = self.gradient(network, input_range) / self.gradient(network, base)
        size = size_text(ratio)
        return (
            f"With inputs in {name}, {network} is at {prose.percent(start.mean, 1)} after its "
            "first "
            f"epoch ({prose.percent(first.mean, 1)} in {self.range_text(base)}) and ends at "
            f"{prose.percent(end.mean, 1)} ({prose.percent(reference.mean, 1)}); its gradients in "
            "the "
            f"first epoch are {size}."
        )


def size_text(ratio: float) -> str:
    """Return how gradients compare; a ratio of 0 is a network whose units are all dead."""
    if not ratio > 0:
        return "mostly zero, against those"
    factor = max(ratio, 1 / ratio)
    if factor < ALIKE:
        return "of about the same size"
    return f"{prose.factor(factor)} times as {'large' if ratio > 1 else 'small'}"
