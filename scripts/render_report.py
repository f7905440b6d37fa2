"""Render the report, report.html and report.pdf, from its sections and the results of a study."""

import argparse
import sys
from pathlib import Path

from fashionlab.findings.facts import Facts
from fashionlab.rendering.build import render
from fashionlab.storage.files import write_bytes, write_text

REPORT = Path(__file__).resolve().parents[1] / "report"


def parse_arguments() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", type=Path, required=True, help="results/plan.json")
    parser.add_argument("--results", type=Path, required=True, help="folder of the results")
    parser.add_argument("--output-dir", type=Path, required=True, help="folder for the report")
    parser.add_argument(
        "--source", type=Path, default=REPORT, help="sections, style, fonts (default: report/)"
    )
    return parser.parse_args()


def main() -> None:
    """Write both forms of the report; a mistake ends with one line on stderr and exit code 1."""
    arguments = parse_arguments()
    try:
        facts = Facts.load(arguments.plan, arguments.results)
        page, pdf = render(facts, facts.plan["demonstration"], arguments.source, arguments.results)
        write_text(arguments.output_dir / "report.html", page)
        write_bytes(arguments.output_dir / "report.pdf", pdf)
    except (ValueError, OSError) as error:
        sys.exit(f"render_report.py: {error}")


if __name__ == "__main__":
    main()
