"""The tree of the report made ready for Typst: calls of what report.typ.j2 defines."""

import json
import re
from pathlib import Path

from fashionlab.rendering.document import (
    TITLE_BLOCKS,
    Texts,
    attributes,
    caption_and_table,
    element,
    has_class,
    inlines_of,
    raw,
    transform,
)
from fashionlab.rendering.svg import height_to_width

# pandoc 3.9 writes these with wrong widths; symbols that Typst names otherwise are in the shell.
TYPST_TEX = {r"\;": r"\:", r"\!": ""}
# Typst kerns a text subscript into its letter; upright letters it does not.
TEXT_SUBSCRIPT = re.compile(r"(?<=[_^]\{)\\text(?=\{[A-Za-z]+\}\})")
# Of an image beside its caption on a page, in cm: both, a line of 90 characters, the width of text.
PAGE, LINE, WIDTH = 23.4, 0.38, 15.5
GROUPED_NUMBER = re.compile(r"\d+(?:\{,\}\d{3})+(?:\.\d+)?")


def for_typst(tree: dict, labels: dict[str, str], figures: Path, texts: Texts) -> dict:
    """Return the tree with figures, tables, boxes and formulas as Typst wants them.

    The images are expected as figures/<name>.svg beside the document.
    """

    def change(node: dict) -> dict | list[dict]:
        match node["t"]:
            case "Math":
                return _formula(node)
            case "Span" if has_class(node, "verdict"):
                return _call("verdict", node["c"][1], typst_string(attributes(node)[1][1]))
            case "Div" if has_class(node, "figure"):
                return _figure(node, labels, figures, texts)
            case "Div" if has_class(node, "table"):
                return _table(node, labels)
            case "Div" if has_class(node, "keyfigures"):
                return _key_figures(node)
            case "Div" if set(attributes(node)[1]) & {*TITLE_BLOCKS, "note"}:
                return _box(node, attributes(node)[1][0])
        return node

    ready = transform(tree, change)
    kinds = [block["t"] for block in ready["blocks"]]
    first = kinds.index("Header") if "Header" in kinds else len(kinds)
    ready["blocks"].insert(first, raw("typst", "#contents()", "RawBlock"))
    return ready


def _call(function: str, inlines: list[dict], *arguments: str) -> list[dict]:
    listed = f"({', '.join(arguments)})" if arguments else ""
    return [raw("typst", f"#{function}{listed}["), *inlines, raw("typst", "]")]


def _formula(node: dict) -> list[dict]:
    kind, source = node["c"]
    written = re.sub(r"\\[;!]", lambda match: TYPST_TEX[match[0]], source)
    written = TEXT_SUBSCRIPT.sub(lambda _: r"\mathrm", written)
    written = GROUPED_NUMBER.sub(lambda m: rf"\text{{{m[0].replace('{,}', ',')}}}", written)
    alt = typst_string(source)
    return _call("formula", [element("Math", [kind, written])], alt)


def _figure(node: dict, labels: dict[str, str], figures: Path, texts: Texts) -> dict:
    anchor, name = attributes(node)[0], dict(attributes(node)[2])["name"]
    alt = typst_string(texts[name]["alt"])
    height = WIDTH * height_to_width((figures / f"{name}.svg").read_text(encoding="utf-8"))
    room = max(PAGE - LINE * (len(texts[name]["caption"]) // 90 + 1), 4)
    size = "width: 100%" if height <= room else f"height: {room:.1f}cm"
    image = f'image("figures/{name}.svg", {size}, alt: {alt})'
    program, address = (typst_string(texts[name][key]) for key in ("program", "address"))
    caption = [*inlines_of(node["c"][1]), raw("typst", f"#program({program}, {address})")]
    start, end = f"#illustration({image})[#number({typst_string(labels[anchor])})", f"] <{anchor}>"
    return element("Plain", [raw("typst", start), *caption, raw("typst", end)])


def _table(node: dict, labels: dict[str, str]) -> list[dict]:
    anchor, (caption, table) = attributes(node)[0], caption_and_table(node)
    widths = dict(attributes(node)[2]).get("widths", "").split()
    for column, width in zip(table["c"][2], widths, strict=False):
        column[1] = element("ColWidth", int(width) / 100)
    rows = sum(len(body[3]) for body in table["c"][4])
    start = f"#tabulated({len(table['c'][2])}, {rows})[#number({typst_string(labels[anchor])})"
    return [
        element("Plain", [raw("typst", start), *caption, raw("typst", "][")]),
        table,
        raw("typst", f"] <{anchor}>", "RawBlock"),
    ]


def _box(node: dict, function: str) -> list[dict]:
    return [
        raw("typst", f"#{function}[", "RawBlock"),
        *node["c"][1],
        raw("typst", "]", "RawBlock"),
    ]


def _key_figures(node: dict) -> list[dict]:
    lists = [block["c"] for block in node["c"][1] if block["t"] == "BulletList"]
    items = [raw("typst", "#keyfigures(", "RawBlock")]
    for item in (item for entries in lists for item in entries):
        items += [raw("typst", "[", "RawBlock"), *item, raw("typst", "],", "RawBlock")]
    return [*items, raw("typst", ")", "RawBlock")]


def typst_string(text: str) -> str:
    """Return a text as a string of Typst's language; JSON's escapes are its own."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)
