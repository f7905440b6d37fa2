"""What all figures share: size, fonts, style sheet, rendering. Nothing goes through pyplot."""

import contextlib
import io
import re
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure

from fashionlab.chapters import REPORT
from fashionlab.plotting.labels import settle_labels
from fashionlab.study import Study

STYLE_SHEET = REPORT / "style" / "figures.mplstyle"
FONTS = REPORT / "fonts"
FONT_FILES = ("SourceSans3-Regular.ttf", "SourceSans3-Italic.ttf")
LONG = re.compile(rb"(\.\d\d)\d+")


def new_figure(study: Study, height: float) -> Figure:
    """Return an empty figure of the study's width; ``height`` is in inch at a width of 7 inch."""
    width = study.plan["figures"]["width"]
    return Figure(figsize=(width, height * width / 7), layout="constrained")


def empty_figure(study: Study, sentence: str) -> Figure:
    """Return a figure that only says why there is nothing to draw."""
    figure = new_figure(study, height=1)
    figure.text(0.5, 0.5, sentence, ha="center", va="center")
    return figure


def plain(text: str) -> str:
    """Return a text from config or data for matplotlib, which reads $...$ as a formula."""
    return text.replace("$", r"\$")


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
