"""Draw a figure of the study, as the chapter that it belongs to says how: an SVG and a PNG."""

from pathlib import Path

from fashionlab.chapters import planned_figures
from fashionlab.plotting.figure import render, styled
from fashionlab.program import option_parser, run
from fashionlab.storage.files import write_bytes
from fashionlab.study import Study


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--plan", type=Path, required=True, help="results/plan.json")
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--figure", required=True, help="its name: that of its module")
    parser.add_argument("--output-dir", type=Path, required=True, help="folder for the figure")
    arguments = parser.parse_args()
    study = Study.read(arguments.plan, arguments.results)
    for suffix, content in plot(study, arguments.figure).items():
        write_bytes(arguments.output_dir / f"{arguments.figure}{suffix}", content)


def plot(study: Study, name: str) -> dict[str, bytes]:
    """Return a figure as {".svg": ..., ".png": ...}; ValueError if the study has none so called."""
    figures = planned_figures(study.plan)
    if name not in figures:
        raise ValueError(f"no figure {name!r} in this study; it has: {', '.join(figures)}")
    with styled():
        return render(figures[name].draw(study), study.plan["figures"]["dpi"])


if __name__ == "__main__":
    run(main)
