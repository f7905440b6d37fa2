"""Do units specialise in classes? How a unit's influence on the logits is spread over the classes.

A unit (or a map of a convolution) is read by the prediction layer. The strengths of its connections
to the C classes, s_1 to s_C, give its effective number of classes (sum s)^2 / sum s^2: 1 for a unit
that speaks for or against one class alone, C for one that concerns all classes alike.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fashionlab.weight_files import layer_weights

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts


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
    """Effective numbers of classes of one variant's units, over all its runs."""

    variant: str
    count: int  # units of one run
    values: np.ndarray
    expected: float
    maps: bool  # whether a unit is a map of a convolution

    @property
    def median(self) -> float:
        """Median over units and runs."""
        return float(np.median(self.values))

    @property
    def lowest(self) -> float:
        """The most specialised unit's number."""
        return float(self.values.min())

    @classmethod
    def load(cls, f: "Facts", experiment: str, variant: str) -> "Units | None":
        """Measure the weights of a variant's runs; None where no run has stored any."""
        network = f.networks.all[f.setting(experiment, variant)["network"]]
        count, linear = _units(network["layers"])
        found = []
        for weights in stored_weights(f, experiment, variant):
            weight = _to_logits(weights, linear)
            found.append((effective_classes(weight, count), weight.shape))
        if not found:
            return None
        classes, features = found[0][1]
        expected = expected_effective_classes(classes, features // count)
        return cls(
            variant, count, np.concatenate([v for v, _ in found]), expected, features != count
        )


def _units(layers: list[dict]) -> tuple[int, int]:
    """Return how many units feed the logits linearly, and through how many linear layers."""
    linear = 1
    while linear < len(layers) and layers[-linear - 1]["kind"] == "fc":
        linear += 1
    before = layers[-linear - 1] if linear < len(layers) else layers[0]
    return before["output_shape"][0], linear


def stored_weights(f: "Facts", experiment: str, variant: str) -> Iterator[list[np.ndarray]]:
    """Yield the weight tensors (no biases), first layer first, of each run that has finite ones."""
    for training in f.plan["trainings"]:
        if (training["experiment"], training["variant"]) != (experiment, variant):
            continue
        path = f.folder / Path(training["weights"]).relative_to(f.plan["results"])
        if not path.exists():
            continue
        weights = layer_weights(path)
        if all(np.isfinite(weight).all() for weight in weights):
            yield weights


def _to_logits(weights: list[np.ndarray], linear: int) -> np.ndarray:
    """Return the product of the last `linear` weight matrices: classes x features."""
    last, *before = reversed(weights[-linear:])
    product = last.astype(np.float64)
    for weight in before:
        product = product @ weight
    return product
