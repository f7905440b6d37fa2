"""The report as one text in Markdown: its chapters, filled in by Jinja.

What a chapter's text can use, and how its values are escaped: see docs/extending.md.
"""

import contextlib
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import jinja2
from jinja2.ext import Extension

from fashionlab import markup, prose
from fashionlab.chapters import chapters, planned_figures
from fashionlab.claims.comparisons import UNDECIDED
from fashionlab.claims.rows import ORIGINAL
from fashionlab.markup import Markdown, ReportError
from fashionlab.sources import ROOT
from fashionlab.storage.files import sha256_text
from fashionlab.study import Study

DELIMITERS: dict[str, Any] = {
    "variable_start_string": "<<", "variable_end_string": ">>",
    "block_start_string": "<%", "block_end_string": "%>",
    "comment_start_string": "<#", "comment_end_string": "#>",
}  # fmt: skip
KEPT = ROOT / ".snakemake" / "templates"  # compiled once; may be deleted
ANCHOR = re.compile(r"\{#([\w-]+)[ }]")


class NoTilde(Extension):
    """Refuses `a ~ b`, which would escape for HTML; `a + b` escapes for Markdown."""

    def filter_stream(self, stream: Any) -> Iterator[Any]:
        """Yield the tokens of a template."""
        for token in stream:
            if token.type == "tilde":
                raise jinja2.TemplateSyntaxError(
                    "join texts by + instead of ~, which does not escape", token.lineno, stream.name
                )
            yield token


