"""What a section of the report (report/content/NN-name.md.j2) can use, and its escaping.

A section is Markdown (pandoc's) with Jinja: ``<< value >>``, ``<% block %>``, ``<# comment #>``
(delimiters of Jinja's that pandoc does not use). Context: ``f``, the facts, and the functions
below. An undefined name stops the build.

Escaping. Every ``<< value >>`` is plain text: characters special to Markdown are escaped, so a
network called ``a_b*c`` or ``<script>`` prints as just that. Text that *is* Markdown must say so:
``Markdown("**bold**")`` in Python, the filter ``<< text | safe >>`` in a section. Macros, ``<% set
%>`` blocks and all functions below return Markdown. ``a ~ b`` and ``| join`` escape the parts that
are not. Raw HTML, TeX and Typst are text.

Functions (all but has_figure return Markdown):

figure(name)            The figure `<results>/figures/<name>.svg|json` as a block: number, caption,
                        alternative text, anchor fig-<name>. Error if a file or "alt" is missing.
                        Caption and alt are plain text.
has_figure(name)        True if the study has that figure: guard what is optional with it.
ref(name)               "Figure 3", linked; forward references work; error for an absent figure.
table(rows, caption, name, align=None)
                        Block of its own: numbered table, anchor tbl-<name>. `rows`: a DataFrame
                        (index dropped) or a list of dicts (keys = head). Cells: text is escaped,
                        Markdown kept, int and float as num(x, 0) and num(x, 2), True yes, None and
                        NaN an en dash. `align`: one of l c r a column, "lrr"; without it numbers
                        go right. `caption`: text or Markdown. No row: error.
tableref(name)          "Table 2", linked.
section(anchor)         "Section 3.1" or "Appendix A", linked, for a heading `## Split {#anchor}`.
num(x, digits=0)        "50,890", "91.70", a true minus sign, en dash for None and NaN, "infinite".
                        Text; in maths use:
tex(x, digits=0)        the same for use within $...$: 50{,}890.
percent(x, digits=1)    "91.7 %" with a narrow no-break space.
verdict(text)           badge: "holds", "does not hold" or "undecided".
code(text)              code span, whatever the text holds.
codeblock(text, language="python")   block of code of its own.

Blocks of a section with a meaning of their own, by pandoc's fenced divs:
``::: title`` ``::: subtitle`` ``::: authors`` ``::: abstract`` (first section only; they become the
title block), ``::: note`` (boxed remark), ``::: {.keyfigures}`` (a list: big number, then words:
``- **89.4 %** best test accuracy, cnn4``). ``# Title {#id}`` is a numbered section,
``{.unnumbered}`` is not; ``{.appendix}`` on a first-level heading starts letters. ``[@key]`` cites
report/references.bib; the list goes where ``::: {#refs}`` stands. Links to unknown anchors are
errors. In a table, maths must not hold a bare |: write \\lvert or \\mid.
"""

import math
import re
from collections.abc import Sequence
from typing import Any

import markupsafe
import pandas as pd

DASH = "\u2013"
MINUS = "\u2212"
NARROW_SPACE = "\u202f"
VERDICTS = ("holds", "does not hold", "undecided")
# Digits, letters, spaces and quotes stay: quotes become typographic ones as in the prose around.
SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~^$@&!=+-]|\.(?=\.)|(?<=^\d)[.)]|^[:%(]")


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
        text = " ".join(str(value).split("\n"))
        return cls(SPECIAL.sub(lambda match: f"\\{match[0]}", text))


def concatenate(parts: Sequence[Any]) -> str:
    """Return the parts as one: Markdown if any of them is (the others escaped), else plain text."""
    if any(hasattr(part, "__html__") for part in parts):
        return Markdown("").join(parts)
    return "".join(map(str, parts))


def join(parts: Sequence[Any], separator: str = "") -> str:
    """Return the parts with a separator between (Jinja's `join`), escaped as `concatenate` does."""
    pieces = [piece for part in parts for piece in (separator, part)]
    return concatenate(pieces[1:])


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN or pandas' NA."""
    return value is None or bool(pd.api.types.is_scalar(value) and pd.isna(value))


def num(value: float | None, digits: int = 0) -> Markdown:
    """Return a number with thousands separators and a true minus sign, as text."""
    if value is None or is_missing(value):
        return Markdown(DASH)
    if math.isinf(value):
        return Markdown("infinite" if value > 0 else f"{MINUS}infinite")
    text = f"{value:,.{digits}f}"
    is_zero = not re.search("[1-9]", text)
    return Markdown(text.lstrip("-") if is_zero else text.replace("-", MINUS))


def tex(value: float | None, digits: int = 0) -> Markdown:
    """Return a number for use within $...$: the comma takes no space, the minus is TeX's."""
    text = str(num(value, digits)).replace(",", "{,}").replace(MINUS, "-")
    return Markdown(text.replace("infinite", r"\infty").replace(DASH, r"\text{–}"))


def percent(value: float | None, digits: int = 1) -> Markdown:
    """Return a percentage, given in percent."""
    return num(value, digits) if is_missing(value) else num(value, digits) + f"{NARROW_SPACE}%"


def verdict(text: str) -> Markdown:
    """Return a verdict's badge. Raises ReportError for a word that is no verdict."""
    if text not in VERDICTS:
        raise ReportError(f"verdict({text!r}): a verdict is one of {', '.join(VERDICTS)}")
    return Markdown("[{}]{{.verdict .{}}}").format(text, Markdown(text.replace(" ", "-")))


def code(text: Any) -> Markdown:
    """Return a code span that shows the text as it is, backticks included."""
    text = " ".join(str(text).split("\n"))
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    pad = " " if text[:1] in ("", "`") or text[-1:] == "`" else ""
    return Markdown(f"{fence}{pad}{text}{pad}{fence}")


def codeblock(text: str, language: str = "python") -> Markdown:
    """Return a code block that shows the text as it is."""
    fence = "`" * (1 + max(2, *map(len, re.findall("`+", text)), 0))
    return Markdown(f"\n\n{fence} {{.{language}}}\n{text.rstrip()}\n{fence}\n\n")
