"""Download a data set in IDX form into a folder, from the first of its sources that has it.

Makes the four unpacked files (train-images-idx3-ubyte, ...); those that are there and right are
kept. Each is checked before it appears: its form, and its sha256 where the configuration has one.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

from fashionlab.data.download import download


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", required=True, help="the configuration's section, as JSON")
    parser.add_argument("--output-dir", required=True, type=Path, help="folder of the four files")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # an exit deletes what is half written
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        download(json.loads(arguments.dataset), arguments.output_dir)
    except (OSError, ValueError) as error:
        sys.exit(f"download_data: {error}")


if __name__ == "__main__":
    main()
