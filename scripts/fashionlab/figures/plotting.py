"""What all figures share: fonts, style sheet, the command line, rendering and saving.

Colours are in ``looks``, curves and the ids of the SVG in ``curves``, data in ``data``. Nothing
here goes through pyplot: a figure leaves no state behind.
"""

import argparse
import contextlib
import inspect
import io
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

from fashionlab.figures.data import FigureData
from fashionlab.planning.planned import read_plan
from fashionlab.plotting.labels import settle_labels
from fashionlab.program import option_parser, run
from fashionlab.storage.files import write_bytes, write_json
from fashionlab.storage.reading import sealed

ROOT = Path(__file__).resolve().parents[3]
STYLE_SHEET = ROOT / "report" / "style" / "figures.mplstyle"
FONTS = ROOT / "report" / "fonts"
LONG = re.compile(rb"(\.\d\d)\d+")
FONT_FILES = ("SourceSans3-Regular.ttf", "SourceSans3-Italic.ttf")


def new_figure(data: FigureData, height: float) -> Figure:
    """Return an empty figure of the study's width; ``height`` is in inch at a width of 7 inch."""
    width = data.plan["figures"]["width"]
    return Figure(figsize=(width, height * width / 7), layout="constrained")


def empty_figure(data: FigureData, sentence: str) -> Figure:
    """Return a figure that only says why there is nothing to draw."""
    figure = new_figure(data, height=1)
    figure.text(0.5, 0.5, sentence, ha="center", va="center")
    return figure


def register_fonts(folder: Path = FONTS) -> None:
    """Make the report's sans known to matplotlib; FileNotFoundError names a missing file."""
    known = {Path(entry.fname) for entry in font_manager.fontManager.ttflist}
    for name in FONT_FILES:
        path = folder / name
        if not path.is_file():
            raise FileNotFoundError(f"{path}: font of the figures is missing; restore it from git")
        if path not in known:
            font_manager.fontManager.addfont(path)


def styled() -> contextlib.AbstractContextManager[None]:
    """Return the context of the style sheet, in which figures are drawn and saved."""
    register_fonts()
    sheet = mpl.rc_params_from_file(STYLE_SHEET, use_default_template=False)
    return mpl.rc_context(dict(mpl.rcParamsDefault) | dict(sheet) | {"backend": "agg"})


def render(figure: Figure, dpi: float) -> dict[str, bytes]:
    """Return the figure as {".svg": ..., ".png": ...}; equal figures give equal bytes."""
    settle_labels(figure)
    svg, png = io.BytesIO(), io.BytesIO()
    undated = {"Date": None, "Creator": None}
    figure.savefig(svg, format="svg", transparent=True, metadata=undated)
    figure.savefig(png, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    # A hundredth of a point cannot be seen; six digits after the point double the file.
    short = re.sub(rb' d="[^"]*"', lambda path: LONG.sub(rb"\1", path[0]), svg.getvalue())
    return {".svg": short, ".png": png.getvalue()}


def run_program(*figure: Any, **option: Any) -> NoReturn:
    """Run a figure's program, as `make_figure` says, to its end."""
    run(partial(make_figure, *figure, **option))


def make_figure(draw: Callable, describe: Callable, name: str, option: str | None = None) -> None:
    """Read the command line, draw, and write <figure>.svg, .png, .json.

    ``name`` is the figure's; with an ``option``, such as "network", its value is put into
    ``name`` ("weights_{}") and given to ``draw`` and ``describe``.
    """
    arguments = _parser(sys.modules[draw.__module__].__doc__, option).parse_args()
    chosen = [getattr(arguments, option)] if option else []
    program = Path(inspect.getfile(draw)).name
    data = FigureData(read_plan(arguments.plan), arguments.tables, arguments.split)
    with styled():
        figure = draw(data, *chosen)
        description = describe(data, *chosen) | {"program": f"scripts/{program}"}
        files = render(figure, data.plan["figures"]["dpi"])
    for suffix, content in files.items():
        write_bytes(arguments.output_dir / (name.format(*chosen) + suffix), content)
    write_json(arguments.output_dir / (name.format(*chosen) + ".json"), sealed(description))


def _parser(description: str | None, option: str | None) -> argparse.ArgumentParser:
    parser = option_parser(description)
    parser.add_argument("--plan", type=Path, required=True, help="results/plan.json")
    parser.add_argument("--tables", type=Path, required=True, help="folder of the tidy tables")
    parser.add_argument("--output-dir", type=Path, required=True, help="folder for the figure")
    parser.add_argument("--split", type=Path, required=True, help="results/split.json")
    if option:
        parser.add_argument(f"--{option}", required=True, help=f"which {option} to draw")
    return parser
