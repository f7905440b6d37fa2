"""Download a data set in IDX form into a folder, from the first of its sources that has it.

Makes the four unpacked files (train-images-idx3-ubyte, ...); those that are there and right are
kept. Each is checked against its sha256 before it appears.
"""

import json
import sys
from pathlib import Path

from fashionlab.data.download import download
from fashionlab.program import on_end, option_parser, run


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--dataset", required=True, help="the configuration's section, as JSON")
    parser.add_argument("--output-dir", required=True, type=Path, help="folder of the four files")
    arguments = parser.parse_args()
    on_end(lambda number, _: sys.exit(128 + number))  # an exit deletes what is half written
    download(json.loads(arguments.dataset), arguments.output_dir)


if __name__ == "__main__":
    run(main)
