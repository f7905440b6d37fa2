"""The original's claims, and their verdicts in this study.

The rules are in ``rules_*``; what they share is in ``comparisons``.
"""

import math
from dataclasses import dataclass
from typing import Any

from fashionlab.judgement import rules_q2 as rules_q2
from fashionlab.judgement import rules_q3 as rules_q3
from fashionlab.judgement import rules_q4 as rules_q4
from fashionlab.judgement.comparisons import UNDECIDED, Comparison, Judgement
from fashionlab.judgement.evidence import CannotJudgeError, Study
from fashionlab.judgement.plateau import epoch_means, find_switch_epochs

RULES = rules_q2.RULES | rules_q3.RULES | rules_q4.RULES


@dataclass(frozen=True)
class Claim:
    """A claim of the original report: what it says, and the figure that shows it here."""

    id: str
    claim: str
    figure: str

    @property
    def question(self) -> str:
        """The homework's question that the claim answers: "Q2", "Q3" or "Q4"."""
        return f"Q{self.id[0]}"


CLAIMS = (
    Claim(
        "2a",
        "cnn4 has the best test accuracy, cnn5 the best validation accuracy.",
        "generalisation",
    ),
    Claim("2b", "mlp2 has the lowest test and validation accuracy.", "generalisation"),
    Claim("2c", "The fewer parameters, the better the generalisation.", "size_and_depth"),
    Claim("2d", "Deeper is better.", "size_and_depth"),
    Claim("2e", "The convolutional networks beat the perceptrons.", "generalisation"),
    Claim("2f", "mlp1 beats mlp2.", "generalisation"),
    Claim(
        "2g", "Perceptron weights are easier to interpret than convolution weights.", "weights_mlp1"
    ),
    Claim("2h", "cnn4 fits the training data better than cnn5.", "generalisation"),
    Claim("2i", "cnn5 is the one to choose.", "generalisation"),
    Claim("3a", "ReLU networks have larger gradients than sigmoid ones.", "gradients"),
    Claim(
        "3b",
        "With the same activation, perceptrons have larger gradients than convolutional networks.",
        "gradients",
    ),
    Claim("3c", "The deeper, the smaller the gradient; cnn5 has the smallest.", "gradients"),
    Claim(
        "3d",
        "Unscaled inputs make it slower to a good result, and gradients larger.",
        "input_scaling",
    ),
    Claim("4a", "A larger learning rate converges faster.", "learning_rates"),
    Claim("4b", "A larger learning rate oscillates more where it has converged.", "learning_rates"),
    Claim(
        "4c",
        "The schedule keeps the speed of 0.1 and gains the steadiness of 0.001.",
        "schedule_three_rates",
    ),
    Claim(
        "4d", "The scheduled run's accuracy is nearly the same as Adam's.", "schedule_against_adam"
    ),
    Claim("4e", "The schedule converges better than Adam.", "schedule_against_adam"),
)


def judge_claims(study: Study) -> dict[str, Any]:
    """Return the content of ``results/claims.json``: verdicts on all claims, and the plateaus."""
    return {
        "claims": [_entry(claim, judge(claim.id, study)) for claim in CLAIMS],
        "plateaus": find_switch_epochs(study.plan, lambda *key: _curve(study, *key)),
    }


def judge(claim_id: str, study: Study) -> Judgement:
    """Return the judgement on one claim; what the study lacks makes it undecided."""
    try:
        return RULES[claim_id](study)
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
