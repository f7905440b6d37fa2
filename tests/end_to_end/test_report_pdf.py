"""The PDF report as a reader program sees it: fonts, tags, bookmarks, text."""

import re

import pypdf
import pytest

FAMILIES = {"SourceSans3", "STIXTwoText", "STIXTwoMath", "DejaVuSansMono"}


@pytest.fixture(scope="module")
def pdf(report_dir):
    return pypdf.PdfReader(report_dir / "report.pdf")


def resolved(value):
    """Return an object of the PDF, whether it is there itself or by reference."""
    return value.get_object() if hasattr(value, "get_object") else value


def fonts_of(resources, found):
    """Collect the names of all fonts, those of embedded drawings included."""
    resources = resolved(resources) or {}
    found |= {resolved(font)["/BaseFont"] for font in resolved(resources.get("/Font", {})).values()}
    for drawing in resolved(resources.get("/XObject", {})).values():
        fonts_of(resolved(drawing).get("/Resources"), found)
    return found


def structure(node, depth=0):
    """Yield all elements of the tree of tags."""
    node = resolved(node)
    if isinstance(node, list):
        for child in node:
            yield from structure(child, depth + 1)
    elif isinstance(node, dict):
        yield node
        yield from structure(node.get("/K", []), depth + 1)


def flattened(outline):
    """Return the titles of all bookmarks."""
    return [
        title
        for entry in outline
        for title in (flattened(entry) if isinstance(entry, list) else [entry.title])
    ]


def test_only_the_report_s_own_fonts_are_in_it(pdf):
    found = set()
    for page in pdf.pages:
        fonts_of(page["/Resources"], found)
    families = {re.sub(r"^/[A-Z]{6}\+|-.*$", "", name) for name in found}
    assert "SourceSans3" in families
    assert families <= FAMILIES


def test_it_is_tagged_and_says_its_title_and_language(pdf):
    root = pdf.trailer["/Root"]
    assert resolved(root["/MarkInfo"])["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"].startswith("en")
    assert pdf.metadata.title
    assert resolved(root["/ViewerPreferences"])["/DisplayDocTitle"]
    assert b"pdfuaid" in resolved(root["/Metadata"]).get_data()


def test_every_figure_has_an_alternative_text(pdf):
    tags = list(structure(pdf.trailer["/Root"]["/StructTreeRoot"]))
    figures = [tag for tag in tags if tag.get("/S") == "/Figure"]
    assert figures
    assert [tag for tag in figures if not str(tag.get("/Alt", "")).strip()] == []
    assert [tag for tag in tags if tag.get("/S") == "/Formula" and not tag.get("/Alt")] == []


def test_bookmarks_lead_to_the_sections(pdf):
    titles = flattened(pdf.outline)
    assert len(titles) > 5
    assert titles[0].startswith("1")


def test_it_has_the_pages_of_a_paper_each_numbered(pdf):
    count = len(pdf.pages)
    assert 5 <= count <= 80
    assert all(f"{n} / {count}" in page.extract_text() for n, page in enumerate(pdf.pages, 1))
    assert all(abs(page.mediabox.width - 595.28) < 0.1 for page in pdf.pages)


def test_the_text_of_a_formula_can_be_found(pdf):
    text = "".join(page.extract_text() for page in pdf.pages)
    assert "ln10" in "".join(text.split())
    assert re.search(r"∑[\s\S]{0,200}[𝐻H]", text)


def test_nothing_of_a_template_is_left(pdf):
    text = "".join(page.extract_text() for page in pdf.pages)
    for left in ("<<", ">>", "<%", "%>", "{#", ":::", "## ", "Markup(", "Undefined", " nan "):
        assert left not in text
