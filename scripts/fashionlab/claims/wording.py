"""The sentences of a verdict: what was compared, what came out, and what would change it."""

import math

from fashionlab import prose
from fashionlab.claims.comparisons import (
    ABOVE,
    BELOW,
    EQUAL,
    FAILS,
    HOLDS,
    NOT_BELOW,
    OVER_BOTH,
    OVER_SEEDS,
    UNDECIDED,
    Comparison,
)
from fashionlab.claims.judging import Judged, JudgedPart
from fashionlab.claims.quantities import FACTOR, POINTS
from fashionlab.statistics import ALPHA, RUNS_FOR_INTERVAL

CLAIM_VERBS = {
    HOLDS: ("holds", "hold"),
    FAILS: ("does not hold", "do not hold"),
    UNDECIDED: ("is undecided", "are undecided"),
}
MOST_RUNS = 200  # more are not asked for
UNKNOWN = f"{prose.capitalise(prose.word(RUNS_FOR_INTERVAL))} runs or more."
VERBS = CLAIM_VERBS | {FAILS: ("contradicts it", "contradict it")}  # of a comparison


def reason(judged: Judged) -> str:
    """Return why a claim got its verdict: what the parts that decide it show."""
    if len(judged.parts) == 1:
        return part_reason(judged.parts[0])
    same = [part for part in judged.parts if part.for_claim == judged.verdict]
    verb = prose.plural(len(same), *CLAIM_VERBS[judged.verdict])
    share = f"{prose.capitalise(prose.word(len(same)))} of {prose.word(len(judged.parts))} parts"
    if len(same) == len(judged.parts):
        share = "Both parts" if len(same) == 2 else f"All {prose.word(len(same))} parts"
    main = min(same, key=_clearance)
    which = (
        "" if len(same) == 1 else ", " + ("most clearly" if judged.verdict == FAILS else "weakest")
    )
    return f"{share} {verb}{which} “{main.part.words}”. {part_reason(main)}"


def _clearance(part: JudgedPart) -> float:
    return part.decisive.clearance if part.decisive else -math.inf


def part_reason(part: JudgedPart) -> str:
    """Return why a part got its verdict."""
    if part.aside:
        return part.aside
    main = part.decisive
    share = _share(part)
    sentences = [_trend(part), share]
    if main is not None and (part.correlation is None or part.verdict == FAILS):
        sentences.append(describe(main) if share else prose.capitalise(describe(main)))
        sentences.append(why_undecided(main) if part.verdict == UNDECIDED else "")
        sentences.append(main.remark)
    elif part.correlation is not None and part.verdict == UNDECIDED:
        sentences.append("So few networks show a trend only in perfect order or close to it.")
    lacking = dict.fromkeys(c.remark for c in part.comparisons if not c.difference)
    sentences += [remark for remark in lacking if main is None or remark != main.remark][:1]
    return " ".join(filter(None, sentences))


def _trend(part: JudgedPart) -> str:
    rho, p_value = part.correlation or (math.nan, 1.0)
    if not prose.exists(rho):
        return ""
    return (
        f"The rank correlation in this direction is {prose.number(rho, 2)} over "
        f"{prose.word(len(part.part.sides))} networks ({p_text(p_value)}, exact)."
    )


def _share(part: JudgedPart) -> str:
    """Return how many of several comparisons have the part's verdict."""
    total, verdict = len(part.comparisons), part.verdict
    if part.correlation is not None:
        against = part.count(FAILS)
        pairs = prose.count(
            against, f"pair of {prose.word(total)}", f"pairs of {prose.word(total)}"
        )
        clearly = ", most clearly" if against > 1 else ""
        return f"As a rule it is refuted by {pairs}{clearly}:" if against else ""
    total -= sum(c.left_out for c in part.comparisons)
    if total < 2 or part.decisive is None:
        return ""
    number = part.count(verdict)
    if number == total:
        share = "Both comparisons" if total == 2 else f"All {prose.count(total, 'comparison')}"
    else:
        share = f"{prose.capitalise(prose.word(number))} of {prose.count(total, 'comparison')}"
    last = "most clearly" if verdict == FAILS else "the weakest"
    tail = f"; {last}:" if number > 1 else ":"
    return f"{share} {prose.plural(number, *VERBS[verdict])}{tail}"


def describe(c: Comparison) -> str:
    """Return a comparison as a sentence with its numbers, signed as in the table."""
    if c.difference is None:
        return c.remark
    verb, that = ("are", "those") if c.measure.startswith("steps") else ("is", "that")
    found = f"the {c.measure} of {c.a} {verb} {prose.magnitude(c.value)} times {that} of {c.b}"
    if c.unit != FACTOR:
        unit = f"{prose.NBSP}points" if c.unit == POINTS else ""
        found = f"the {c.measure} of {c.a} minus that of {c.b} is {prose.signed(c.value)}{unit}"
    return f"{found}{_evidence(c)}."


