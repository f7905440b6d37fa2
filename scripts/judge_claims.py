"""Judge every claim of the original report by this study's results.

Writes the verdicts with the tests behind them, and the epochs at which the plateau rule would have
switched the learning rates.
"""

from pathlib import Path

import numpy as np

from fashionlab.judgement.claims import judge_claims
from fashionlab.judgement.evidence import Study
from fashionlab.planning.planned import read_plan
from fashionlab.program import option_parser, run
from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed
from fashionlab.storage.table_files import read_table
from fashionlab.storage.weight_files import layer_weights


def read_study(plan: dict, tables: Path) -> Study:
    """Return the finished study of a plan and the folder with its Parquet tables."""
    names = ("trainings", "records", "predictions")
    trainings, records, predictions = (read_table(tables / f"{name}.parquet") for name in names)
    on_test = predictions[predictions["part"] == "test"]
    return Study(plan, trainings, records, on_test, first_weights)


def first_weights(training: dict) -> np.ndarray | None:
    """Return the first layer's weights that a training of the plan stored, or None."""
    path = Path(training["weights"])
    return layer_weights(path)[0] if path.is_file() else None


def main() -> None:
    """Read plan and tables, judge, write the claims."""
    parser = option_parser(__doc__)
    parser.add_argument("--plan", required=True, help="results/plan.json")
    parser.add_argument("--tables", type=Path, required=True, help="folder of the Parquet tables")
    parser.add_argument("--output", required=True, help="JSON file to write")
    arguments = parser.parse_args()
    study = read_study(read_plan(arguments.plan), arguments.tables)
    write_json(arguments.output, sealed(judge_claims(study)))


if __name__ == "__main__":
    run(main)
