"""The report from a small made-up study: what it escapes, numbers and refuses."""

import io
import json
import math
import re
from pathlib import Path

import pypdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fashionlab import markup
from fashionlab.markup import Markdown, ReportError
from fashionlab.rendering import document
from fashionlab.rendering.build import READER, pandoc, render
from fashionlab.rendering.markdown import environment, table
from fashionlab.rendering.svg import inline_svg
from fashionlab.rendering.typst_output import for_typst
from fashionlab.study import Study

SOURCE = Path(__file__).resolve().parents[2] / "report"
HOSTILE = ["<script>alert(1)</script>", "$(touch x)", "a_b*c", "#[", "@x", "`x`{=typst}", "\\x",
           "[i](j)", "![i](j)", "~s~^u^", "{{x}}", "|", "-- a", "1. a", "# a", "&amp;"]  # fmt: skip
BLOCKS = [
    "    ",
    "\t",
    "\n",
    "\r",
    "10. ",
    "a) ",
    "(1) ",
    ": ",
    ":::",
    "---",
    "~~~",
    "[^1]: ",
    "Table: ",
]
SVG = """<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt"
 height="9pt" viewBox="0 0 9 9"><defs><path id="m1" d="M 0 0 L 1 1"/><style>*{x:y}</style></defs>
<g id="curve-3-cnn4-relu"><path d="M 0 0 L 9 9" style="fill: none; stroke: #2b5fd9"/></g>
<use xlink:href="#m1" style="stroke: #000000"/><g clip-path="url(#m1)"><text
 style="font-size: 8px; font-family: 'Source Sans 3'">0</text></g></svg>"""
TALL = 'height="9pt" viewBox="0 0 9 9"', 'height="90pt" viewBox="0 0 9 90"'
FIRST = """::: title
A << name >>
:::

# One {#one}

<< ref("curve") >>, << tableref("numbers") >>, << section("two") >>; $\\ln 10 \\approx 2.303$.

<% call figure("curve", alt="A line.") %>It falls.<% endcall %>

## Two {#two}

<< table(rows, caption="Numbers of " + name, name="numbers") >>

<< verdict("does not hold") >> [@holm1979]

# End {.appendix #end}

::: {#refs}
:::
"""


FACTS = """def facts(study):
    return {"name": study.plan["name"], "rows": study.plan["rows"]}
"""
ROWS = [{"Network": "cnn4", "Accuracy": "91.70", "Parameters": "50,890", "Lost": "–"}]


@pytest.fixture
def study(tmp_path):
    """Return a report of one chapter with one figure, in a folder of its own."""
    for folder in ("templates", "style", "fonts"):
        (tmp_path / folder).symlink_to(SOURCE / folder)
    (tmp_path / "references.bib").write_text("@article{holm1979, author={Holm, S.}, title={A}}")
    (tmp_path / "chapters/01-one/figures").mkdir(parents=True)
    (tmp_path / "chapters/01-one/figures/curve.py").write_text("")
    (tmp_path / "chapters/01-one/facts.py").write_text(FACTS)
    (tmp_path / "results/figures").mkdir(parents=True)
    (tmp_path / "results/figures/curve.svg").write_text(SVG)
    (tmp_path / "chapters/01-one/text.md.j2").write_text(FIRST)
    return tmp_path


def render_study(folder, name="cnn4", notice="", rows=ROWS):
    """Return (HTML, PDF) for a network's name."""
    plan = {
        "experiments": {},
        "results": "results",
        "demonstration": notice,
        "name": name,
        "rows": rows,
    }
    made = Study(plan, results=folder / "results")
    made.claims = []
    return render(made, folder)


def rendered(folder, name="cnn4", notice=""):
    """Return (HTML, text of the PDF's pages) for a network's name."""
    page, pdf = render_study(folder, name, notice)
    return page, [sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def lowest(folder, word):
    """Return how high above the end of its page a word of the PDF stands, in points."""
    found = []
    for sheet in pypdf.PdfReader(io.BytesIO(render_study(folder)[1])).pages:
        sheet.extract_text(
            visitor_text=lambda text, cm, tm, *_: (
                found.append(cm[5] + cm[3] * tm[5]) if word in text else None
            )
        )
    return min(found)


def words_of(page):
    """Return the text of an HTML page's body."""
    body = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.DOTALL)
    for entity, letter in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        body = re.sub(r"<[^>]+>", "", body) if entity == "&lt;" else body
        body = body.replace(entity, letter)
    return " ".join(body.split())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_from_the_config_prints_as_it_is_in_both_outputs(study, name):
    page, sheets = rendered(study, name)
    assert f"A {name}" in words_of(page)
    assert "".join(name.split()) in "".join("".join(sheets).split())
    assert "<script>alert" not in page


