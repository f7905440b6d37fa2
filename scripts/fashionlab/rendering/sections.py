"""The sections of the report, filled in by Jinja: one Markdown document.

What sections can use, and how their values are escaped: see docs/extending.md.
"""

import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
from jinja2.compiler import CodeGenerator

from fashionlab import markup
from fashionlab.markup import Markdown, ReportError
from fashionlab.rendering import blocks

DELIMITERS: dict[str, Any] = {
    "variable_start_string": "<<", "variable_end_string": ">>",
    "block_start_string": "<%", "block_end_string": "%>",
    "comment_start_string": "<#", "comment_end_string": "#>",
}  # fmt: skip


class _CodeGenerator(CodeGenerator):
    """Makes `a ~ b` escape for Markdown; Jinja's own knows HTML only."""

    def visit_Concat(self, node: jinja2.nodes.Concat, frame: Any) -> None:
        self.write("environment.filters['join']((")
        for argument in node.nodes:
            self.visit(argument, frame)
            self.write(", ")
        self.write("))")


def environment(folder: Path) -> jinja2.Environment:
    """Return the Jinja environment of the sections in `folder`: values print as plain text."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=Markdown.escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **DELIMITERS,
    )
    env.code_generator_class = _CodeGenerator
    env.filters["join"] = markup.join
    return env


def functions(figures: Path) -> dict[str, Callable]:
    """Return the functions that sections can call, for the figures in a folder."""
    return {
        "figure": partial(blocks.figure, figures),
        "has_figure": lambda name: (figures / f"{name}.svg").is_file(),
        "ref": partial(blocks.reference, "fig"),
        "tableref": partial(blocks.reference, "tbl"),
        "section": partial(blocks.reference, ""),
        "table": blocks.table,
        "tex": markup.tex,
        "verdict": markup.verdict,
        "code": markup.code,
        "codeblock": markup.codeblock,
    }


def render_sections(folder: Path, context: dict[str, Any]) -> str:
    """Return the Markdown of all sections NN-*.md.j2 of a folder, in the order of their names.

    Raises ReportError, with template and line, for what a section asks for and cannot have.
    """
    env = environment(folder)
    names = sorted(path.name for path in folder.glob("[0-9]*.md.j2"))
    if not names:
        raise ReportError(f"{folder}: no section (NN-name.md.j2) to render")
    return "\n\n".join(_render_section(env, folder, name, context) for name in names)


def _render_section(env: jinja2.Environment, folder: Path, name: str, context: dict) -> str:
    try:
        return env.get_template(name).render(context)
    except jinja2.TemplateSyntaxError as error:
        raise ReportError(f"{folder / str(error.name)}:{error.lineno}: {error.message}") from None
    except (jinja2.UndefinedError, ReportError) as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame for frame in frames if frame.filename.endswith(".md.j2")]
        place = f"{lines[-1].filename}:{lines[-1].lineno}" if lines else folder / name
        raise ReportError(f"{place}: {error}") from None
