"""The spread over seeds of the published study, which stands in where a study has few runs.

``report/data/seed_spread.json`` has it, with the commit, the configuration and the device that it
was measured with; ``measure_seed_spread.py`` writes it from a finished study of many runs.
"""

from functools import cache

from fashionlab.chapters import REPORT
from fashionlab.statistics import Spread
from fashionlab.storage.published import settings_checksum
from fashionlab.storage.reading import read_json
from fashionlab.study import Study

SEED_SPREAD = REPORT / "data" / "seed_spread.json"


def published_spread(study: Study, place: tuple[str, str], quantity: str) -> Spread | None:
    """Return the spread over seeds that the published study measured for a variant's settings.

    None where it did not: for another network, split, number of epochs. Of a factor it is the
    standard deviation of the natural logarithm. ``quantity``: the key that `comparisons` gives it.
    """
    found = published().get(settings_of(study, place), {})
    return Spread(*found[quantity]) if quantity in found else None


@cache
def published() -> dict[str, dict]:
    """Return {hash of settings: {quantity: [standard deviation, runs]}}; empty without the file."""
    return read_json(SEED_SPREAD, ["settings"])["settings"] if SEED_SPREAD.is_file() else {}


def settings_of(study: Study, place: tuple[str, str]) -> str:
    """Return the checksum of what a variant's runs share: all that decides numbers but seeds."""
    return settings_checksum(study.plan, study.entries(*place)[0], without=("run", "seed"))
