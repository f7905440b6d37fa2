"""Facts on stored weights: how picture-like first layers are, and whether units have a class."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fashionlab import prose
from fashionlab.findings.units import Units, stored_weights
from fashionlab.judgement.statistics import morans_i

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

EXPERIMENT = "generalisation"
# A median below this share of what weights without preference have counts as specialised.
SPECIALISED = 0.5


class Weights:
    """What the weights of question 2 show."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f

    @cached_property
    def autocorrelation(self) -> list[tuple[str, float]]:
        """Mean of Moran's I above chance of the first layer's weight images, highest first."""
        found = [(v, self._mean_morans_i(v)) for v in self._f.generalisation.ended]
        known = [pair for pair in found if prose.exists(pair[1])]
        return sorted(known, key=lambda pair: pair[1], reverse=True)

    def _mean_morans_i(self, variant: str) -> float:
        height_width = self._f.dataset["image_shape"][1:]
        means = []
        for weights in stored_weights(self._f, EXPERIMENT, variant):
            first = weights[0].astype(np.float64)
            shape = height_width if first.ndim == 2 else first.shape[-2:]
            means.append(np.nanmean(morans_i(first.reshape(-1, *shape))))
        return float(np.mean(means)) if means else float("nan")

    @property
    def autocorrelation_text(self) -> str:
        """The values in a row."""
        return prose.join(f"{prose.number(i, 2)} ({v})" for v, i in self.autocorrelation)

    @cached_property
    def units(self) -> list[Units]:
        """Effective numbers of classes of the units, for variants whose weights are stored."""
        found = [Units.load(self._f, EXPERIMENT, v) for v in self._f.generalisation.ended]
        return [units for units in found if units]

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
        if not special:
            return (
                "So they do not: in every network, units and maps concern nearly as many classes "
                "as if "
                "they had no preference."
                if min(u.median / u.expected for u in self.units) > 0.8
                else "So they do to a degree, but in no network is the typical unit a specialist."
            )
        return (
            f"In {prose.join(special)} the typical unit speaks for few classes; elsewhere it does "
            "not."
            if len(special) < len(self.units)
            else "In every network the typical unit speaks for few classes."
        )
