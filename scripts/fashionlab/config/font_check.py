"""Whether the texts of a configuration can be printed: whether the font of the figures has them.

Each stands in a figure, a caption or a heading, all set in that font. What it has, the PDF can show
elsewhere, too.
"""

import functools
import importlib.util
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from fashionlab.config.schema_check import Mistake, shown

FONT = Path(__file__).parents[3] / "report" / "fonts" / "SourceSans3-Regular.ttf"


def font_mistakes(config: dict) -> Iterator[Mistake]:
    """Yield texts with a character that the font lacks; the report would fail after all trainings.

    Where fontTools is not installed, beside a Snakemake that brings its own environments for the
    jobs, the report finds out.
    """
    for path, text in _printed(config):
        if text.isascii() or not importlib.util.find_spec("fontTools"):
            continue
        for character in sorted(set(text) - _characters())[:1]:
            name = unicodedata.name(character, "a character without a name")
            yield path, f"{shown(text)}: {FONT.name} has no U+{ord(character):04X} ({name})"


def _printed(config: dict) -> Iterator[tuple[tuple, str]]:
    """Yield the texts of a configuration that the report prints, with their places."""
    yield ("demonstration",), config["demonstration"]
    yield ("dataset", "name"), config["dataset"]["name"]
    for number, name in enumerate(config["dataset"]["classes"]):
        yield ("dataset", "classes", number), name
    for experiment, section in config["experiments"].items():
        for key in section.keys() & {"title", "question"}:
            yield ("experiments", experiment, key), section[key]


@functools.cache
def _characters() -> set[str]:
    from fontTools.ttLib import TTFont  # some 30 ms

    with TTFont(FONT, lazy=True) as font:
        return set(map(chr, font.getBestCmap()))
