"""Try the PyTorch classes that the missing trainings of a plan name, before any of them starts."""

import argparse
import importlib.util
import sys

from fashionlab.configuration import ConfigurationError
from fashionlab.planned import read_plan
from fashionlab.study import is_done


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", required=True, help="results/plan.json")
    missing = [t for t in read_plan(parser.parse_args().plan)["trainings"] if not is_done(t)]
    # With --sdm conda, Snakemake's own environment may have no PyTorch: the jobs bring theirs.
    if missing and importlib.util.find_spec("torch"):
        from fashionlab.rehearsal import rehearse

        try:
            rehearse(missing)
        except ConfigurationError as error:
            sys.exit(str(error))


if __name__ == "__main__":
    main()
