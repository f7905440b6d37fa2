"""The tree of the report made ready for HTML: MathML, inline SVG, captions, marks of anchors."""

import html
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import math_core

from fashionlab.markup import ReportError
from fashionlab.rendering.document import (
    Texts,
    attributes,
    caption_and_table,
    element,
    has_class,
    inlines_of,
    raw,
    transform,
)
from fashionlab.rendering.svg import inline_svg

FENCES = set("()[]{}|‖⌈⌉⌊⌋⟨⟩")
TALL = {"mfrac", "munder", "mover", "munderover", "mtable", "msqrt", "mroot", *"∑∏∫"}
LONG_FORMULA = 40  # characters of TeX: may be too wide for a phone


def for_html(tree: dict, labels: dict[str, str], figures: Path, texts: Texts) -> dict:
    """Return the tree with MathML, inline SVG, captions and anchor marks as HTML.

    Raises ReportError for a formula that math-core does not know.
    """
    converter = math_core.LatexToMathML(fancy_error=False)

    def change(node: dict) -> dict | list[dict]:
        match node["t"]:
            case "Math":
                return raw("html", _mathml(converter, node))
            case "Header":
                return _html_heading(node)
            case "Div" if has_class(node, "title"):
                words = inlines_of(node["c"][1])
                return element("Plain", [raw("html", "<h1>"), *words, raw("html", "</h1>")])
            case "Div" if has_class(node, "figure"):
                return _html_figure(node, labels, figures, texts)
            case "Div" if has_class(node, "table"):
                return _html_table(node, labels)
        return node

    return transform(tree, change)


def _mathml(converter: math_core.LatexToMathML, node: dict) -> str:
    display, source = node["c"][0]["t"] == "DisplayMath", node["c"][1]
    try:
        mathml = converter.convert_with_local_state(source, displaystyle=display)
    except math_core.LatexError as error:
        raise ReportError(f"formula ${source}$: {error}") from None
    mathml = _as_chromium_draws_it_best(mathml)
    if not display:
        return f'<span class="long">{mathml}</span>' if len(source) > LONG_FORMULA else mathml
    return f'<span class="equation" tabindex="0" role="group" aria-label="Equation">{mathml}</span>'


def _as_chromium_draws_it_best(mathml: str) -> str:
    """Return MathML whose brackets stretch only around tall content, and whose roots are upright.

    Chromium leaves the room of the widest variant beside each bracket that may stretch, and hangs
    a root sign that is taller than what is under it below the line.
    """
    # math-core writes some characters by HTML's names, which XML does not know.
    mathml = re.sub(r"&(?!lt;|gt;|amp;|quot;)\w+;", lambda match: html.unescape(match[0]), mathml)
    root = ElementTree.fromstring(mathml)
    for radical in list(root.iter("msqrt")):
        ElementTree.SubElement(radical, "mspace", {"height": "0.8em", "depth": "0.15em"})
    for row in root.iter("mrow"):
        fences = [child for child in row if child.tag == "mo" and (child.text or "") in FENCES]
        inside = {node.tag for node in row.iter()} | {node.text for node in row.iter("mo")}
        if len(row) > 1 and row[0] in fences and row[-1] in fences and not inside & TALL:
            for fence in fences:
                fence.set("stretchy", "false")
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _html_heading(node: dict) -> dict:
    level, attr, inlines = node["c"]
    mark = f'<a class="mark" href="#{attr[0]}" aria-label="Link to this section">#</a>'
    return element("Header", [level, attr, [*inlines, raw("html", mark)]])


def _html_caption(anchor: str, label: str, inlines: list[dict], after: str = "") -> dict:
    start = f'<figcaption><a class="label" href="#{anchor}">{label}</a> '
    return element("Plain", [raw("html", start), *inlines, raw("html", f"{after}</figcaption>")])


def _html_figure(node: dict, labels: dict[str, str], figures: Path, texts: Texts) -> list[dict]:
    anchor, name = attributes(node)[0], dict(attributes(node)[2])["name"]
    svg = inline_svg(
        (figures / f"{name}.svg").read_text(encoding="utf-8"), anchor, texts[name]["alt"]
    )
    hint = ' data-curves=""' if 'class="curve"' in svg else ""
    label = f"{labels[anchor]}: scrolls; arrow keys name its curves" if hint else labels[anchor]
    box = f'<div class="box" tabindex="0" role="group" aria-label="{label}"{hint}>{svg}</div>'
    program = html.escape(texts[name]["program"])
    address = html.escape(texts[name]["address"])
    after = f' <a class="program" href="{address}"><code>{program}</code></a>'
    return [
        raw("html", f'<figure id="{anchor}">{box}', "RawBlock"),
        _html_caption(anchor, labels[anchor], inlines_of(node["c"][1]), after),
        raw("html", "</figure>", "RawBlock"),
    ]


def _html_table(node: dict, labels: dict[str, str]) -> list[dict]:
    anchor, (caption, table) = attributes(node)[0], caption_and_table(node)
    box = f'<div class="box" tabindex="0" role="group" aria-label="{labels[anchor]}">'
    return [
        raw("html", f'<figure class="table" id="{anchor}">', "RawBlock"),
        _html_caption(anchor, labels[anchor], caption),
        raw("html", box, "RawBlock"),
        table,
        raw("html", "</div></figure>", "RawBlock"),
    ]
