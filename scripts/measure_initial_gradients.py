"""Measure the gradient of every layer before the first step, in several draws of initial weights.

For each variant of the experiments that a chapter names in MEASURED_FIRST; nothing is trained. The
report sets it against what theory expects of PyTorch's initial weights.
"""

from pathlib import Path

from fashionlab.chapters import measured_first
from fashionlab.planning.planned import read_plan, trainings_of
from fashionlab.program import option_parser, run
from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--plan", type=Path, required=True, help="results/plan.json")
    parser.add_argument("--dataset-folder", required=True, help="folder of the IDX files")
    parser.add_argument("--split", required=True, help="results/split.json")
    parser.add_argument("--draws", type=int, default=10, help="how often weights are drawn")
    parser.add_argument("--images", type=int, default=200, help="images that errors are taken of")
    parser.add_argument("--output", required=True, help="JSON file to write")
    arguments = parser.parse_args()
    # Here, as PyTorch takes seconds to import: --help need not.
    from fashionlab.training.initial import measure_layers

    plan, rows = read_plan(arguments.plan), []
    for experiment in measured_first(plan):
        first = [t for t in trainings_of(plan, experiment) if t["run"] == 1]
        specifications = {t["variant"]: t["specification"] for t in first}
        found = measure_layers(
            specifications, arguments.dataset_folder, arguments.split, arguments.draws,
            arguments.images,
        )  # fmt: skip
        rows += [{"experiment": experiment} | row for row in found]
    write_json(arguments.output, sealed({"images": arguments.images, "layers": rows}))


if __name__ == "__main__":
    run(main)
