"""Facts on the verdicts: the table of claims, and what the answers say of each."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fashionlab import prose

if TYPE_CHECKING:
    from fashionlab.findings.facts import Facts

KINDS = ("holds", "does not hold", "undecided")


class Verdicts:
    """The judged claims, in the order of the file of claims."""

    def __init__(self, f: "Facts"):
        """Read this section's facts out of those of the study."""
        self._f = f
        self.all = f.claims["claims"]
        self._by_id = {claim["id"]: claim for claim in self.all}

    def has(self, claim_id: str) -> bool:
        """Return whether a claim was judged."""
        return claim_id in self._by_id

    def of(self, claim_id: str) -> dict:
        """Return a claim. Raises KeyError for an unknown id."""
        return self._by_id[claim_id]

    def quoted(self, claim_id: str) -> str:
        """Return a claim's words for use within a sentence, without a full stop."""
        return self.of(claim_id)["claim"].rstrip(".")

    def count(self, verdict: str) -> int:
        """Return how many claims got a verdict."""
        return sum(claim["verdict"] == verdict for claim in self.all)

    @property
    def tally(self) -> str:
        """Return the counts as words: "five hold and six are undecided", or "all are undecided"."""
        words = {
            "holds": ("holds", "hold"),
            "does not hold": ("does not hold", "do not hold"),
            "undecided": ("is undecided", "are undecided"),
        }
        return prose.join(
            f"{'all' if n == len(self.all) > 1 else prose.word(n)} {prose.plural(n, *words[kind])}"
            for kind in KINDS
            if (n := self.count(kind))
        )

    def rows(self, verdict: Callable, ref: Callable) -> list[dict[str, Any]]:
        """Table of all claims; `verdict` and `ref` make badges and links to figures."""
        return [
            {
                "Id": claim["id"],
                "Claim": claim["claim"],
                "Verdict": verdict(claim["verdict"]),
                "Effect": self.numbers(claim),
                "p": self.p_text(claim),
                "Figure": ref(figure)
                if self._f.has_figure(figure := claim["figure"])
                else prose.DASH,
            }
            for claim in self.all
        ]

    @property
    def by_question(self) -> list[tuple[str, list[dict]]]:
        """The claims by question: ("Question 2", [claims])."""
        questions = dict.fromkeys(claim["question"] for claim in self.all)
        return [
            (question.replace("Q", "Question "), [c for c in self.all if c["question"] == question])
            for question in questions
        ]

    def numbers(self, claim: dict) -> str:
        """Return a claim's effect with its unit and interval, for the table."""
        if not prose.exists(claim["effect"]):
            return prose.DASH
        low_high = claim["interval"]
        unit = claim["unit"] or ""
        show = prose.magnitude if unit == "factor" else prose.signed
        text = f"{show(claim['effect'])} {_short(unit)}".rstrip()
        if low_high and all(map(prose.exists, low_high)):
            text += f" ({show(low_high[0])} to {show(low_high[1])})".replace(
                " to ", "\u00a0to\u00a0"
            )
        return text

    def p_text(self, claim: dict) -> str:
        """Return a claim's p-value for the table."""
        p = claim["p_value"]
        if not prose.exists(p):
            return prose.DASH
        return f"<{prose.NBSP}0.001" if p < 0.001 else prose.number(p, 3)


def _short(unit: str) -> str:
    return {"percentage points": "points", "factor": "times"}.get(unit, unit)