def test_two_renderings_are_byte_identical(study):
    assert render_study(study, notice="Trial.") == render_study(study, notice="Trial.")


def test_references_carry_the_numbers_of_what_they_point_at(study):
    page, sheets = rendered(study)
    for words in ("Figure 1", "Table 1", "Section 1.1"):
        assert f"{words.replace(' ', chr(160))}</a>" in page
        assert words in " ".join("".join(sheets).split())
    assert "Appendix" not in words_of(page)
    assert '<span class="number">A</span>\u2002End' in page


def test_the_notice_of_a_demonstration_stands_on_every_page(study):
    section = (study / "chapters/01-one/text.md.j2").read_text()
    (study / "chapters/01-one/text.md.j2").write_text(section + "\n\nA line.\n" * 150)
    page, sheets = rendered(study, notice="A <trial> only.")
    assert len(sheets) > 2
    assert all("A <trial> only." in sheet for sheet in sheets)
    assert "A &lt;trial&gt; only." in page


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("\n<< study.best >>", r"text\.md\.j2:2: .*no attribute 'best'"),
        ("\n\n<< nothing >>", r"text\.md\.j2:3: 'nothing' is undefined"),
        ("<% if %>", r"text\.md\.j2:1: "),
        (
            '<% call figure("lost", alt="A") %>C<% endcall %>',
            "'lost': this study has none so called",
        ),
        ('<% call figure("curve", alt=" ") %>C<% endcall %>', "'curve' has no alternative text"),
        ('<% call figure("curve", alt="A") %> <% endcall %>', "'curve' has no caption"),
        ("<< 'a' ~ 'b' >>", r"text\.md\.j2:1: join texts by \+"),
        ('<< ref("lost") >>', "the figure 'lost', which is not in the report"),
        ('<< tableref("lost") >>', "the table 'lost', which is not in the report"),
        ('<< section("lost") >>', "'lost', which is not in the report"),
        ("[a](#lost)", "'lost', which is not in the report"),
        ("[@lost2020]", "lost2020"),
        (
            2 * '<% call figure("curve", alt="A") %>C<% endcall %>',
            "'curve' stands in the report twice",
        ),
        ("![a](b.png)", "image 'b.png'"),
        ('<< verdict("perhaps") >>', "perhaps"),
        ("$\\unknownsymbol$", "unknownsymbol"),
    ],
)
def test_what_is_missing_stops_the_build_and_is_named(study, section, message):
    title = "" if re.search("[123]: ", message) else "::: title\nA\n:::\n\n"
    (study / "chapters/01-one/text.md.j2").write_text(title + section)
    with pytest.raises(ReportError, match=message) as caught:
        rendered(study)
    assert "\n" not in str(caught.value)


def test_every_reference_is_cited():
    text = "".join(path.read_text() for path in SOURCE.glob("*/**/*.md.j2"))
    keys = re.findall(r"^@\w+\{(\w+),", (SOURCE / "references.bib").read_text(), re.MULTILINE)
    assert keys
    assert [key for key in keys if not re.search(rf"@{key}\b", text)] == []


def test_a_figure_that_was_not_drawn_stops_the_build(study):
    (study / "results/figures/curve.svg").unlink()
    with pytest.raises(ReportError, match=r"figure 'curve': .*curve\.svg does not exist"):
        rendered(study)


@pytest.mark.parametrize("sentences", [1, 60, 200])
def test_a_figure_taller_than_a_page_shrinks_until_it_fits_with_its_caption(study, sentences):
    (study / "results/figures/curve.svg").write_text(SVG.replace(*TALL))
    text = FIRST.replace("It falls.", "It falls again. " * sentences + "Endmost word.")
    (study / "chapters/01-one/text.md.j2").write_text(text)
    assert lowest(study, "Endmost") > 73, "above the foot of the page"


def test_a_figure_in_a_font_that_the_report_lacks_stops_the_build(study):
    (study / "results/figures/curve.svg").write_text(SVG.replace("Source Sans 3", "Comic Sans"))
    with pytest.raises(ReportError, match=r"figure 'curve': .*'Comic Sans'"):
        rendered(study)


