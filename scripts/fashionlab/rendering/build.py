"""The report from its chapters: Jinja, pandoc, Typst. What chapters can use: docs/extending.md.

Jinja makes one Markdown document of report/chapters; pandoc reads it once (with citations) into its
syntax tree, which is numbered and linked here, and writes it twice, as HTML and as Typst. Nothing
of the time, machine or order of files goes in: equal results, equal bytes.
"""

import base64
import itertools
import json
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jinja2
import pypandoc
import typst

from fashionlab.markup import ReportError
from fashionlab.rendering import document, html_output, typst_output
from fashionlab.rendering.document import Texts
from fashionlab.rendering.markdown import DELIMITERS, Report
from fashionlab.rendering.svg import check_fonts
from fashionlab.study import Study

# Raw HTML, TeX and Typst in a chapter are text: what comes from data can never become code.
READER = (
    "markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-markdown_in_html_blocks"
    "-yaml_metadata_block-pandoc_title_block-latex_macros-fancy_lists-example_lists-startnum"
)
# pandoc puts an empty link before every line of code.
LINE_ANCHOR = re.compile(r'<a href="#cb[\d-]+" aria-hidden="true" tabindex="-1"></a>')


def pandoc(text: str, *options: str) -> str:
    """Return what the pandoc of pypandoc_binary makes of a text; a warning is a ReportError."""
    command = [pypandoc.get_pandoc_path(), "--fail-if-warnings", *options]
    done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        message = " ".join(done.stderr.split()).removesuffix("Failing because there were warnings.")
        message = message.replace("[WARNING]", "").replace("Citeproc:", "").strip()
        raise ReportError(f"pandoc: {message}")
    return done.stdout


def read_tree(text: str, bibliography: Path) -> tuple[dict, dict[str, str]]:
    """Return the syntax tree of the report, numbered and linked, and {anchor: "Figure 3"}.

    Raises ReportError for an unknown citation, figure, table or anchor.
    """
    options = ("--citeproc", f"--bibliography={bibliography}", "--metadata=link-citations:true")
    tree = json.loads(pandoc(text, "--from", READER, "--to=json", "--columns=10000", *options))
    labels = document.number_headings(tree) | document.number_captioned(tree)
    return document.resolve_references(tree, labels), labels


def to_html(
    tree: dict, labels: dict[str, str], source: Path, figures: Path, texts: Texts, notice: str
) -> str:
    """Return the report as one HTML page that needs nothing else, no network either."""
    ready = json.dumps(html_output.for_html(tree, labels, figures, texts))
    options = (
        "--section-divs",
        "--shift-heading-level-by=1",
        "--wrap=none",
        "--email-obfuscation=none",
    )
    body = pandoc(ready, "--from=json", "--to=html", *options)
    body = LINE_ANCHOR.sub("", body)
    env = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, **DELIMITERS)
    template = env.from_string((source / "templates/page.html.j2").read_text(encoding="utf-8"))
    return template.render(
        title=document.title_of(tree),
        contents=document.contents(tree),
        demonstration=notice,
        body=body,
        fonts=web_fonts(source / "fonts" / "web"),
        style=(source / "style/report.css").read_text(encoding="utf-8"),
        script=(source / "style/report.js").read_text(encoding="utf-8"),
    )


def web_fonts(folder: Path) -> list[tuple[str, str]]:
    """Return (file name without ending, content in base64) of the fonts of the HTML page."""
    return [
        (path.stem, base64.b64encode(path.read_bytes()).decode("ascii"))
        for path in sorted(folder.glob("*.woff2"))
    ]


def to_typst(
    tree: dict, labels: dict[str, str], source: Path, figures: Path, texts: Texts, notice: str
) -> str:
    """Return the report as a Typst document; its images are figures/<name>.svg beside it."""
    ready = json.dumps(typst_output.for_typst(tree, labels, figures, texts))
    body = pandoc(ready, "--from=json", "--to=typst-citations-smart", "--wrap=none",
                  "--syntax-highlighting=idiomatic")  # fmt: skip
    env = jinja2.Environment(undefined=jinja2.StrictUndefined, **DELIMITERS)
    env.filters["string"] = typst_output.typst_string
    template = env.from_string((source / "templates/report.typ.j2").read_text(encoding="utf-8"))
    return template.render(title=document.title_of(tree), demonstration=notice, body=body)


def compile_pdf(text: str, fonts: Path, figures: Path) -> bytes:
    """Return a Typst document as PDF/UA-1. Raises ReportError for what Typst complains of."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "report.typ").write_text(text, encoding="utf-8")
        (root / "figures").symlink_to(figures.resolve(), target_is_directory=True)
        try:
            data, warnings = typst.compile_with_warnings(
                root / "report.typ",
                root=root,
                font_paths=[fonts],
                ignore_system_fonts=True,
                pdf_standards=["ua-1"],
                timestamp=0,
            )
        except typst.TypstError as error:
            raise ReportError(f"Typst: {error.message}{_excerpt(error)}") from None
    for warning in warnings:
        raise ReportError(f"Typst: {warning.message}{_excerpt(warning)}")
    return data


def _excerpt(error: Any) -> str:
    """Return the piece of the Typst document that an error points at."""
    lines = str(error.diagnostic).splitlines()
    for line, below in itertools.pairwise(lines):
        if "^" in below:
            at = below.index("^")
            return f', at "{line[max(0, at - 60) : at + 30].strip()}"'
    return ""


def render(study: Study, source: Path) -> tuple[str, bytes]:
    """Return the report of a study as (HTML, PDF); `source` is the folder report/.

    Raises ReportError, one sentence, for what is missing, unknown or undefined.
    """
    report, figures = Report(study, source), study.results / "figures"
    tree, labels = read_tree(report.text(), source / "references.bib")
    fonts = set(typst.Fonts(False, False, [source / "fonts"]).families())
    for name in document.figure_names(tree):
        check_fonts((figures / f"{name}.svg").read_text(encoding="utf-8"), name, fonts)
    shared = (tree, labels, source, figures, report.figures, study.plan["demonstration"])
    with ThreadPoolExecutor() as pool:  # pandoc and Typst are the time: side by side
        page = pool.submit(to_html, *shared)
        pdf = pool.submit(lambda: compile_pdf(to_typst(*shared), source / "fonts", figures))
        return page.result(), pdf.result()
