"""Verify every result of the plan and collect them into tables and results/summary.json."""

from pathlib import Path

import numpy as np
import pandas as pd

from fashionlab.data.idx import load_idx_dataset
from fashionlab.planning.planned import read_plan
from fashionlab.program import option_parser, run
from fashionlab.running.integrity import check_data
from fashionlab.storage import tables
from fashionlab.storage.files import sha256_of, write_json
from fashionlab.storage.reading import damaged, read_sealed, sealed
from fashionlab.storage.results import read_result
from find_switch_epochs import find_switch_epochs


def main() -> None:
    """Write the tables and the summary of a plan's verified results."""
    parser = option_parser(__doc__)
    parser.add_argument("--plan", required=True, help="results/plan.json")
    parser.add_argument("--dataset-folder", required=True, help="folder of the IDX files")
    parser.add_argument("--tables", required=True, type=Path, help="folder to write tables to")
    parser.add_argument("--summary", required=True, help="JSON file to write")
    arguments = parser.parse_args()
    plan = read_plan(arguments.plan)
    results = read_verified(plan)
    check_data(arguments.dataset_folder, plan["split_specification"])
    images = read_images(arguments.dataset_folder, plan)
    end, costs = tables.end_results(plan, results), tables.costs(plan)
    check_costs(plan, costs)
    both = ("csv", "parquet")
    tables.write_table(end, arguments.tables / "trainings", both)
    tables.write_table(tables.records(plan, results), arguments.tables / "records", both)
    tables.write_table(tables.phases(plan, results), arguments.tables / "phases", both)
    tables.write_table(costs, arguments.tables / "costs", both)
    predicted = tables.predictions(plan, results, images)
    tables.write_table(predicted, arguments.tables / "predictions", ("parquet",))
    write_json(arguments.summary, sealed(tables.summarise(end, costs)))


def read_images(folder: str, plan: dict) -> dict[str, dict[str, tuple]]:
    """Return by split the places of validation and test images in their files, and their labels.

    Raises ValueError for a split that the trainings were not made with.
    """
    dataset = load_idx_dataset(folder, len(plan["dataset"]["classes"]))
    test = dataset["test"][1]
    found = {}
    for file, wanted in {
        t["split"]: t["specification"]["split"] for t in plan["trainings"]
    }.items():
        split = read_sealed(file, ["validation", "specification_sha256"])
        if split["specification_sha256"] != wanted:
            raise ValueError(f"{file}: is not the split of this configuration; delete it.")
        places = np.array(split["validation"])
        found[file] = {
            "validation": (places, dataset["train"][1][places]),
            "test": (np.arange(len(test)), test),
        }
    return found


def check_costs(plan: dict, costs: pd.DataFrame) -> None:
    """Raise ValueError, naming the file, for a text that is a number or the other way round."""
    kinds = dict.fromkeys(tables.COSTS, (int, float)) | dict.fromkeys(tables.COSTS[3:-1], str)
    for training, row in zip(plan["trainings"], costs.to_dict("records"), strict=True):
        known = {key: row[key] for key in kinds if row[key] is not None and row[key] == row[key]}
        if wrong := [key for key, value in known.items() if not isinstance(value, kinds[key])]:
            raise damaged(training["environment"], f"{', '.join(wrong)}: not as it was written")


def read_verified(plan: dict) -> dict[str, dict]:
    """Return the results of all trainings, by id.

    Raises ValueError with a line for each that cannot be trusted, and the command that mends all.
    """
    results, wrong = {}, {}
    for training in plan["trainings"]:
        try:
            results[training["id"]] = read_one(training)
        except (ValueError, OSError) as error:
            wrong[training["result"]] = str(error)
    for training in plan["trainings"]:
        reference = results.get(training["switches_from"])
        if reference and training["id"] in results:
            epochs = find_switch_epochs(reference)
            if resolved(training, epochs) != results[training["id"]]["learning_rate"]:
                files = f"{training['result']} {plan['results']}/switches/{training['id']}.json"
                wrong[files] = (
                    f"{training['result']}: did not switch its rates at epochs {epochs}, where "
                    f"{training['switches_from']} has stopped rising.{mend(files)}"
                )
    if len(wrong) > 1:
        wrong["all"] = f"To train all of them again: rm {' '.join(wrong)}"
    if wrong:
        raise ValueError("\n".join(wrong.values()))
    return results


def read_one(training: dict) -> dict:
    """Return a training's result, after its weights were found to be those it was written with."""
    result = read_result(training["result"], training["specification_sha256"])
    weights = Path(training["weights"])
    if not weights.is_file() or sha256_of(weights) != result["weights_sha256"]:
        raise ValueError(
            f"{weights}: are not the weights of {training['result']}.{mend(training['result'])}"
        )
    return result


def mend(files: str) -> str:
    """Return the end of a message on a training: what to do."""
    return f" To train it again: rm {files}  and then the same command."


def resolved(training: dict, epochs: list[int]) -> list[dict]:
    """Return the stages of a learning rate with the switch epochs that were found for it."""
    stages = training["specification"]["learning_rate"]
    switches = [*epochs, *(stage["until"] for stage in stages[len(epochs) :])]
    return [stage | {"until": until} for stage, until in zip(stages, switches, strict=True)]


if __name__ == "__main__":
    run(main)