def _evidence(c: Comparison) -> str:
    bounds = c.interval
    if bounds is None:
        return ""
    show = prose.magnitude if c.unit == FACTOR else prose.signed
    low, high = map(show, bounds)
    return f" ({100 * c.level:.0f}{prose.NBSP}% interval {low} to {high})"


def why_undecided(c: Comparison) -> str:
    """Return why a comparison decides nothing."""
    if c.difference is None:
        return ""
    if not c.known:
        runs = prose.count(min(c.runs), "run")
        return (
            f"{prose.capitalise(runs)} cannot tell: how far other seeds would spread is not known "
            "for these settings."
        )
    if c.one_sided:
        return "A run has not arrived by its end; a longer training could turn this."
    if c.p_against < ALPHA:
        return "By itself it would refute the claim, but not as one of several comparisons."
    low, high = c.difference.interval(c.level)
    if c.mode in (NOT_BELOW, EQUAL) and (high < -c.margin or low > c.margin):
        return "It lies between the limits of the margin, of which so few runs leave both open."
    return "The line of decision lies within the interval."


def test_of(part: JudgedPart) -> str:
    """Return the test behind a part, in a few words."""
    known = next((c for c in part.comparisons if c.known), None)
    rule = {
        ABOVE: "difference above 0",
        BELOW: "difference below 0",
        NOT_BELOW: "non-inferiority",
        EQUAL: "two one-sided tests",
    }[part.part.mode]
    if part.correlation is not None:
        rule = "exact rank correlation, and each pair"
    if known is None:
        return f"{rule}; no test is possible"
    over = {
        OVER_BOTH: "over runs and images",
        OVER_SEEDS: "by the published spread over seeds",
    }.get(known.basis, "over runs")
    return f"{rule}, {over}"


def result(part: JudgedPart) -> str:
    """Return an effect with its unit and interval, for a table; of a trend its correlation."""
    c = part.decisive
    if part.correlation is not None and part.verdict != FAILS and prose.exists(part.correlation[0]):
        rho, p_value = part.correlation
        return f"{prose.signed(rho)} ({p_text(p_value)})"
    if c is None or c.difference is None:
        return prose.DASH
    show = prose.magnitude if c.unit == FACTOR else prose.signed
    unit = {FACTOR: " times", POINTS: f"{prose.NBSP}points"}.get(c.unit, "")
    text = f"{show(c.value)}{unit}"
    if c.interval is not None:
        text += f" ({show(c.interval[0])} to {show(c.interval[1])})"
    return text


def measured(part: JudgedPart) -> str:
    """Return what was measured of whom, for a table: "steps to 73.5 %: rate 0.01 / rate 0.1"."""
    c = part.decisive
    if part.correlation is not None and part.verdict != FAILS:
        sign = "" if part.part.rising else "minus "
        of = part.comparisons[0].measure if part.comparisons else part.part.measure
        return f"rank correlation: {sign}{of}, {part.part.by.replace('_', ' ')}"
    if c is None:
        return part.comparisons[0].measure if part.comparisons else ""
    sign = " / " if c.unit == FACTOR else " − "
    return f"{c.measure}: {c.a}{sign}{c.b}"


def would_change(part: JudgedPart) -> str:
    """Return what would change a part's verdict, in one sentence."""
    c = part.decisive
    if part.aside:
        return "A longer training."
    if part.verdict != FAILS and prose.exists((part.correlation or (math.nan,))[0]):
        return "More networks."
    if c is None:
        return "The trainings that it is about."
    if not c.known:
        return UNKNOWN
    if c.one_sided:
        return "A longer training."
    if part.verdict == UNDECIDED:
        return _more_runs(c)
    low, high = c.difference.interval(c.level) if c.difference else (math.nan, math.nan)
    bounds = [abs(bound - line) for bound in (low, high) for line in c.difference_lines]
    return f"A shift of {_amount(c, min(bounds))}."


def _amount(c: Comparison, shift: float) -> str:
    if c.unit == FACTOR:
        return f"a factor of {prose.magnitude(math.exp(shift))}"
    return prose.points(shift) if c.unit == POINTS else prose.number(shift, 2)


def _more_runs(c: Comparison) -> str:
    """Return how many runs would put the interval on one side of the line, all else as it is."""
    assert c.difference is not None
    distance = min(abs(c.difference.estimate - line) for line in c.difference_lines)
    low, high = c.difference.interval(c.level)
    half = (high - low) / 2
    if distance <= 0 or half < distance or not math.isfinite(half):
        return "More runs."
    needed = math.ceil(min(c.runs) * (half / distance) ** 2)
    if needed > MOST_RUNS:
        return f"Not even {MOST_RUNS} runs, if the difference stays so small."
    needed = max(needed, min(c.runs) + 1, RUNS_FOR_INTERVAL)
    return f"About {prose.word(needed)} runs, if the difference stays."


def p_text(p_value: float) -> str:
    """Return "p = 0.012" or "p < 0.001"."""
    return f"p{prose.NBSP}= {p_value:.3f}" if p_value >= 0.001 else f"p{prose.NBSP}< 0.001"
