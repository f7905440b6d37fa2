"""Verify every result of the plan and collect them into tables and results/summary.json."""

import argparse
import sys
from pathlib import Path

from fashionlab import tables
from fashionlab.data.idx import load_idx_dataset
from fashionlab.files import sha256_of, write_json
from fashionlab.planned import read_plan
from fashionlab.results import ResultError, read_result


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", required=True, help="results/plan.json")
    parser.add_argument("--dataset-folder", required=True, help="folder of the IDX files")
    parser.add_argument("--tables", required=True, type=Path, help="folder to write tables to")
    parser.add_argument("--summary", required=True, help="JSON file to write")
    arguments = parser.parse_args()
    try:
        collect(arguments)
    except (ResultError, OSError, ValueError) as error:
        sys.exit(f"collect_results: {error}")


def collect(arguments: argparse.Namespace) -> None:
    """Write the tables and the summary of a plan's verified results."""
    plan = read_plan(arguments.plan)
    results = {training["id"]: read_verified(training) for training in plan["trainings"]}
    dataset = load_idx_dataset(arguments.dataset_folder, len(plan["dataset"]["classes"]))
    end, costs = tables.end_results(plan, results), tables.costs(plan)
    both = ("csv", "parquet")
    tables.write_table(end, arguments.tables / "trainings", both)
    tables.write_table(tables.records(plan, results), arguments.tables / "records", both)
    tables.write_table(costs, arguments.tables / "costs", both)
    predicted = tables.predictions(plan, results, dataset["test"][1])
    tables.write_table(predicted, arguments.tables / "predictions", ("parquet",))
    write_json(arguments.summary, tables.summarise(end, costs))


def read_verified(training: dict) -> dict:
    """Return a training's result, after its weights were found to be those it was written with."""
    result = read_result(training["result"], training["specification_sha256"])
    if sha256_of(training["weights"]) != result["weights_sha256"]:
        raise ResultError(
            f"{training['weights']}: are not the weights of {training['result']}. "
            f"To train them again: rm {training['result']}  and then the same command as before."
        )
    return result


if __name__ == "__main__":
    main()
