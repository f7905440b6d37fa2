"""Verdicts on claims: each part by its comparisons, each claim by its parts.

A part holds if all its comparisons do (an intersection-union test: each at 5 %, no correction;
Berger, 1982), but for those in which a side has diverged or is dead. It does not hold if any one is
refuted; that is looked for in all comparisons of the claim, so their p-values are corrected after
Holm (1979). Nothing corrects over the claims: of twenty true null hypotheses one verdict may be
wrong.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from fashionlab.chapters import chapters
from fashionlab.claims.comparisons import (
    FAILS,
    HOLDS,
    UNDECIDED,
    Comparison,
    Side,
    compare,
    sides_of,
)
from fashionlab.claims.quantities import MEASURES, Level, Settings, last_rise, plain
from fashionlab.claims.rows import ORIGINAL, Claim, Part
from fashionlab.plateau import TOLERANCE
from fashionlab.statistics import ALPHA, holm, rank_correlation
from fashionlab.study import NotInStudyError, Study


@dataclass(frozen=True)
class Choices:
    """What could have been chosen otherwise, for the sensitivity of the verdicts."""

    margin: float = 1.0  # factor of the margin
    level: float = 0.0  # added to the share of the way that "steps" counts to
    depth: str = "depth"  # or "merged_depth"


@dataclass(frozen=True)
class JudgedPart:
    """A part with its comparisons, p-values against each (Holm), and the verdict."""

    part: Part
    comparisons: tuple[Comparison, ...]
    p_values: tuple[float, ...]  # of the opposite, corrected over the claim
    verdict: str
    correlation: tuple[float, float] | None = None  # of a trend: rank correlation and its p-value
    aside: str = ""  # why it was set aside: for the claim it is undecided then

    @property
    def for_claim(self) -> str:
        """The verdict that the claim is judged by."""
        return UNDECIDED if self.aside else self.verdict

    @property
    def decisive(self) -> Comparison | None:
        """The comparison that the verdict hangs on: the clearest against, or the weakest for."""
        verdicts = zip(self.comparisons, self._verdicts, strict=True)
        same = [c for c, verdict in verdicts if c.difference and verdict == self.verdict]
        return min(same, key=lambda c: c.clearance, default=None)

    def count(self, verdict: str) -> int:
        """Return how many of the comparisons have a verdict."""
        return self._verdicts.count(verdict)

    @property
    def _verdicts(self) -> list[str]:
        return [c.verdict_at(p) for c, p in zip(self.comparisons, self.p_values, strict=True)]


@dataclass(frozen=True)
class Judged:
    """A claim with its judged parts, here and, where its curves allow it, by the original's."""

    claim: Claim
    verdict: str
    parts: tuple[JudgedPart, ...]
    original: tuple[JudgedPart | None, ...] = field(default=())

    @property
    def original_verdict(self) -> str | None:
        """The verdict by the original's own data; None where they say nothing of any part."""
        known = [part for part in self.original if part is not None]
        if not known:
            return None
        verdicts = [part.verdict for part in known]
        whole = len(known) == len(self.parts)
        return FAILS if FAILS in verdicts else all_of(verdicts) if whole else UNDECIDED


def read_claims(plan: dict) -> list[Claim]:
    """Return the claims of all chapters, in their order. Raises ValueError for an id used twice."""
    found: list[Claim] = []
    for chapter in chapters(plan):
        for claim in chapter.claims():
            if claim.id in {other.id for other in found}:
                raise ValueError(f"{chapter.folder}: there are two claims {claim.id!r}")
            found.append(replace(claim, chapter=chapter.title(plan)))
    return found


def judge_all(study: Study, claims: Sequence[Claim], choices: Choices = Choices()) -> list[Judged]:
    """Return the claims that apply to a study, each judged."""
    return [judge(study, claim, choices) for claim in claims if applies(study, claim)]


def applies(study: Study, claim: Claim) -> bool:
    """Return whether a claim is about this study's data, networks and trainings."""
    places = [place for part in claim.parts for place in _places(study, part)]
    if not places:
        return False
    if claim.source == ORIGINAL:
        return study.original is not None and all(map(study.original.has_like, places))
    dataset = study.plan["dataset"]
    return all(dataset.get(key) == value for key, value in claim.applies.items())


def _places(study: Study, part: Part) -> list[tuple[str, str]]:
    """Return where the sides of a part's comparisons are, of those that the study has."""
    found = []
    for pair in part.measured:
        try:
            found += [study.locate(**plain(side)) for side in pair if "epochs" not in side]
        except NotInStudyError:
            continue
    return found


