"""Two variants compared in one measure, and what that says of "above", "not below" and "equal".

The one place with the rules by which this study decides:

- From three runs on an interval over runs decides, paired by seed where the network is the same;
  from five runs on the doubt of the images is in it as well.
- With fewer runs the spread over seeds is taken from the published study of many runs, where it was
  measured for exactly these settings (see `spread`); elsewhere nothing is decided.
- above: the 95 % interval of a - b is above 0. It does not hold if the interval is below 0. below:
  the other way round.
- not_below (non-inferiority, as in ICH E9): the 95 % interval is above minus the margin.
- equal (two one-sided tests, Schuirmann 1987): the 90 % interval is within the margin either way;
  it does not hold if the interval is wholly outside.
- The margin is the repeatability limit: what two trainings of the same network with other seeds
  differ by at most, in 95 % of pairs. Who trains once could not see a smaller difference. As it is
  an estimate, a claim holds within its lower limit and fails beyond its upper one.
- A run that diverged, or is dead (a gradient of exactly 0), is left out and never decides.

A factor is compared on its logarithm and shown as a ratio.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.claims.quantities import (
    FACTOR,
    MEASURES,
    Level,
    Measure,
    Settings,
    level_words,
    plain,
)
from fashionlab.claims.spread import published_spread, settings_of
from fashionlab.markup import VERDICTS
from fashionlab.statistics import (
    ALPHA,
    CONFIDENCE,
    RUNS_FOR_IMAGES,
    RUNS_FOR_INTERVAL,
    Difference,
    Spread,
    image_variance,
    paired_difference,
    repeatability_limits,
    spread_difference,
    welch_difference,
    with_images,
)
from fashionlab.study import NotInStudyError, Study

HOLDS, FAILS, UNDECIDED = VERDICTS
ABOVE, BELOW, NOT_BELOW, EQUAL = "above", "below", "not_below", "equal"
LEVELS = {ABOVE: CONFIDENCE, BELOW: CONFIDENCE, NOT_BELOW: CONFIDENCE, EQUAL: 1 - 2 * ALPHA}
AS_LONG = "as long as the other"  # the number of epochs of the other side
OVER_RUNS, OVER_BOTH, OVER_SEEDS = "runs", "runs and images", "published spread over seeds"


@dataclass(frozen=True)
class Comparison:
    """The claim that a is above b (not below, equal) in one measure: numbers, and what they say.

    Of a factor the difference and the margins are logarithms; `value`, `interval` and `lines` are
    ratios.
    """

    a: str
    b: str
    measure: str
    unit: str
    mode: str = ABOVE
    difference: Difference | None = None  # None: there is nothing to compare, the remark says why
    runs: tuple[int, int] = (0, 0)
    basis: str = ""  # what the doubt was estimated from; empty: it is not known
    margin: float = math.nan
    wide_margin: float = math.nan
    remark: str = ""
    one_sided: bool = False  # a run has not arrived yet: the true difference may turn
    left_out: bool = False  # one side has only runs that diverged or are dead: it never decides

    @property
    def known(self) -> bool:
        """Whether the doubt of the difference is known, so that something can be decided."""
        return self.difference is not None and bool(self.basis) and not math.isnan(self.margin)

    @property
    def level(self) -> float:
        """The confidence of the interval that decides."""
        return LEVELS[self.mode]

    @property
    def value(self) -> float:
        """The effect: a - b, or a / b for a factor."""
        return self.shown(self.difference.estimate) if self.difference else math.nan

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of the effect at the mode's level, or None where it is not known."""
        if self.difference is None or not self.basis:
            return None
        low, high = self.difference.interval(self.level)
        return self.shown(low), self.shown(high)

    @property
    def lines(self) -> tuple[float, ...]:
        """The line of decision, two for "equal", in the unit of the effect."""
        return tuple(map(self.shown, self.difference_lines))

    @property
    def difference_lines(self) -> tuple[float, ...]:
        """The same in the unit of the difference: of a factor, logarithms."""
        if self.mode in (ABOVE, BELOW):
            return (0.0,)
        if math.isnan(self.margin):
            return ()
        return (-self.margin,) if self.mode == NOT_BELOW else (-self.margin, self.margin)

    @property
    def clearance(self) -> float:
        """How far on the claim's side of the line it is, in standard errors if they are known."""
        claimed = self._claimed
        if claimed is None:
            return math.nan
        shift = claimed.estimate + (0 if math.isnan(self.margin) else self.margin)
        if self.mode == EQUAL:
            shift = self.margin - abs(claimed.estimate) if self.known else -abs(claimed.estimate)
        return shift / claimed.error if claimed.error > 0 else shift

    @property
    def holds(self) -> bool:
        """Whether this comparison shows what is claimed, at 5 %."""
        claimed = self._claimed
        if claimed is None or not self.known or self.one_sided:
            return False
        low, high = claimed.interval(self.level)
        return low > -self.margin and (self.mode != EQUAL or high < self.margin)

    @property
    def p_against(self) -> float:
        """The p-value of the opposite of what is claimed; 1 where it cannot be known."""
        claimed = self._claimed
        if claimed is None or not self.known or self.one_sided:
            return 1.0
        below = claimed.p_below(-self.wide_margin)
        if self.mode == EQUAL:
            return min(claimed.p_above(self.wide_margin), below)
        return min(2 * below, 1.0)

    @property
    def _claimed(self) -> Difference | None:
        """The difference in the claim's direction: it holds if this is above minus the margin."""
        if self.difference is None or self.mode != BELOW:
            return self.difference
        return replace(self.difference, estimate=-self.difference.estimate)

    @property
    def verdict(self) -> str:
        """The verdict on this comparison alone."""
        return self.verdict_at(self.p_against)

    def verdict_at(self, p_against: float) -> str:
        """Return the verdict with a p-value against it that is corrected for several."""
        return HOLDS if self.holds else FAILS if p_against < ALPHA else UNDECIDED

    def shown(self, shift: float) -> float:
        """Return a difference, or a ratio of its logarithm for a factor."""
        return math.exp(shift) if self.unit == FACTOR else shift


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: where it is in the study, and its value a run."""

    name: str
    place: tuple[str, str]
    key: str  # under which the spread over seeds of this measure is kept
    values: pd.Series


def compare(
    study: Study,
    measure: str,
    a: Settings,
    b: Settings,
    mode: str = ABOVE,
    level: Level | None = None,
) -> Comparison:
    """Compare two variants, which are given by their settings, in one of MEASURES.

    What the study lacks gives a comparison without a difference, whose remark says what is missing.
    """
    what = MEASURES[measure]
    a, b, level = _resolved(study, a, b, level)
    words = what.words + (f" {level_words(study, level)}" if level else "")
    found = Comparison(_name(a), _name(b), words, what.unit, mode)
    try:
        sides = sides_of(study, measure, a, b, level)
        found = replace(found, a=sides[0].name, b=sides[1].name)
        return _compared(study, found, what, sides)
    except NotInStudyError as lack:
        return replace(found, remark=str(lack))


def sides_of(
    study: Study, measure: str, a: Settings, b: Settings, level: Level | None
) -> list[Side]:
    """Return what was measured of both sides. Raises NotInStudyError for what the study lacks."""
    a, b, level = _resolved(study, a, b, level)
    return [_side(study, measure, settings, level) for settings in (a, b)]


def _resolved(
    study: Study, a: Settings, b: Settings, level: Level | None
) -> tuple[Settings, Settings, Level | None]:
    a, b = _as_long(study, a, b), _as_long(study, b, a)
    return a, b, replace(level, of=(b,)) if level and not level.of else level


def _as_long(study: Study, settings: Settings, other: Settings) -> Settings:
    """Return settings in which AS_LONG has become the number of epochs of the other side."""
    if settings.get("epochs") != AS_LONG:
        return settings
    try:
        place = study.locate(**plain(other))
    except NotInStudyError:  # and so there is no comparison
        return {key: value for key, value in settings.items() if key != "epochs"}
    return {**settings, "epochs": study.entries(*place)[0]["epochs"]}


# What was measured of a study: claims ask for the same again, with other choices as well.
_measured: WeakKeyDictionary[Study, dict[str, Side]] = WeakKeyDictionary()


def _side(study: Study, measure: str, settings: Settings, level: Level | None) -> Side:
    known = _measured.setdefault(study, {})
    asked = repr((measure, sorted(settings.items()), level))
    if asked not in known:
        place = study.locate(**plain(settings))
        key = measure + (f" to {_level_key(study, level)}" if level else "")
        key += f" in phase {settings['phase']}" if "phase" in settings else ""
        values = MEASURES[measure].values(study, place, settings, level)
        values = values.where(study.diverged(*place).reindex(values.index).isna())
        name = str(settings.get("name") or study.label(*place))
        known[asked] = Side(name, place, key, values)
    return known[asked]


def _level_key(study: Study, level: Level) -> str:
    """Return a level for `Side.key`: the same text for the same settings in every study."""
    aims = sorted(settings_of(study, study.locate(**plain(aim)))[:12] for aim in level.of)
    return f"{level.share:g} of {level.column} of {' '.join(aims)}"


def _compared(study: Study, found: Comparison, what: Measure, sides: list[Side]) -> Comparison:
    turn = _may_turn(sides)
    capped = [
        s.values.replace(math.inf, _total_steps(study, s)) if turn is not None else s.values
        for s in sides
    ]
    values = [series[np.isfinite(series)] for series in capped]
    remark = _left_out([len(c) - len(v) for c, v in zip(capped, values, strict=True)], sides)
    if not all(map(len, values)):
        return replace(found, remark=remark, left_out=True)
    if what.unit == FACTOR:
        values = [np.log(series) for series in values]
    networks = [study.entries(*side.place)[0]["network"] for side in sides]
    common = values[0].index.intersection(values[1].index)
    paired = networks[0] == networks[1] and len(common) >= RUNS_FOR_INTERVAL
    if paired:
        values = [series.loc[common] for series in values]
    counts = len(values[0]), len(values[1])
    estimate = float(values[0].mean() - values[1].mean())
    spreads: list[Spread] = []
    if min(counts) >= RUNS_FOR_INTERVAL:
        arrays = [series.to_numpy(float) for series in values]
        difference = (paired_difference if paired else welch_difference)(*arrays)
        spreads, basis = [Spread(float(v.std(ddof=1)), len(v)) for v in arrays], OVER_RUNS
        images = _image_variance(study, what.part, sides, values, paired)
        if images is not None:
            difference, basis = with_images(difference, images), OVER_BOTH
    else:
        published = [published_spread(study, side.place, side.key) for side in sides]
        spreads = [spread for spread in published if spread is not None]
        known = len(spreads) == len(sides)
        difference = (
            spread_difference(estimate, spreads, counts)
            if known
            else Difference(estimate, math.nan)
        )
        basis = OVER_SEEDS if known else ""
    margins = (0.0, 0.0) if found.mode in (ABOVE, BELOW) else repeatability_limits(spreads)
    line = {NOT_BELOW: -margins[0], EQUAL: -(turn or 0) * margins[0]}.get(found.mode, 0.0)
    return replace(
        found,
        difference=difference,
        basis=basis,
        runs=counts,
        margin=margins[0],
        wide_margin=margins[1],
        remark=remark,
        one_sided=turn is not None and turn * (estimate - line) >= 0,
    )


def _total_steps(study: Study, side: Side) -> int:
    entry = study.entries(*side.place)[0]
    return int(entry["epochs"] * entry["steps_per_epoch"])


def _may_turn(sides: list[Side]) -> int | None:
    """Return the sign of a difference that longer trainings could turn, 0 for both, else None.

    A run that never arrived counts with all its steps, fewer than it would need.
    """
    never = [bool(np.isinf(side.values).any()) for side in sides]
    if not any(never):
        return None
    return 0 if all(never) else 1 if never[1] else -1


def _image_variance(
    study: Study, part: str | None, sides: list[Side], values: list[pd.Series], paired: bool
) -> float | None:
    """Return what other images would add to the variance, or None: too few runs, no images."""
    if part is None or min(map(len, values)) < RUNS_FOR_IMAGES:
        return None
    try:
        correct = [study.correct(*side.place, part) for side in sides]
    except NotInStudyError:
        return None
    own = [c.loc[c.index.isin(v.index)] for c, v in zip(correct, values, strict=True)]
    return image_variance(own[0].to_numpy(bool), own[1].to_numpy(bool), paired)


def _name(settings: Settings) -> str:
    return str(settings.get("name") or settings.get("network") or "")


def _left_out(lost: Sequence[int], sides: list[Side]) -> str:
    parts = [
        f"{prose.count(n, 'run')} of {side.name}" for n, side in zip(lost, sides, strict=True) if n
    ]
    return f"Left out, as diverged or dead: {prose.join(parts)}." if parts else ""


def one_to_choose(
    study: Study, experiment: str, measure: str = "validation_accuracy"
) -> str | None:
    """Return the variant to choose: the smallest that is not below any other, or None.

    Not below: `compare` with NOT_BELOW holds against each. By validation accuracy, for a choice
    made on the test set would spoil it. None where these runs cannot show it for any variant.
    """
    table = study.variants(experiment).sort_values("parameters", kind="stable")
    for variant in table.index:
        if all(
            compare(
                study, measure, _at(experiment, variant), _at(experiment, other), NOT_BELOW
            ).holds
            for other in table.index
            if other != variant
        ):
            return str(variant)
    return None


def ties_with_best(
    study: Study,
    experiment: str,
    measure: str = "test_accuracy",
    variants: Sequence[str] | None = None,
) -> list[str]:
    """Return the variant with the highest mean and those that it is not shown to be above."""
    names = list(study.variants(experiment).index if variants is None else variants)
    sides = {name: _at(experiment, name) for name in names}
    means = {
        n: float(MEASURES[measure].values(study, (experiment, n), {}, None).mean()) for n in names
    }
    ended = sorted((n for n in names if math.isfinite(means[n])), key=lambda n: -means[n])
    if not ended:
        return []
    best, *others = ended
    return [best, *(o for o in others if not compare(study, measure, sides[best], sides[o]).holds)]


def _at(experiment: str, variant: str) -> dict[str, str]:
    return {"experiment": experiment, "variant": variant}
