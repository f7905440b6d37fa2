"""matplotlib's SVG made part of a page: own ids, the theme's ink, curves that can be named."""

import re
import xml.etree.ElementTree as ElementTree

from fashionlab.markup import ReportError

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
INK = re.compile(r"#000000|(?<=: )#000(?=;|$)")
CURVE_ID = re.compile(r"(curve|band|label)-(?:p?\d+-)?(.+)")
FONT = re.compile(r"font-family:\s*['\"]?([^,;'\"]+)|font:[^;\"]*?[\d.]p[xt]\s+['\"]?([^,;'\"]+)")


def fonts_of(svg: str) -> set[str]:
    """Return the first choice of font family of every text in an SVG of matplotlib."""
    return {first or second for first, second in FONT.findall(svg)}


def height_to_width(svg: str) -> float:
    """Return the height of an SVG of matplotlib by its width."""
    _, _, width, height = re.findall(r'viewBox="(.*?)"', svg)[0].split()
    return float(height) / float(width)


def check_fonts(svg: str, name: str, known: set[str]) -> None:
    """Raise ReportError if an SVG asks for a font that the report does not have.

    Typst would put another font in its place without a word.
    """
    for font in sorted(fonts_of(svg) - known):
        raise ReportError(f"figure {name!r}: it is set in {font!r}, no font of report/fonts")


def inline_svg(svg: str, anchor: str, alt: str) -> str:
    """Return the SVG for the inside of a page.

    The accessible name is `alt`. Black becomes the text colour of the page. What is drawn with an
    id curve-..., band-... or label-... can be named (`data-name`); other ids stay only if used,
    with the anchor before them, so that no two figures share one.
    """
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        raise ReportError(f"{anchor}: damaged SVG ({error}); remove it and start again") from None
    _drop(root, ("metadata", "style", "title", "desc"))
    used = set(re.findall(r'(?:url\(|href=")#([^")]+)', svg))
    for node in root.iter():
        _rename(node, anchor, used)
        _recolour(node)
        _name_curve(node)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{anchor}-alt", "fill": "currentColor"}
    description = ElementTree.Element(f"{SVG}desc", {"id": f"{anchor}-alt"})
    description.text = alt
    root.insert(0, description)
    ElementTree.register_namespace("", SVG[1:-1])
    return ElementTree.tostring(root, encoding="unicode")


def _drop(root: ElementTree.Element, names: tuple[str, ...]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.removeprefix(SVG) in names:
                parent.remove(child)


def _rename(node: ElementTree.Element, anchor: str, used: set[str]) -> None:
    identity = node.attrib.pop("id", "")
    if identity in used:
        node.set("id", f"{anchor}-{identity}")
    if match := CURVE_ID.fullmatch(identity):
        node.set("class", match[1])
        node.set("data-name", match[2])
    if LINK in node.attrib:
        node.set("href", node.attrib.pop(LINK))
    for key, value in node.attrib.items():
        if key == "href" and value.startswith("#"):
            node.set(key, f"#{anchor}-{value[1:]}")
        elif "url(#" in value:
            node.set(key, value.replace("url(#", f"url(#{anchor}-"))


def _recolour(node: ElementTree.Element) -> None:
    for key in ("style", "fill", "stroke"):
        if key in node.attrib:
            node.set(key, INK.sub("currentColor", node.attrib[key]))


def _name_curve(node: ElementTree.Element) -> None:
    if node.get("class") == "curve":
        title = ElementTree.Element(f"{SVG}title")
        title.text = node.attrib["data-name"].replace("-", " ")
        node.insert(0, title)