def test_a_font_unknown_to_typst_stops_the_build(study):
    (study / "templates").unlink()
    (study / "templates").mkdir()
    for path in (SOURCE / "templates").iterdir():
        text = path.read_text().replace('sans = ("Source Sans 3"', 'sans = ("Lost Sans"')
        (study / "templates" / path.name).write_text(text)
    with pytest.raises(ReportError, match=r"(?i)unknown font family: lost sans"):
        rendered(study)


def in_section(folder, template, **context):
    """Return what a template becomes."""
    (folder / "a.md.j2").write_text(template)
    return environment(folder).get_template("a.md.j2").render(code=markup.code, **context)


def test_macros_sets_and_joined_text_are_escaped_once(tmp_path):
    template = (
        "<% macro m(x) %>**<< x >>**<% endmacro %><% set s %>*<< n >>*<% endset %>"
        '<< m(n) >> << s >> << n + code("x") >> << code("x") + n >> << [n, code("y")] | join("_") >>'
    )
    text = in_section(tmp_path, template, n="a_b")
    assert text == r"**a\_b** *a\_b* a\_b`x` `x`a\_b a\_b\_`y`"


def test_text_joined_with_markdown_stays_text_and_a_name_stays_a_name(tmp_path):
    link = "[a](javascript:x)"
    template = "<< n + code('x') >> << [code('x'), n] | join(n) >> <<- code('y') + n >>"
    assert link not in in_section(tmp_path, template, n=link)
    assert markup.join(["schedule_", "two_rates"]) == "schedule_two_rates"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*BLOCKS, *HOSTILE]) | st.text(max_size=3)).map("".join))
@example("    x")
@example("\tx")
@example("10. x")
@example(" ::: x")
@example("\u2028    x")
def test_a_text_at_the_start_of_a_paragraph_is_a_paragraph_of_plain_words(text):
    blocks = json.loads(pandoc(Markdown.escape(text), "--from", READER, "--to=json"))["blocks"]
    assert {"Para"} >= {block["t"] for block in blocks}
    assert len(blocks) <= 1
    kinds = {"Para", "Str", "Space", "SoftBreak", "Quoted", "SingleQuote", "DoubleQuote"}
    assert {node["t"] for node in document.elements(blocks)} <= kinds


def test_numbers_in_formulas_have_separators_and_dashes():
    written = [markup.tex(x, 1) for x in (50890, -0.04, -2.5, None, math.nan, math.inf)]
    nothing = r"\text{–}"
    assert written == ["50{,}890.0", "0.0", "-2.5", nothing, nothing, nothing]
    assert markup.code("a`b") == "``a`b``"


def test_a_table_aligns_numbers_right_and_refuses_to_be_empty():
    text = table([{"a": "x|y", "b": "1", "c": Markdown("**z**")}], caption="C", name="t 1")
    assert "| :-- | --: | :-- |" in text
    assert r"| x\|y | 1 | **z** |" in text
    assert "{#tbl-t-1 .table}" in text
    with pytest.raises(ReportError, match="table 't': there is no row"):
        table([], caption="C", name="t")


def test_widths_of_a_tables_columns_reach_the_pdf_and_must_fit():
    rows = [{"Claim": "cnn4 is best", "Result": "+0.15 points"}]
    markdown = table(rows, caption="A", name="a", widths=[60, 30])
    tree = json.loads(pandoc(markdown, "--from", READER, "--to=json"))
    ready = for_typst(tree, {"tbl-a": "Table 1"}, Path(), {})
    widths = [column[1] for node in ready["blocks"] if node["t"] == "Table"
              for column in node["c"][2]]  # fmt: skip
    assert widths == [{"t": "ColWidth", "c": 0.6}, {"t": "ColWidth", "c": 0.3}]
    with pytest.raises(ReportError, match="widths"):
        table(rows, caption="A", name="a", widths=[60, 30, 10])


def test_an_inline_svg_has_a_name_own_ids_and_the_ink_of_the_page():
    svg = inline_svg(SVG, "fig-curve", "A <line>.")
    assert '<desc id="fig-curve-alt">A &lt;line&gt;.</desc>' in svg
    assert 'href="#fig-curve-m1"' in svg
    assert "url(#fig-curve-m1)" in svg
    assert 'class="curve" data-name="cnn4-relu"' in svg
    assert "stroke: currentColor" in svg
    assert "<style" not in svg
