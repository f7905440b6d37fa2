"""The chapters of the report, filled in by Jinja: one Markdown document.

What a chapter's text can use, and how its values are escaped: see docs/extending.md.
"""

import re
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import jinja2
from jinja2.ext import Extension

from fashionlab import markup, prose
from fashionlab.chapters import chapters, planned_figures
from fashionlab.claims.rows import ORIGINAL
from fashionlab.markup import Markdown, ReportError
from fashionlab.rendering import blocks
from fashionlab.study import Study

DELIMITERS: dict[str, Any] = {
    "variable_start_string": "<<", "variable_end_string": ">>",
    "block_start_string": "<%", "block_end_string": "%>",
    "comment_start_string": "<#", "comment_end_string": "#>",
}  # fmt: skip
ANCHOR = re.compile(r"\{#([\w-]+)")


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
        **DELIMITERS,
    )
    env.filters["join"] = markup.join
    env.filters["extract"] = lambda key, table: table[key]  # ties | map("extract", labels)
    return env


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
        contexts = {
            c: shared | {"experiment": c.experiment, "number": number} | facts[c]
            for number, c in enumerate(self.chapters)
        }
        tiles = [
            tile for chapter in self.chapters for tile in facts[chapter].get("key_figures", [])
        ]
        for _ in range(2):  # what a study does not have is left out, and then not referred to
            self.figures.clear()
            summaries = [self._render(c.folder / "summary.md.j2", contexts[c]) for c in contexts]
            said = "\n".join(filter(None, map(str.strip, summaries)))
            whole = {"summaries": Markdown(said), "tiles": tiles}
            texts = [self._render(c.folder / "text.md.j2", contexts[c] | whole) for c in contexts]
            self.anchors &= {*ANCHOR.findall("\n".join(texts))}
        return "\n\n".join(texts)

    def functions(self) -> dict[str, Callable]:
        """Return the functions that chapters can call."""
        return {
            "figure": self.figure,
            "has_figure": self.planned.__contains__,
            "has_section": self.anchors.__contains__,
            "judged": self.judged,
            "ref": partial(blocks.reference, "fig"),
            "tableref": partial(blocks.reference, "tbl"),
            "section": partial(blocks.reference, ""),
            "table": blocks.table,
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
        return blocks.figure(name, Markdown(caption))

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
        return Markdown("{} [{}](#claim-{}){{.soft}}, “{}”: {}.").format(
            whose, claim_id, Markdown(claim_id), claim["claim"].rstrip("."),
            markup.verdict(claim["verdict"]),
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
