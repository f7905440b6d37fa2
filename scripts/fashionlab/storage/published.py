"""Checksums of the published results: which trainings of a study gave the very same numbers.

``report/data/checksums.csv`` has a line a training: the SHA-256 of what decides its numbers (data,
and settings without the code's fingerprints), that of its numbers, and what it ended with.
``verify_results.py --write`` writes the lines of a finished study.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from fashionlab.sources import ROOT
from fashionlab.storage.files import canonical_json, sha256_text, write_text
from fashionlab.storage.results import KEYS

PUBLISHED = ROOT / "report" / "data" / "checksums.csv"
NUMBERS = KEYS - {"specification", "specification_sha256"}  # of a result: what is no setting
ENDED = ("validation_accuracy", "test_accuracy")  # percent
COLUMNS = ("training", "settings", "checksum", *ENDED, "torch")
STATES = ("agree", "differ", "elsewhere", "unpublished", "unfinished")


def numbers_checksum(result: dict) -> str:
    """Return the SHA-256 of all numbers of a result: records, ends, predictions, weights.

    Neither code nor machine nor time are in it, so that the same numbers have the same checksum.
    """
    return sha256_text(canonical_json({key: result[key] for key in NUMBERS}))


def settings_checksum(plan: dict, training: dict, without: tuple[str, ...] = ()) -> str:
    """Return the SHA-256 of what decides a training's numbers: settings, seeds, split and data.

    The code's fingerprints are left out, for an edit of it need not change a number, and settings
    that ``without`` names.
    """
    left_out = ("source", *without)
    own = {k: v for k, v in training["specification"].items() if k not in left_out}
    split = {k: v for k, v in plan["split_specification"].items() if k != "source"}
    return sha256_text(canonical_json(own | {"split": split | {"seed": training["split_seed"]}}))


def read_published(path: Path = PUBLISHED) -> dict[str, dict[str, str]]:
    """Return the lines of published trainings by the checksum of their settings.

    Empty without the file; raises ValueError for one without the columns.
    """
    if not path.is_file():
        return {}
    rows = csv.DictReader(io.StringIO(path.read_text("utf-8")))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        raise ValueError(f"{path}: its first line must be {','.join(COLUMNS)}")
    return {row["settings"]: row for row in rows}


def write_published(new: Sequence[dict], path: Path = PUBLISHED) -> None:
    """Add lines of trainings, in the place of those with the same settings or the same name."""
    taken = {row[key] for row in new for key in ("settings", "training")}
    kept = [row for row in read_published(path).values() if not taken & set(row.values())]
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    rows = {row["settings"]: row for row in [*kept, *new]}.values()
    writer.writerows(sorted(rows, key=lambda row: row["training"]))
    write_text(path, text.getvalue())


def compare(
    plan: dict, checksums: dict[str, str], environments: dict[str, dict], published: dict[str, dict]
) -> dict[str, list[dict]]:
    """Return the plan's trainings by state (``STATES``): which numbers are the published ones.

    ``checksums`` of the finished trainings' numbers, and ``environments`` that they ran in, by id.
    One that differs is "elsewhere" if it ran where the same bytes are not promised.
    """
    found: dict[str, list[dict]] = {state: [] for state in STATES}
    for training in plan["trainings"]:
        checksum = checksums.get(training["id"])
        known = published.get(settings_checksum(plan, training))
        if checksum is None:
            state = "unfinished"
        elif known is None:
            state = "unpublished"
        elif known["checksum"] == checksum:
            state = "agree"
        else:
            promised = is_promised(environments.get(training["id"], {}))
            state = "differ" if promised else "elsewhere"
        found[state].append(training)
    return found


def is_promised(environment: dict) -> bool:
    """Return whether the published bytes are promised on a device: an x86-64 processor.

    So is it where nothing is recorded of the device: a difference should not be missed.
    """
    device, platform = environment.get("device"), environment.get("platform")
    return device in (None, "cpu") and (platform is None or platform.endswith("x86_64"))
