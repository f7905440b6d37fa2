"""Measure how far runs with other seeds spread, from a finished study of many runs.

Writes the file by which studies of one or two runs are judged: the standard deviation over runs of
every quantity that a claim compares, by the settings that it was measured with.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from fashionlab.claims.claims_json import OTHER_CHOICES
from fashionlab.claims.judging import Choices, measured_sides, read_claims
from fashionlab.claims.quantities import FACTOR
from fashionlab.claims.spread import SEED_SPREAD, settings_of
from fashionlab.program import option_parser, run
from fashionlab.sources import commit_of
from fashionlab.statistics import RUNS_FOR_INTERVAL
from fashionlab.storage.files import canonical_json, sha256_text, write_json
from fashionlab.study import Study


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--plan", required=True, help="plan.json of the study")
    parser.add_argument("--results", type=Path, required=True, help="folder of its results")
    parser.add_argument("--output", default=SEED_SPREAD, help="JSON file to write")
    arguments = parser.parse_args()
    write_json(arguments.output, seed_spread(Study.read(arguments.plan, arguments.results)))


def seed_spread(study: Study) -> dict[str, Any]:
    """Return the spread over seeds of all that the claims compare, and where it is from.

    Raises ValueError where no variant has enough runs.
    """
    settings: dict[str, dict[str, list[float]]] = {}
    choices = [Choices(), *OTHER_CHOICES.values()]
    for side, unit in measured_sides(study, read_claims(study.plan), choices):
        values = side.values[np.isfinite(side.values)].to_numpy(float)
        if len(values) >= RUNS_FOR_INTERVAL:
            spread = float(np.std(np.log(values) if unit == FACTOR else values, ddof=1))
            own = settings.setdefault(settings_of(study, side.place), {})
            own[side.key] = [float(f"{spread:.4g}"), len(values)]
    if not settings:
        raise ValueError(f"no variant has {RUNS_FOR_INTERVAL} runs that ended, as a spread needs")
    devices = Counter(study.table("costs")["device_name"])
    return {
        "about": "Standard deviation over runs with other seeds, and how many runs; of factors "
        "that of the natural logarithm.",
        "commit": commit_of()[0],
        "plan": sha256_text(canonical_json(study.plan["experiments"])),
        "devices": dict(sorted(devices.items())),
        "settings": settings,
    }


if __name__ == "__main__":
    run(main)
