"""The verdicts on the original's claims in this study, and where its curves have stopped rising.

The claims and their rules are in ``rules_*``; what the rules share is in ``comparisons``.
"""

import math
from typing import Any

# Importing the rules declares the claims.
from fashionlab.judgement import rules_q2, rules_q3, rules_q4, rules_weights  # noqa: F401
from fashionlab.judgement.comparisons import UNDECIDED, Comparison, Judgement
from fashionlab.judgement.declared import CLAIMS, Claim
from fashionlab.judgement.evidence import CannotJudgeError, Study
from fashionlab.plateau import epoch_means, find_switch_epochs


def judge_claims(study: Study) -> dict[str, Any]:
    """Return the content of ``results/claims.json``: verdicts on all claims, and the plateaus."""
    return {
        "claims": [_entry(CLAIMS[name], judge(name, study)) for name in sorted(CLAIMS)],
        "plateaus": find_switch_epochs(study.plan, lambda *key: _curve(study, *key)),
    }


def judge(claim_id: str, study: Study) -> Judgement:
    """Return the judgement on one claim; what the study lacks makes it undecided."""
    try:
        return CLAIMS[claim_id].rule(study)
    except CannotJudgeError as lack:
        return Judgement(UNDECIDED, str(lack))


def _curve(study: Study, experiment: str, variant: str) -> Any:
    rows = study.records.query("experiment == @experiment and variant == @variant")
    return epoch_means(rows) if rows["validation_accuracy"].notna().any() else None


def _entry(claim: Claim, judgement: Judgement) -> dict[str, Any]:
    main = judgement.decisive
    return {
        "id": claim.id,
        "question": claim.question,
        "claim": claim.claim,
        "figure": claim.figure if main else None,
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "test": judgement.test,
        "effect": _plain(main.value) if main else None,
        "unit": main.unit if main else None,
        "interval": _interval(main) if main else None,
        "p_value": _plain(main.p_adjusted) if main else None,
        "comparisons": [_comparison(comparison) for comparison in judgement.comparisons],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "a": comparison.a,
        "b": comparison.b,
        "measure": comparison.measure,
        "unit": comparison.unit,
        "runs": comparison.runs,
        "difference": _plain(comparison.value),
        "interval": _interval(comparison),
        "p_value": _plain(comparison.difference.p_value),
        "p_adjusted": _plain(comparison.p_adjusted),
        "verdict": comparison.verdict,
    }


def _interval(comparison: Comparison) -> list[float | None] | None:
    return [_plain(bound) for bound in comparison.interval] if comparison.interval else None


def _plain(value: float) -> float | None:
    """Return six significant digits (further ones differ from machine to machine), or None."""
    return float(f"{value:.6g}") if math.isfinite(value) else None
