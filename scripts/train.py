"""Train one network as its specification says, and write what the study needs of it.

Killed at any moment, the same command goes on from the last finished epoch and ends with the same
result. Runs by hand, too: the specification is in results/plan.json and in each result.
"""

from fashionlab.machine import pin_arithmetic
from fashionlab.program import option_parser, run


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument(
        "--specification", required=True,
        help="JSON text, as `.specification` of a training in results/plan.json",
    )  # fmt: skip
    parser.add_argument("--dataset-folder", required=True, help="folder of the IDX files")
    parser.add_argument("--split", required=True, help="results/split.json")
    parser.add_argument("--switches", help="JSON file with the epochs of auto switches")
    parser.add_argument(
        "--device", default="auto", choices=["auto", "cpu", "cuda"],
        help="auto: a GPU if there is one",
    )  # fmt: skip
    parser.add_argument("--checkpoints", default="results/checkpoints", help="folder")
    parser.add_argument("--name", default="training", help="how progress lines call it")
    parser.add_argument("--progress", help="file or device for progress, if it is a terminal")
    parser.add_argument("--result", required=True, help="JSON file to write")
    parser.add_argument("--weights", required=True, help="safetensors file to write")
    parser.add_argument("--environment", required=True, help="JSON file to write: versions, times")
    arguments = parser.parse_args()
    pin_arithmetic()
    # Here, as PyTorch takes seconds to import: --help need not.
    from fashionlab.training.session import run_training

    run_training(arguments)


if __name__ == "__main__":
    run(main, at_once=True)
