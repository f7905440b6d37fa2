"""The PDF report as a reader program sees it: fonts, tags, bookmarks, text."""

import json
import re

import pypdf
import pytest

from conftest import ROOT

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


first_paper = pytest.mark.skipif(
    not (ROOT / "report/original").is_dir(), reason="a paper of one's own, with claims of its own"
)


def files_of_html(report_dir):
    """Return the files that the page links to, as it names them."""
    page = (report_dir / "report.html").read_text(encoding="utf-8")
    return set(re.findall(r'href="(\.\./[^"]+)"', page))


def files_of_pdf(pdf):
    """Return the files that the PDF links to, as it names them."""
    notes = [resolved(note) for page in pdf.pages for note in resolved(page.get("/Annots", []))]
    addresses = [resolved(note["/A"]).get("/URI", "") for note in notes if "/A" in note]
    return {address for address in addresses if address.startswith("../")}


@first_paper
def test_a_verdict_leads_to_its_entry_and_to_the_programs_in_both_forms(report_dir, pdf):
    named = files_of_html(report_dir)
    assert named == files_of_pdf(pdf)
    assert "../claims.json" in named
    assert {path for path in named if not (report_dir / path).resolve().is_file()} == set()
    assert any(path.endswith("/claims.py") for path in named)
    assert any(path.endswith("scripts/judge_claims.py") for path in named)
    assert sum("/figures/" in path for path in named) >= 5  # each figure names its module


@first_paper
def test_each_claim_is_linked_to_its_entry(report_dir):
    page = (report_dir / "report.html").read_text(encoding="utf-8")
    entries = json.loads((report_dir.parent / "claims.json").read_text(encoding="utf-8"))["claims"]
    assert entries
    for entry in entries:
        assert f'id="claim-{entry["id"]}"' in page
        assert f">entry {entry['id']}</a>" in page
        assert f'href="#claim-{entry["id"]}"' in page