def judge(study: Study, claim: Claim, choices: Choices = Choices()) -> Judged:
    """Judge a claim by this study's results and, if it has them, by the original's."""
    parts = _judge_parts(study, claim.parts, choices)
    original: list[JudgedPart | None] = []
    if claim.source == ORIGINAL and study.original is not None:
        judged = _judge_parts(study.original, claim.parts, choices)
        original = [p if any(c.difference for c in p.comparisons) else None for p in judged]
    return Judged(claim, all_of([p.for_claim for p in parts]), tuple(parts), tuple(original))


def measured_sides(
    study: Study, claims: Sequence[Claim], choices: Sequence[Choices] = (Choices(),)
) -> Iterator[tuple[Side, str]]:
    """Yield what was measured of each side of every comparison, with its unit."""
    parts = [part for claim in claims for part in claim.parts]
    for part, choice in itertools.product(parts, choices):
        for a, b in part.measured:
            try:
                sides = sides_of(study, part.measure, a, b, _level(part, choice))
            except NotInStudyError:
                continue
            yield from ((side, MEASURES[part.measure].unit) for side in sides)


def all_of(verdicts: Sequence[str]) -> str:
    """Return the verdict on what holds only if all its parts do."""
    if FAILS in verdicts:
        return FAILS
    return HOLDS if set(verdicts) == {HOLDS} else UNDECIDED


def _judge_parts(study: Study, parts: Sequence[Part], choices: Choices) -> list[JudgedPart]:
    compared = [_comparisons(study, part, choices) for part in parts]
    adjusted = iter(holm([c.p_against for comparisons in compared for c in comparisons]))
    judged = []
    for part, comparisons in zip(parts, compared, strict=True):
        p_values = tuple(next(adjusted) for _ in comparisons)
        aside = _aside(study, part)
        correlation = _correlation(study, part, choices) if part.by else None
        verdict = _verdict_of(comparisons, p_values, correlation)
        judged.append(JudgedPart(part, tuple(comparisons), p_values, verdict, correlation, aside))
    return judged


def _comparisons(study: Study, part: Part, choices: Choices) -> list[Comparison]:
    level = _level(part, choices)
    pairs = _trend_pairs(study, part, choices) if part.by else part.pairs
    found = [compare(study, part.measure, a, b, part.mode, level) for a, b in pairs]
    return [
        replace(c, margin=c.margin * choices.margin, wide_margin=c.wide_margin * choices.margin)
        for c in found
    ]


def _level(part: Part, choices: Choices) -> Level | None:
    """Return the level of a part; one that is where others end is no choice."""
    if part.level and part.level.share < 1:
        return replace(part.level, share=min(part.level.share + choices.level, 1.0))
    return part.level


def _verdict_of(
    comparisons: Sequence[Comparison],
    p_values: Sequence[float],
    correlation: tuple[float, float] | None,
) -> str:
    if any(p < ALPHA for p in p_values):
        return FAILS
    if correlation is not None:
        rho, p_value = correlation
        return UNDECIDED if not p_value < ALPHA else HOLDS if rho > 0 else FAILS
    compared = [c for c in comparisons if not c.left_out]
    return HOLDS if compared and all(c.holds for c in compared) else UNDECIDED


def _trend_pairs(study: Study, part: Part, choices: Choices) -> list[tuple[Settings, Settings]]:
    try:
        sizes = [_size(study, side, part.by, choices) for side in part.sides]
    except NotInStudyError:
        return list(zip(part.sides, part.sides[1:], strict=False))
    named = list(zip(part.sides, sizes, strict=True))
    sign = 1 if part.rising else -1
    return [(a, b) for a, x in named for b, y in named if sign * (x - y) > 0]


def _size(study: Study, side: Settings, by: str, choices: Choices) -> float:
    entry = study.entries(*study.locate(**plain(side)))[0]
    column = choices.depth if by == "depth" else by
    if column in study.networks:
        return float(study.networks[column].to_dict()[entry["network"]])
    return float(entry[column])


def _correlation(study: Study, part: Part, choices: Choices) -> tuple[float, float]:
    """Return the rank correlation in the claim's direction, and its exact p-value."""
    try:
        x = [_size(study, side, part.by, choices) for side in part.sides]
        values = MEASURES[part.measure].values
        y = [
            float(values(study, study.locate(**plain(side)), side, None).mean())
            for side in part.sides
        ]
    except NotInStudyError:
        return float("nan"), 1.0
    if not np.isfinite(y).all():
        return float("nan"), 1.0
    rho, p_value = rank_correlation(x, y)
    return (rho if part.rising else -rho), p_value


def _aside(study: Study, part: Part) -> str:
    """Return why a part cannot be asked: what it compares with has not converged."""
    if part.unless_rising is None:
        return ""
    try:
        place = study.locate(**plain(part.unless_rising))
        if not last_rise(study, place) > TOLERANCE:
            return ""
    except (NotInStudyError, KeyError):
        return ""
    name = part.unless_rising.get("name") or study.label(*place)
    return f"Set aside: {name} still rises at its end, so how steady it will be is not known."