def environment(folder: Path) -> jinja2.Environment:
    """Return the Jinja environment of templates below `folder`: values print as plain text."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, folder / "templates"]),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=Markdown.escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=[NoTilde],
        bytecode_cache=KeptTemplates(),
        **DELIMITERS,
    )
    env.filters["join"] = markup.join
    env.filters["extract"] = lambda key, table: table[key]  # ties | map("extract", labels)
    return env


class KeptTemplates(jinja2.FileSystemBytecodeCache):
    """Templates that these very programs compiled; what cannot be kept is compiled each time.

    Jinja knows them by their text, and not what escapes and checks it, which is in them as well.
    """

    def __init__(self) -> None:
        """Name them by the programs that they are made of."""
        programs = [Path(__file__), Path(str(markup.__file__))]
        made_by = jinja2.__version__ + "".join(path.read_text("utf-8") for path in programs)
        super().__init__(str(KEPT), f"{sha256_text(made_by)}-%s.pyc")

    def dump_bytecode(self, bucket: Any) -> None:
        """Keep a template."""
        with contextlib.suppress(OSError):
            KEPT.mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


class Report:
    """The text of a study's report; `figures` has the alternative texts of those that it shows."""

    def __init__(self, study: Study, source: Path):
        """``source``: the folder report/."""
        self.study, self.env = study, environment(source)
        self.chapters = chapters(study.plan, source)
        self.planned = planned_figures(study.plan, source)
        self.figures: dict[str, dict[str, str]] = {}
        self.anchors = {
            anchor
            for chapter in self.chapters
            for anchor in ANCHOR.findall((chapter.folder / "text.md.j2").read_text("utf-8"))
        }
        self.claims = {claim["id"]: claim for claim in study.claims}

    def text(self) -> str:
        """Return the Markdown of all chapters, in their order.

        Raises ReportError, with template and line, for what a chapter asks for and cannot have.
        """
        if not self.chapters:
            raise ReportError("report/chapters: no chapter (NN-name/text.md.j2) to render")
        shared = {"study": self.study, "words": prose, **self.functions()}
        facts = {c: c.call("facts.py", "facts", self.study) or {} for c in self.chapters}
        contexts = {c: shared | {"experiment": c.experiment} | facts[c] for c in self.chapters}
        tiles = [
            tile for chapter in self.chapters for tile in facts[chapter].get("key_figures", [])
        ]
        while True:
            self.figures.clear()
            summaries = [self._render(c.folder / "summary.md.j2", contexts[c]) for c in contexts]
            said = "\n".join(filter(None, map(str.strip, summaries)))
            whole = {"summaries": Markdown(said), "tiles": tiles}
            texts = [self._render(c.folder / "text.md.j2", contexts[c] | whole) for c in contexts]
            absent = self.anchors - {*ANCHOR.findall("\n".join(texts))}
            if not absent:
                break
            self.anchors -= absent  # what a study does not have is not referred to, either
        return "\n\n".join(texts)

    def functions(self) -> dict[str, Callable]:
        """Return the functions that chapters can call."""
        return {
            "figure": self.figure,
            "has_figure": self.planned.__contains__,
            "has_section": self.anchors.__contains__,
            "judged": self.judged,
            "ref": partial(reference, "fig"),
            "tableref": partial(reference, "tbl"),
            "section": partial(reference, ""),
            "table": table,
            "tex": markup.tex,
            "verdict": markup.verdict,
            "program": self.program,
            "result": self.result,
            "code": markup.code,
            "codeblock": markup.codeblock,
        }

    def figure(self, name: str, alt: str = "", caller: Callable | None = None) -> Markdown:
        """Return the block that the outputs turn into a figure: its caption within a div.

        The caption is what stands between call and endcall. Raises ReportError for a figure that
        the study does not have, without file, caption or alternative text.
        """
        if name not in self.planned:
            raise ReportError(f"figure {name!r}: this study has none so called")
        path = self.study.results / "figures" / f"{name}.svg"
        if not path.is_file():
            raise ReportError(f"figure {name!r}: {path} does not exist")
        caption = markup.one_line(caller() if caller else "").strip()
        for label, text in (("caption", caption), ("alternative text", alt.strip())):
            if not text:
                raise ReportError(f"figure {name!r} has no {label}")
        program = self.planned[name].program
        self.figures[name] = {
            "alt": alt,
            "caption": caption,
            "program": program,
            "address": self.address(program),
        }
        anchor = anchor_of("fig", name)
        return Markdown(f'\n\n::: {{#{anchor} .figure name="{name}"}}\n{caption}\n:::\n\n')

    def program(self, path: str) -> Markdown:
        """Return a file of the project as a link, from where the report lies."""
        return Markdown("[{}]({}){{.file}}").format(markup.code(path), Markdown(self.address(path)))

    def result(self, path: str, text: str) -> Markdown:
        """Return a text as a link to a file of the results."""
        return Markdown("[{}]({}){{.file}}").format(text, Markdown(f"../{path}"))

    def address(self, path: str) -> str:
        """Return where a file of the project is, seen from the folder of the report."""
        return "../" * (len(PurePath(self.study.plan["results"]).parts) + 1) + path

    def judged(self, claim_id: str) -> Markdown:
        """Return a sentence with a claim and its verdict; nothing for one that is not judged."""
        if claim_id not in self.claims:
            return Markdown("")
        claim = self.claims[claim_id]
        whose = "The original's claim" if claim["source"] == ORIGINAL else "Claim"
        return Markdown("{} [{}](#claim-{}){{.soft}}, “{}”, {}{}.").format(
            whose, claim_id, Markdown(claim_id), claim["claim"].rstrip("."),
            "is " if claim["verdict"] == UNDECIDED else "", markup.verdict(claim["verdict"]),
        )  # fmt: skip

    def _render(self, path: Path, context: dict) -> str:
        if not path.is_file():
            return ""
        name = path.relative_to(self.env.loader.searchpath[0]).as_posix()  # type: ignore[union-attr]
        try:
            return self.env.get_template(name).render(context)
        except jinja2.TemplateSyntaxError as error:
            raise ReportError(f"{error.filename or path}:{error.lineno}: {error.message}") from None
        except (jinja2.UndefinedError, ReportError) as error:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [frame for frame in frames if frame.filename.endswith(".md.j2")]
            place = f"{lines[-1].filename}:{lines[-1].lineno}" if lines else str(path)
            raise ReportError(f"{place}: {error}") from None


# Numbered tables, and references to figures, tables and sections ----------------------------------


def cell(value: Any) -> Markdown:
    """Return a table's cell as Markdown, on one line."""
    return Markdown(markup.one_line(Markdown.escape(value)))


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
