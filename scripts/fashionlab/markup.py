"""Text from a configuration or from data as text of a markup language, whatever stands in it.

What a chapter of the report can use of this: docs/extending.md.
"""

import re
from collections.abc import Iterable
from typing import Any

import markupsafe

from fashionlab import prose

VERDICTS = ("holds", "does not hold", "undecided")
# Digits, letters, spaces and quotes stay: quotes become typographic ones as in the prose around.
SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~^$@&!=+-]|\.(?=\.)|(?<=\d)[.)](?= |$)|(?:^|(?<=^ ))[:%(]")
# What ends a line, indents it or breaks it; a no-break space is none of these.
BLANKS = re.compile(r"[ \t-\r\x1c-\x1f\x85\u2028\u2029]+")


class ReportError(ValueError):
    """The report cannot be rendered: one sentence that names the thing at fault."""


class Markdown(markupsafe.Markup):
    """Text that is Markdown already; what is added to it or formatted into it is escaped."""

    __slots__ = ()

    @classmethod
    def escape(cls, value: Any) -> "Markdown":
        """Return any value as Markdown that prints as the value's text, on one line."""
        if hasattr(value, "__html__"):
            return cls(value.__html__())
        return cls(SPECIAL.sub(r"\\\g<0>", one_line(value)))


def one_line(value: Any) -> str:
    """Return a value's text without line breaks, tabs, and blanks beside each other."""
    return BLANKS.sub(" ", str(value))


def join(parts: Iterable[Any], separator: str = "") -> str:
    """Return parts as one: Markdown if any of them is, and then the others escaped, else text.

    For Jinja's `~` and `join`. Its own escape for HTML, which leaves Markdown live.
    """
    parts = [*parts]
    if any(hasattr(part, "__html__") for part in (separator, *parts)):
        return Markdown.escape(separator).join(parts)
    return separator.join(map(str, parts))


def tex(value: float | None, digits: int = 0) -> Markdown:
    """Return a number for use within $...$: the comma takes no space, the minus is TeX's."""
    text = prose.number(value, digits).replace(",", "{,}").replace(prose.MINUS, "-")
    return Markdown(text.replace(prose.DASH, r"\text{–}"))


def verdict(text: str) -> Markdown:
    """Return a verdict's badge. Raises ReportError for a word that is no verdict."""
    if text not in VERDICTS:
        raise ReportError(f"verdict({text!r}): a verdict is one of {', '.join(VERDICTS)}")
    return Markdown("[{}]{{.verdict .{}}}").format(text, Markdown(text.replace(" ", "-")))


def code(text: Any) -> Markdown:
    """Return a code span that shows the text as it is, backticks included."""
    text = one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text[:1] in ("", "`") or text[-1:] == "`" else ""
    return Markdown(f"{fence}{pad}{text}{pad}{fence}")


def codeblock(text: str, language: str = "python") -> Markdown:
    """Return a code block that shows the text as it is."""
    fence = "`" * (1 + max(2, *map(len, re.findall("`+", text)), 0))
    return Markdown(f"\n\n{fence} {{.{language}}}\n{text.rstrip()}\n{fence}\n\n")
