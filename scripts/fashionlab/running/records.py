"""What becomes of results when Snakemake's records of them, the folder .snakemake, are lost.

Snakemake then takes what is there for up to date, whatever it was computed from.
"""

import json
import secrets
from pathlib import Path

from fashionlab.storage.files import write_text


def mark_of(results: str) -> Path:
    """Return where the mark of a folder of results is, within the project."""
    return Path(".snakemake") / "records" / results.replace("/", "-")


def records_mark(results: str, renew: bool) -> str:
    """Return the path of a file that is newer than all results that Snakemake has no records of.

    What is collected from trainings depends on it: without records nobody knows what the tables
    and figures were computed from. Trainings know that themselves.
    """
    mark = mark_of(results)
    known = mark.read_text("utf-8") if mark.exists() else None
    try:
        found = json.loads((Path(results) / "plan.json").read_text("utf-8")).get("records")
    except (OSError, ValueError, AttributeError):
        found = known
    if renew and (known is None or found != known):
        write_text(mark, secrets.token_hex(16))
    return str(mark)
