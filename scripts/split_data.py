"""Split the training images into training and validation part, stratified by class and seeded.

Makes one JSON file: the indices of both parts in ascending order, the number of images of each
class in the three parts, the hash of the specification that it was made from, and a checksum.
"""

import json
from pathlib import Path

from fashionlab.data.idx import load_idx_dataset
from fashionlab.data.splitting import describe_split
from fashionlab.program import option_parser, run
from fashionlab.running.integrity import check_data
from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--dataset-folder", required=True, type=Path, help="the four IDX files")
    parser.add_argument(
        "--specification", required=True,
        help="JSON with validation_fraction, seed, images (a number or null), classes, sha256, "
        "dataset_images, image_size",
    )  # fmt: skip
    parser.add_argument("--output", required=True, type=Path, help="JSON file to write")
    arguments = parser.parse_args()
    specification = json.loads(arguments.specification)
    check_data(arguments.dataset_folder, specification)
    dataset = load_idx_dataset(arguments.dataset_folder, specification["classes"])
    (_, train_labels), (_, test_labels) = dataset["train"], dataset["test"]
    content = describe_split(train_labels, test_labels, specification)
    write_json(arguments.output, sealed(content))


if __name__ == "__main__":
    run(main)
