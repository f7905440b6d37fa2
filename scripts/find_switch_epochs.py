"""Find the epoch at which a finished training's validation accuracy has stopped rising.

Makes the file that trainings with ``until: auto`` take their switch epochs from.
"""

import numpy as np

from fashionlab.plateau import switch_epoch
from fashionlab.program import option_parser, run
from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed
from fashionlab.storage.results import read_result


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--result", required=True, help="JSON file of the finished training")
    parser.add_argument(
        "--specification-sha256", required=True,
        help="that it must have: `.specification_sha256` of the training in results/plan.json",
    )  # fmt: skip
    parser.add_argument("--output", required=True, help="JSON file to write")
    arguments = parser.parse_args()
    result = read_result(arguments.result, arguments.specification_sha256)
    write_json(arguments.output, sealed({"switch_epochs": find_switch_epochs(result)}))


def find_switch_epochs(result: dict) -> list[int]:
    """Return the switch epochs of the finished training and, last, the one its curve shows."""
    earlier = [stage["until"] for stage in result["learning_rate"][:-1]]
    records = result["records"]["validation_accuracy"]
    by_epoch = np.array(records, dtype=float).reshape(result["specification"]["epochs"], -1)
    # Where a training validates once an epoch only one record of each is a number.
    curve = [epoch[~np.isnan(epoch)].mean() if not np.isnan(epoch).all() else np.nan
             for epoch in by_epoch]  # fmt: skip
    return [*earlier, switch_epoch(curve, start=earlier[-1] if earlier else 0)]


if __name__ == "__main__":
    run(main)
