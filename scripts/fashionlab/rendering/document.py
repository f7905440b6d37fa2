"""The report as pandoc's syntax tree: numbering, cross-references, and what differs by output.

Functions take and return pandoc's JSON (a dict, or lists of {"t": type, "c": content}); anchors
are the ids of headings, figures (fig-...), tables (tbl-...) and references (ref-...).
"""

from collections.abc import Callable, Iterator
from typing import Any

from fashionlab.markup import ReportError

Texts = dict[str, dict[str, str]]  # of each figure: "alt", "caption", "program", its "address"
CAPTIONED = {"figure": "Figure", "table": "Table"}
TITLE_BLOCKS = ("title", "subtitle", "authors", "abstract")
CONTAINERS = ("Div", "BlockQuote", "BulletList", "OrderedList", "DefinitionList")  # of blocks


def element(kind: str, content: Any = None) -> dict:
    """Return one element of the tree."""
    return {"t": kind} if content is None else {"t": kind, "c": content}


def raw(output: str, text: str, kind: str = "RawInline") -> dict:
    """Return text for one output as it is."""
    return element(kind, [output, text])


def transform(node: Any, change: Callable[[dict], Any]) -> Any:
    """Return the tree with every element replaced by change(element), the innermost first.

    `change` returns an element, or a list of elements to stand in its place.
    """
    if isinstance(node, dict):
        node = {key: transform(value, change) for key, value in node.items()}
        return change(node) if "t" in node else node
    if not isinstance(node, list):
        return node
    changed = [(item, transform(item, change)) for item in node]
    return [
        part
        for item, new in changed
        for part in (new if isinstance(item, dict) and isinstance(new, list) else [new])
    ]


def elements(node: Any, blocks_only: bool = False) -> Iterator[dict]:
    """Yield every element of the tree, in the order of reading; or headings, boxes, tables alone.

    With ``blocks_only`` what is inside of a paragraph or a heading is passed over.
    """
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "t" in node:
                yield node
                if blocks_only and node["t"] not in CONTAINERS:
                    continue
            node = list(node.values())
        if isinstance(node, list):
            waiting += (item for item in reversed(node) if isinstance(item, dict | list))


def attributes(node: dict) -> list:
    """Return an element's [id, classes, pairs], empty where its kind has none."""
    place = {"Header": 1, "Div": 0, "Span": 0, "Table": 0, "Code": 0, "CodeBlock": 0, "Link": 0}
    return node["c"][place[node["t"]]] if node["t"] in place else ["", [], []]


def has_class(node: dict, name: str) -> bool:
    """Return whether an element has a class."""
    return name in attributes(node)[1]


def plain_text(node: Any) -> str:
    """Return the words of a piece of the tree."""
    words = {"Str": lambda c: c, "Code": lambda c: c[1], "Math": lambda c: c[1]}
    spaces = ("Space", "SoftBreak", "LineBreak")
    return "".join(
        " " if item["t"] in spaces else words.get(item["t"], lambda _: "")(item.get("c"))
        for item in elements(node)
    )


def number_headings(tree: dict) -> dict[str, str]:
    """Put its number before every heading, in place; return {anchor: "Section 3.1"}."""
    counters, appendix, labels = [0] * 6, False, {}
    for node in elements(tree["blocks"], blocks_only=True):
        if node["t"] != "Header" or has_class(node, "unnumbered"):
            continue
        level, (anchor, classes, _), inlines = node["c"]
        if level == 1 and "appendix" in classes and not appendix:
            appendix, counters[0] = True, 0
        counters[level - 1] += 1
        counters[level:] = [0] * (6 - level)
        first = chr(ord("A") + counters[0] - 1) if appendix else str(counters[0])
        number = ".".join([first, *map(str, counters[1:level])])
        labels[anchor] = f"{'Appendix' if appendix else 'Section'} {number}"
        span = element("Span", [["", ["number"], []], [element("Str", number)]])
        inlines[:0] = [span, element("Str", "\u2002")]
    return labels


def number_captioned(tree: dict) -> dict[str, str]:
    """Return {anchor: "Figure 3"} for all figures and tables, in their order."""
    counts, labels = dict.fromkeys(CAPTIONED, 0), {}
    for node in elements(tree["blocks"], blocks_only=True):
        for kind in CAPTIONED if node["t"] == "Div" else ():
            if has_class(node, kind):
                anchor = attributes(node)[0]
                if anchor in labels:
                    raise ReportError(f"{kind} {anchor[4:]!r} stands in the report twice")
                counts[kind] += 1
                labels[anchor] = f"{CAPTIONED[kind]} {counts[kind]}"
    return labels


def resolve_references(tree: dict, labels: dict[str, str]) -> dict:
    """Return the tree with the text of empty links filled in; every link has its target.

    A link of class "soft" to an anchor that the report does not have becomes its text; for
    another one it raises ReportError.
    """
    anchors = {attributes(node)[0] for node in elements(tree["blocks"])}

    def fill(node: dict) -> dict:
        if node["t"] == "Image":
            raise ReportError(f"image {node['c'][2][0]!r}: figures come in by figure(name)")
        if node["t"] != "Link" or not node["c"][2][0].startswith("#"):
            return node
        attr, inlines, target = node["c"]
        anchor = target[0][1:]
        if anchor not in anchors and has_class(node, "soft"):
            return element("Span", [["", [], []], inlines])
        if anchor not in anchors or (not inlines and anchor not in labels):
            what = {"fig-": "figure", "tbl-": "table"}.get(anchor[:4], "section or anchor")
            name = anchor[4:] if what in CAPTIONED else anchor
            raise ReportError(f"reference to the {what} {name!r}, which is not in the report")
        text = labels[anchor].replace(" ", "\u00a0") if not inlines else None
        return element("Link", [attr, [element("Str", text)] if text else inlines, target])

    return transform(tree, fill)


def contents(tree: dict) -> list[dict]:
    """Return the headings of two levels for a list of contents: level, anchor, number, text."""
    entries = []
    for node in elements(tree["blocks"], blocks_only=True):
        if node["t"] == "Header" and node["c"][0] <= 2:
            level, (anchor, classes, _), inlines = node["c"]
            number = "" if "unnumbered" in classes else plain_text(inlines[0])
            text = plain_text(inlines[2:] if number else inlines)
            entries.append({"level": level, "anchor": anchor, "number": number, "text": text})
    return entries


def title_of(tree: dict) -> str:
    """Return the words of the title block. Raises ReportError without one."""
    for node in elements(tree["blocks"], blocks_only=True):
        if node["t"] == "Div" and has_class(node, "title"):
            return plain_text(node["c"][1]).strip()
    raise ReportError('the report has no title: its first section needs a "::: title" block')


def inlines_of(blocks: list[dict]) -> list[dict]:
    """Return the text of a block that is one paragraph, such as a caption."""
    return [inline for block in blocks if block["t"] in ("Para", "Plain") for inline in block["c"]]


def figure_names(tree: dict) -> list[str]:
    """Return the names of the figures in the report."""
    return [
        dict(attributes(node)[2])["name"]
        for node in elements(tree["blocks"], blocks_only=True)
        if node["t"] == "Div" and has_class(node, "figure")
    ]


def caption_and_table(node: dict) -> tuple[list[dict], dict]:
    """Return the caption of a table's block, and the table without it."""
    table = next(block for block in node["c"][1] if block["t"] == "Table")
    attr, (short, long), *rest = table["c"]
    return inlines_of(long), element("Table", [attr, [short, []], *rest])
