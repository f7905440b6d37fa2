"""The original's claims: each is declared where it is judged, by ``@claim`` before its rule."""

from collections.abc import Callable
from dataclasses import dataclass

from fashionlab.judgement.comparisons import Judgement
from fashionlab.judgement.evidence import Study

Rule = Callable[[Study], Judgement]


@dataclass(frozen=True)
class Claim:
    """A claim of the original report: what it says, the figure that shows it here, and its rule."""

    id: str
    claim: str
    figure: str
    rule: Rule

    @property
    def question(self) -> str:
        """The homework's question that the claim answers: "Q2", "Q3" or "Q4"."""
        return f"Q{self.id[0]}"


CLAIMS: dict[str, Claim] = {}


def claim(claim_id: str, words: str, figure: str) -> Callable[[Rule], Rule]:
    """Return a decorator that declares a claim, which the function judges."""

    def declare(rule: Rule) -> Rule:
        assert claim_id not in CLAIMS, f"two claims are called {claim_id}"
        CLAIMS[claim_id] = Claim(claim_id, words, figure, rule)
        return rule

    return declare
