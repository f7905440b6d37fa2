"""Claims of the original report, as the chapters declare them."""

from collections.abc import Sequence

from fashionlab.claims.rows import ORIGINAL, Claim, Part


def claim(name: str, words: str, figure: str, parts: Sequence[Part]) -> Claim:
    """Return a claim of the original, judged where the study has its data set and networks."""
    return Claim(name, words, figure, parts, ORIGINAL)
