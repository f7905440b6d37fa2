"""Facts on the verdicts: the table of claims, and what the answers say of each."""

from collections.abc import Callable
from typing import Any

from fashionlab import prose
from fashionlab.findings.finished import Finished
from fashionlab.findings.section import Section

WORDS = {
    "holds": ("holds", "hold"),
    "does not hold": ("does not hold", "do not hold"),
    "undecided": ("is undecided", "are undecided"),
}
UNITS = {"percentage points": "points", "factor": "times"}


class Verdicts(Section):
    """The judged claims, in the order of the file of claims."""

    def __init__(self, f: Finished):
        super().__init__(f)
        self.all = f.claims["claims"]
        self.by_id = {claim["id"]: claim for claim in self.all}

    def count(self, verdict: str) -> int:
        """Return how many claims got a verdict."""
        return sum(claim["verdict"] == verdict for claim in self.all)

    @property
    def tally(self) -> str:
        """Return the counts as words: "five hold and six are undecided", or "all are undecided"."""
        return prose.join(
            f"{'all' if n == len(self.all) > 1 else prose.word(n)} {prose.plural(n, *words)}"
            for kind, words in WORDS.items()
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
                "Figure": ref(claim["figure"])
                if self.f.has_figure(claim["figure"])
                else prose.DASH,
            }
            for claim in self.all
        ]

    def numbers(self, claim: dict) -> str:
        """Return a claim's effect with its unit and interval, for the table."""
        if not prose.exists(claim["effect"]):
            return prose.DASH
        bounds, unit = claim["interval"], claim["unit"] or ""
        show = prose.magnitude if unit == "factor" else prose.signed
        text = f"{show(claim['effect'])} {UNITS.get(unit, unit)}".rstrip()
        if bounds and all(map(prose.exists, bounds)):
            text += f" ({show(bounds[0])}\u00a0to\u00a0{show(bounds[1])})"
        return text

    def p_text(self, claim: dict) -> str:
        """Return a claim's p-value for the table."""
        p = claim["p_value"]
        if not prose.exists(p):
            return prose.DASH
        return f"<{prose.NBSP}0.001" if p < 0.001 else prose.number(p, 3)
