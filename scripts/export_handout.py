"""Write the results in the shapes that the course's plotting helpers read, a JSON file each."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fashionlab.planning.handout import handout_files
from fashionlab.planning.planned import read_plan
from fashionlab.program import option_parser, run
from fashionlab.storage.files import write_json
from fashionlab.storage.table_files import read_table
from fashionlab.storage.weight_files import layer_weights


def main() -> None:
    """Write the files of the study's experiments."""
    parser = option_parser(__doc__)
    parser.add_argument("--plan", required=True, help="results/plan.json")
    parser.add_argument("--tables", required=True, type=Path, help="folder of the tables")
    parser.add_argument("--output-dir", required=True, type=Path, help="for the files")
    arguments = parser.parse_args()
    plan = read_plan(arguments.plan)
    end = read_table(arguments.tables / "trainings.parquet")
    records = read_table(arguments.tables / "records.parquet")
    for name, curves in handout_files(plan).items():
        content: dict[str, Any] = {"name": name.split("_", 1)[1]}
        content |= {
            key: mean_curve(records, experiment, variant, column)
            for key, (experiment, variant, column) in curves.items()
        }
        if name.startswith("part2_"):
            content |= best_run(plan, end, content["name"])
        write_json(arguments.output_dir / f"{name}.json", content)


def mean_curve(records: pd.DataFrame, experiment: str, variant: str, column: str) -> list:
    """Return a curve as the mean over runs, record by record; None where it is not finite."""
    rows = records[(records.experiment == experiment) & (records.variant == variant)]
    means = rows.groupby("step", sort=True)[column].mean()
    return [float(value) if np.isfinite(value) else None for value in means]


def best_run(plan: dict, end: pd.DataFrame, network: str) -> dict:
    """Return test accuracy and first-layer weights of the run that is best on the test set.

    The course's format wants this selection on the test set; the report does not use it.
    """
    rows = end[(end.experiment == "generalisation") & (end.variant == network)]
    if rows["test_accuracy"].isna().all():
        return {"test_acc": None, "weights": None}
    best = rows.iloc[rows["test_accuracy"].argmax()]
    paths = {t["id"]: t["weights"] for t in plan["trainings"]}
    first = layer_weights(paths[f"generalisation/{network}/run{best['run']}"])[0]
    return {"test_acc": float(best["test_accuracy"]), "weights": first.tolist()}


if __name__ == "__main__":
    run(main)
