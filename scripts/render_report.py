"""Render the report, report.html and report.pdf, from its chapters and the results of a study."""

from pathlib import Path

from fashionlab.chapters import REPORT
from fashionlab.program import option_parser, run
from fashionlab.rendering.build import render
from fashionlab.storage.files import write_bytes, write_text
from fashionlab.study import Study


def main() -> None:
    """Write both forms of the report."""
    parser = option_parser(__doc__)
    parser.add_argument("--plan", type=Path, required=True, help="results/plan.json")
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--output-dir", type=Path, required=True, help="folder for the report")
    parser.add_argument(
        "--source", type=Path, default=REPORT, help="chapters, style, fonts (default: report/)"
    )
    arguments = parser.parse_args()
    study = Study.read(arguments.plan, arguments.results)
    page, pdf = render(study, arguments.source)
    write_text(arguments.output_dir / "report.html", page)
    write_bytes(arguments.output_dir / "report.pdf", pdf)


if __name__ == "__main__":
    run(main)
