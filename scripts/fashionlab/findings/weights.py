"""Facts on stored weights: how picture-like first layers are, and whether units have a class.

A unit (or a map of a convolution) is read by the prediction layer. The strengths of its connections
to the C classes, s_1 to s_C, give its effective number of classes (sum s)^2 / sum s^2: 1 for a unit
that speaks for or against one class alone, C for one that concerns all classes alike.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fashionlab import prose
from fashionlab.findings.section import ExperimentSection
from fashionlab.statistics import morans_i
from fashionlab.storage.weight_files import layer_weights

# A median below this share of what weights without preference have counts as specialised.
SPECIALISED = 0.5


def effective_classes(weight: np.ndarray, units: int) -> np.ndarray:
    """Return the effective number of classes of each unit.

    `weight` is the prediction layer's matrix, classes x features, the features of a unit together;
    a unit of several features (a map) counts by the norm of its weights for each class.
    """
    strength = np.linalg.norm(weight.reshape(weight.shape[0], units, -1), axis=2)
    return strength.sum(axis=0) ** 2 / (strength**2).sum(axis=0)


def expected_effective_classes(classes: int, features: int) -> float:
    """Return the mean of `effective_classes` for Gaussian weights, which prefer no class.

    1 + (C - 1) m^2 / d for d features a unit, where m = sqrt(2) gamma((d + 1) / 2) / gamma(d / 2)
    is the mean norm of d standard Gaussian numbers: a ratio of norms does not depend on the radius.
    """
    log_ratio = math.lgamma((features + 1) / 2) - math.lgamma(features / 2)
    return 1 + (classes - 1) * 2 * math.exp(2 * log_ratio) / features


@dataclass(frozen=True)
class Units:
    """The effective number of classes of a variant's units, over all its runs."""

    variant: str
    count: int  # units of one run
    median: float
    expected: float
    maps: bool  # whether a unit is a map of a convolution


class Weights(ExperimentSection):
    """What the weights of question 2 show."""

    experiment = "generalisation"

    @cached_property
    def autocorrelation(self) -> list[tuple[str, float]]:
        """Mean of Moran's I above chance of the first layer's weight images, highest first."""
        found = [(v, self._mean_morans_i(v)) for v in self.ended]
        known = [pair for pair in found if prose.exists(pair[1])]
        return sorted(known, key=lambda pair: pair[1], reverse=True)

    def _mean_morans_i(self, variant: str) -> float:
        height_width = self.f.dataset["image_shape"][1:]
        means = []
        for weights in self._stored(variant):
            first = weights[0].astype(np.float64)
            shape = height_width if first.ndim == 2 else first.shape[-2:]
            means.append(np.nanmean(morans_i(first.reshape(-1, *shape))))
        return float(np.mean(means)) if means else math.nan

    @property
    def autocorrelation_text(self) -> str:
        """The values in a row."""
        return prose.join(f"{prose.number(i, 2)} ({v})" for v, i in self.autocorrelation)

    @cached_property
    def units(self) -> list[Units]:
        """Effective numbers of classes of the units, for variants with finite weights."""
        return [units for v in self.ended if (units := self._units(v))]

    def _units(self, variant: str) -> Units | None:
        count, linear = _units_before_logits(self.network(variant)["layers"])
        matrices = [_to_logits(weights, linear) for weights in self._stored(variant)]
        if not matrices:
            return None
        classes, features = matrices[0].shape
        values = np.concatenate([effective_classes(matrix, count) for matrix in matrices])
        expected = expected_effective_classes(classes, features // count)
        return Units(variant, count, float(np.median(values)), expected, features != count)

    def _stored(self, variant: str) -> Iterator[list[np.ndarray]]:
        """Yield the weight tensors (no biases), first layer first, of each run with finite ones."""
        for training in self.f.plan["trainings"]:
            if (training["experiment"], training["variant"]) == (self.experiment, variant):
                weights = layer_weights(self.f.weights_file(training))
                if all(np.isfinite(weight).all() for weight in weights):
                    yield weights

    @property
    def units_text(self) -> str:
        """The medians in a row, each beside what weights without any preference would have."""
        return prose.join(
            f"{prose.number(u.median, 1)} for the "
            f"{prose.count(u.count, 'map' if u.maps else 'unit')} of {u.variant} "
            f"({prose.number(u.expected, 1)} without preference)"
            for u in self.units
        )

    @property
    def units_verdict(self) -> str:
        """One sentence: whether units specialise."""
        special = [u.variant for u in self.units if u.median < SPECIALISED * u.expected]
        if special and len(special) == len(self.units):
            return "In every network the typical unit speaks for few classes."
        if special:
            return (
                f"In {prose.join(special)} the typical unit speaks for few classes; elsewhere it "
                "does not."
            )
        if min(u.median / u.expected for u in self.units) > 0.8:
            return (
                "So they do not: in every network, units and maps concern nearly as many classes "
                "as if they had no preference."
            )
        return "So they do to a degree, but in no network is the typical unit a specialist."


def _units_before_logits(layers: list[dict]) -> tuple[int, int]:
    """Return how many units feed the logits linearly, and through how many linear layers."""
    linear = 1
    while linear < len(layers) and layers[-linear - 1]["kind"] == "fc":
        linear += 1
    before = layers[-linear - 1] if linear < len(layers) else layers[0]
    return before["output_shape"][0], linear


def _to_logits(weights: list[np.ndarray], linear: int) -> np.ndarray:
    """Return the product of the last `linear` weight matrices: classes x features."""
    last, *before = reversed(weights[-linear:])
    product = last.astype(np.float64)
    for weight in before:
        product = product @ weight
    return product
