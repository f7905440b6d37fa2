"""Facts for question 3: gradient magnitudes by network, depth and activation, and who learns."""

from functools import cached_property
from itertools import pairwise

import pandas as pd

from fashionlab import prose
from fashionlab.findings.section import ExperimentSection

SIDES = ("larger", "smaller")
STUCK = 0.01  # nats away from the loss of guessing within which a network has not learned


class Gradients(ExperimentSection):
    """Gradient magnitudes of the first layer."""

    experiment = "activations"

    @property
    def activations(self) -> list[str]:
        """The activations that were tried."""
        return list(dict.fromkeys(s["activation"] for s in self.settings.values()))

    def values(self, variant: str, column: str = "gradient_norm", epoch: int = -1) -> pd.Series:
        """Return the records of one epoch (-1: the last one), of all runs that still went on."""
        return self.f.records(self.experiment, variant, epoch)[column].dropna()

    def median(self, variant: str, column: str = "gradient_norm", epoch: int = -1) -> float:
        """Return the median over one epoch's records; NaN after divergence."""
        return float(self.values(variant, column, epoch).median())

    def loss(self, variant: str) -> float:
        """Return the mean loss of the last epoch's records."""
        return self.in_epoch(variant, "loss").mean

    @cached_property
    def ended(self) -> list[str]:
        """Variants with gradients in the last epoch."""
        return [v for v in self.variants if prose.exists(self.median(v))]

    @cached_property
    def stuck(self) -> list[str]:
        """Variants whose loss in the last epoch is still that of guessing."""
        return [v for v in self.ended if abs(self.loss(v) - self.f.chance_loss) < STUCK]

    @property
    def stuck_text(self) -> str:
        """The stuck variants as "the sigmoid networks cnn4 and cnn5"."""
        groups = {
            a: [self.settings[v]["network"] for v in self.of(a) if v in self.stuck]
            for a in self.activations
        }
        return prose.join(
            f"the {prose.shown(a)} {prose.plural(len(names), 'network')} {prose.join(names)}"
            for a, names in groups.items()
            if names
        )

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """Table of gradient norms: medians by epoch, quantiles, and the mean square per weight."""
        return [self._row(v) for v in self.variants]

    def _row(self, variant: str) -> dict[str, str]:
        last = self.values(variant)
        middle = self.settings[variant]["epochs"] // 2
        spread = [prose.magnitude(float(last.quantile(q)), 2) for q in (0.1, 0.9)]
        return {
            "Network": self.settings[variant]["network"],
            "Activation": self.settings[variant]["activation"],
            "First epoch": prose.magnitude(self.median(variant, epoch=0)),
            "Middle": prose.magnitude(self.median(variant, epoch=middle)),
            "Last": prose.magnitude(self.median(variant)),
            "10 % to 90 %": " to ".join(spread) if len(last) else prose.DASH,
            "RMS per weight": prose.magnitude(self.median(variant, "gradient_rms")),
            "Loss": prose.number(self.loss(variant), 3),
        }

    def of(self, activation: str, convolutional: bool | None = None) -> list[str]:
        """Return the variants with an activation (of one family), by depth, shallow first."""
        networks = self.f.networks
        family = networks.all if convolutional is None else networks.family(convolutional)
        own = [v for v in self.ended if self.settings[v]["activation"] == activation]
        return [v for v in own if self.settings[v]["network"] in family]

    def chain(self, variants: list[str], column: str = "gradient_norm") -> str:
        """Return the medians of the last epoch in a row: "mlp1 1.78, mlp2 2.16, ..."."""
        return prose.join(
            f"{self.settings[v]['network']} {prose.magnitude(self.median(v, column))}"
            for v in variants
        )

    def falls(self, variants: list[str]) -> bool:
        """Return whether the median gets smaller from each variant to the next."""
        medians = [self.median(v) for v in variants]
        return all(a > b for a, b in pairwise(medians))

    @cached_property
    def pairs(self) -> list[tuple[str, float]]:
        """Networks with both ReLU and sigmoid, with the ratio of their last median gradients."""
        by = {
            (s["network"], s["activation"]): v for v, s in self.settings.items() if v in self.ended
        }
        networks = dict.fromkeys(network for network, _ in by)
        found = [
            (n, self.median(by[n, "relu"]) / self.median(by[n, "sigmoid"]))
            for n in networks
            if {(n, "relu"), (n, "sigmoid")} <= by.keys() and self.median(by[n, "sigmoid"]) > 0
        ]
        return sorted(found, key=lambda pair: pair[1])

    @property
    def pairs_sentence(self) -> str:
        """One sentence: by how much ReLU gradients exceed sigmoid ones, and where they do not."""
        if not self.pairs:
            return ""
        larger = [pair for pair in self.pairs if pair[1] > 1]
        smaller = [name for name, ratio in self.pairs if ratio <= 1]
        if not larger:
            return f"Of no network is the ReLU gradient the larger one ({prose.join(smaller)})."
        (low, least), (high, most) = larger[0], larger[-1]
        who = "every network" if not smaller else prose.join(name for name, _ in larger)
        span = f"a factor of {prose.factor(least)}"
        if len(larger) > 1:
            span = (
                f"a factor between {prose.factor(least)} ({low}) and {prose.factor(most)} ({high})"
            )
        rest = f"; with {prose.join(smaller)} it is not" if smaller else ""
        return (
            f"In the last epoch, the gradient of {who} is larger with ReLU than with sigmoid, by "
            f"{span}{rest}."
        )

    @property
    def family_sentences(self) -> list[str]:
        """The comparisons of perceptrons with convolutional networks, one an activation."""
        return [text for a in self.activations if (text := self.family_sentence(a))]

    def family_sentence(self, activation: str) -> str:
        """One sentence: perceptrons against convolutional networks, by norm and per weight."""
        plain, convolutional = self.of(activation, False), self.of(activation, True)
        if not plain or not convolutional:
            return ""
        found: dict[str, list[str]] = {side: [] for side in (*SIDES, "neither")}
        for column, name in (("gradient_norm", "norm"), ("gradient_rms", "RMS per weight")):
            a = [self.median(v, column) for v in plain]
            b = [self.median(v, column) for v in convolutional]
            side = "larger" if min(a) > max(b) else "smaller" if max(a) < min(b) else "neither"
            found[side].append(name)
        opening = f"With {prose.shown(activation)},"
        apart = [f"a {side} {' and '.join(found[side])}" for side in SIDES if found[side]]
        if not apart:
            return f"{opening} neither norm nor RMS per weight separates the two structures."
        rest = f"; the {found['neither'][0]} does not separate the two" if found["neither"] else ""
        return (
            f"{opening} every perceptron has {', but '.join(apart)} than every convolutional "
            f"network{rest}."
        )
