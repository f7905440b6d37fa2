"""Numbered blocks of the report, figures and tables, and references to them, as Markdown."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fashionlab.markup import Markdown, ReportError, one_line


def cell(value: Any) -> Markdown:
    """Return a table's cell as Markdown, on one line."""
    return Markdown(one_line(Markdown.escape(value)))


def looks_numeric(text: str) -> bool:
    """Return whether a cell reads as a number (with sign, interval, unit) or as nothing."""
    return re.fullmatch(r"[\d\s.,%±+\\−–×*()\[\]to-]*", text) is not None


def alignment(columns: Sequence[Sequence[str]]) -> str:
    """Return one letter a column: r where every cell reads as a number, else l."""
    return "".join("r" if all(map(looks_numeric, column)) else "l" for column in columns)


def table(
    rows: Sequence[Mapping[str, Any]],
    caption: str,
    name: str,
    align: str | None = None,
    widths: Sequence[int] = (),
) -> Markdown:
    """Return a numbered table (see docs/extending.md). Raises ReportError if it is empty.

    ``widths``: those of the columns in the PDF, in percent, of a table whose rows take several
    lines; Typst by itself makes all long columns equally wide.
    """
    if not rows:
        raise ReportError(f"table {name!r}: there is no row to show")
    head = [cell(key) for key in rows[0]]
    body = [[cell(value) for value in row.values()] for row in rows]
    if any(len(line) != len(head) for line in body):
        raise ReportError(f"table {name!r}: not every row has {len(head)} cells")
    align = align or alignment(list(zip(*body, strict=True)))
    if len(align) != len(head) or set(align) - set("lcr"):
        raise ReportError(f"table {name!r}: align={align!r} for {len(head)} columns")
    rule = [{"l": ":--", "c": ":-:", "r": "--:"}[letter] for letter in align]
    table_lines: list[Sequence[str]] = [head, rule, *body]
    lines = "\n".join(f"| {' | '.join(line)} |" for line in table_lines)
    anchor, text = anchor_of("tbl", name), Markdown.escape(caption)
    if widths and (len(widths) != len(head) or sum(widths) > 100):
        raise ReportError(f"table {name!r}: widths={widths!r} for {len(head)} columns")
    said = f' widths="{" ".join(map(str, widths))}"' if widths else ""
    return Markdown(f"\n\n::: {{#{anchor} .table{said}}}\n{lines}\n\n: {text}\n:::\n\n")


def anchor_of(kind: str, name: str) -> str:
    """Return the anchor of a figure ("fig"), table ("tbl") or, as it is, of a section ("")."""
    return re.sub(r"[^\w.-]", "-", f"{kind}-{name}" if kind else name, flags=re.ASCII)


def reference(kind: str, name: str) -> Markdown:
    """Return a link whose text ("Figure 3") is filled in when everything is numbered."""
    return Markdown(f"[](#{anchor_of(kind, name)})")


def figure(name: str, caption: Markdown) -> Markdown:
    """Return the block that the outputs turn into a figure: its caption within a div."""
    anchor = anchor_of("fig", name)
    return Markdown(f'\n\n::: {{#{anchor} .figure name="{name}"}}\n{caption}\n:::\n\n')
