"""The content of claims.json: verdicts with their numbers, their sensitivity, and the plateaus."""

import math
from collections.abc import Sequence
from typing import Any

from fashionlab.claims import wording
from fashionlab.claims.comparisons import Comparison
from fashionlab.claims.judging import Choices, Judged, JudgedPart, judge_all
from fashionlab.claims.plateaus import find_plateaus, plateau_sensitivity
from fashionlab.claims.rows import Claim
from fashionlab.study import Study

# What is chosen, and what could have been: the verdicts with each are compared.
OTHER_CHOICES = {
    "half the margin": Choices(margin=0.5),
    "twice the margin": Choices(margin=2.0),
    "levels a tenth of the way lower": Choices(level=-0.1),
    "levels a twentieth of the way higher": Choices(level=0.05),
    "two linear layers in a row as one": Choices(depth="merged_depth"),
}


def claims_content(study: Study, claims: Sequence[Claim]) -> dict[str, Any]:
    """Return the content of ``results/claims.json`` (docs/results.md describes it)."""
    judged = judge_all(study, claims)
    return {
        "claims": [entry(one) for one in judged],
        "sensitivity": [
            {"choice": words, "changes": changes(judged, judge_all(study, claims, choices))}
            for words, choices in OTHER_CHOICES.items()
        ],
        "plateaus": find_plateaus(study),
        "plateau_sensitivity": plateau_sensitivity(study),
    }


def changes(judged: Sequence[Judged], other: Sequence[Judged]) -> list[dict[str, str]]:
    """Return the parts whose verdict another choice changes: claim, words, from, to."""
    return [
        {"id": a.claim.id, "part": p.part.words, "from": p.verdict, "to": q.verdict}
        for a, b in zip(judged, other, strict=True)
        for p, q in zip(a.parts, b.parts, strict=True)
        if p.verdict != q.verdict
    ]


def entry(judged: Judged) -> dict[str, Any]:
    """Return the entry of one claim."""
    original = judged.original or (None,) * len(judged.parts)
    return {
        "id": judged.claim.id,
        "claim": judged.claim.words,
        "source": judged.claim.source,
        "chapter": judged.claim.chapter,
        "figure": judged.claim.figure,
        "verdict": judged.verdict,
        "verdict_original": judged.original_verdict,
        "reason": wording.reason(judged),
        "parts": [_part(p, o) for p, o in zip(judged.parts, original, strict=True)],
    }


def _part(part: JudgedPart, original: JudgedPart | None) -> dict[str, Any]:
    main = part.decisive
    rho, p_value = part.correlation or (math.nan, math.nan)
    return {
        "part": part.part.words,
        "mode": part.part.mode,
        "verdict": part.verdict,
        "set_aside": part.aside,
        "measured": wording.measured(part),
        "result": wording.result(part),
        "reason": wording.part_reason(part),
        "test": wording.test_of(part),
        "would_change": wording.would_change(part),
        "rank_correlation": _plain(rho),
        "rank_p_value": _plain(p_value),
        "comparisons": [
            _comparison(c, p) for c, p in zip(part.comparisons, part.p_values, strict=True)
        ],
        "decisive": part.comparisons.index(main) if main else None,
        "original": _original(original) if original else None,
    }


def _original(part: JudgedPart) -> dict[str, Any]:
    return {
        "verdict": part.verdict,
        "result": wording.result(part),
        "measured": wording.measured(part),
        "would_change": wording.would_change(part),
        "comparisons": [
            _comparison(c, p) for c, p in zip(part.comparisons, part.p_values, strict=True)
        ],
    }


def _comparison(c: Comparison, p_against: float) -> dict[str, Any]:
    return {
        "a": c.a,
        "b": c.b,
        "measure": c.measure,
        "unit": c.unit,
        "runs": list(c.runs),
        "effect": _plain(c.value),
        "confidence": round(c.level, 2),
        "interval": [_plain(bound) for bound in c.interval] if c.interval else None,
        "lines": [_plain(line) for line in c.lines],
        "doubt_from": c.basis or None,
        "p_against": _plain(p_against),
        "holds": c.holds,
        "remark": c.remark,
    }


def _plain(value: float) -> float | None:
    """Return six significant digits (further ones differ from machine to machine), or None."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
