"""Judge the claims that this study's chapters make, by its results.

Writes the verdicts with the comparisons behind them, how they depend on what was chosen, and the
epochs at which the plateau rule would have switched the learning rates.
"""

from pathlib import Path

from fashionlab.claims.claims_json import claims_content
from fashionlab.claims.judging import read_claims
from fashionlab.program import option_parser, run
from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed
from fashionlab.study import Study


def main() -> None:
    """Read plan and tables, judge, write the claims."""
    parser = option_parser(__doc__)
    parser.add_argument("--plan", required=True, help="results/plan.json")
    parser.add_argument(
        "--results", type=Path, required=True, help="folder of tables, weights and split"
    )
    parser.add_argument("--output", required=True, help="JSON file to write")
    arguments = parser.parse_args()
    study = Study.read(arguments.plan, arguments.results)
    write_json(arguments.output, sealed(claims_content(study, read_claims(study.plan))))


if __name__ == "__main__":
    run(main)
