"""Claims as rows: a claim has parts, and a part says who is above whom in which measure.

Chapters declare theirs in ``claims.py``, as ``CLAIMS = [Claim(...), ...]``. docs/extending.md shows
one.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fashionlab.claims.comparisons import ABOVE
from fashionlab.claims.quantities import Level, Settings

ORIGINAL, OWN = "original", "own"
Pair = tuple[Settings, Settings]


@dataclass(frozen=True)
class Part:
    """A sub-claim: of each pair the first is above the second in a measure (see MEASURES).

    ``mode`` may say "below", "not_below" or "equal" instead. All pairs must hold. ``level``: what
    "steps" counts to. ``unless_rising``: settings of a variant that must have converged, or the
    part is set aside. Of a `trend` the pairs follow from ``sides`` and ``by``.
    """

    words: str
    measure: str
    pairs: Sequence[Pair] = ()
    mode: str = ABOVE
    level: Level | None = None
    unless_rising: Settings | None = None
    sides: Sequence[Settings] = ()
    by: str = ""  # of `Study.networks` or a setting
    rising: bool = True

    @property
    def measured(self) -> Sequence[Pair]:
        """The pairs of sides that are measured; of a trend each side with itself."""
        return self.pairs or [(side, side) for side in self.sides]


@dataclass(frozen=True)
class Claim:
    """A claim, the figure that shows it, and the parts that must all hold.

    It is judged where the study has its trainings; ``applies`` may ask for more of the plan's data
    set: {"name": "digits"}. One of the ``source`` "original", which the study repeats, is judged
    where the study has its data set and networks.
    """

    id: str
    words: str
    figure: str
    parts: Sequence[Part]
    source: str = OWN
    applies: Mapping[str, object] = field(default_factory=dict)
    chapter: str = ""  # its title, set where the chapters' claims are read


def trend(
    words: str, measure: str, sides: Sequence[Settings], by: str, rising: bool = True
) -> Part:
    """Return the sub-claim that a measure rises (or falls) with ``by`` over some variants."""
    return Part(words, measure, sides=sides, by=by, rising=rising)


def all_above(upper: Iterable[Settings], lower: Iterable[Settings]) -> list[Pair]:
    """Return the pairs that say that each of the upper is above each of the lower."""
    return list(itertools.product(upper, lower))


def in_order(sides: Sequence[Settings]) -> list[Pair]:
    """Return the pairs that say that each is above the next."""
    return list(itertools.pairwise(sides))


def of(experiment: str, **settings: object) -> dict[str, object]:
    """Return the settings of a variant of an experiment."""
    return {"experiment": experiment} | settings
