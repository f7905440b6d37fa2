"""Write the files that the chapters export: curves as JSON, in the shapes that others read."""

from pathlib import Path
from typing import Any

import numpy as np

from fashionlab.chapters import planned_exports
from fashionlab.program import option_parser, run
from fashionlab.storage.files import write_json
from fashionlab.study import Study


def main() -> None:
    """Write the files of the study's experiments."""
    parser = option_parser(__doc__)
    parser.add_argument("--plan", required=True, help="results/plan.json")
    parser.add_argument("--results", required=True, help="folder of the results")
    parser.add_argument("--output-dir", required=True, type=Path, help="for the files")
    arguments = parser.parse_args()
    study = Study.read(arguments.plan, arguments.results)
    for name, curves in planned_exports(study.plan).items():
        content = {key: exported(study, *of) for key, of in curves.items()}
        content["name"] = name.split("_", 1)[1]
        write_json(arguments.output_dir / f"{name}.json", content)


def exported(study: Study, experiment: str, variant: str, column: str) -> Any:
    """Return what a file holds of a variant: a curve, or something of its best run.

    A column of the records: the mean over runs, record by record, None where it is not finite.
    "best test_accuracy" and "best weights" (of the first layer) are of the run that is best on the
    test images, or None; the report selects nothing so.
    """
    if not column.startswith("best "):
        means = study.rows("records", experiment, variant).groupby("step")[column].mean()
        return [float(value) if np.isfinite(value) else None for value in means]
    accuracies = study.values(experiment, variant, "test_accuracy")
    if accuracies.isna().all():
        return None
    if column == "best test_accuracy":
        return float(accuracies.max())
    weights = study.first_weights(experiment, variant, int(str(accuracies.idxmax())))
    return None if weights is None else weights.tolist()


if __name__ == "__main__":
    run(main)
