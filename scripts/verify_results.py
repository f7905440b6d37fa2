"""Compare a study's results with the checksums of the published ones.

Ends with status 1 if a training differs from the published one where the same bytes are promised.
"""

from pathlib import Path
from typing import Any

from collect_results import read_one
from fashionlab import prose
from fashionlab.program import Refusal, option_parser, run
from fashionlab.running.study import is_done, load_plan, parse_in_project
from fashionlab.sources import ROOT
from fashionlab.storage.published import (
    ENDED,
    PUBLISHED,
    compare,
    is_promised,
    numbers_checksum,
    read_published,
    settings_checksum,
    write_published,
)
from fashionlab.storage.reading import read_json

FILE = PUBLISHED.relative_to(ROOT).as_posix()
OTHER = "from the published results"
SAID = {  # of each state, after how many trainings are in it: verb of one, of several, the rest
    "agree": ("agrees", "agree", "byte for byte with the published results:"),
    "differ": ("differs", "differ", f"{OTHER}:"),
    "elsewhere": ("differs", "differ", f"{OTHER}, as is to be expected of a GPU or another kind of "
                  "processor (docs/reproducibility.md):"),
    "unpublished": ("has", "have", "no published checksum to be compared with:"),
    "unfinished": ("is", "are", "not finished, or of another configuration or code:"),
}  # fmt: skip


def main() -> int:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument(
        "--write", action="store_true",
        help=f"make this study's results the published ones instead, in {FILE}",
    )  # fmt: skip
    arguments = parse_in_project(parser)
    plan = load_plan(arguments.configfile, arguments.config)
    ended = {t["id"]: summary_of(t) for t in plan["trainings"] if is_done(t)}
    if arguments.write:
        write_published(rows_to_publish(plan, ended))
        print(f"{FILE} has the results of {prose.count(len(ended), 'training')}.")
        return 0
    published = read_published()
    checksums = {name: summary["checksum"] for name, summary in ended.items()}
    found = compare(plan, checksums, ended, published)
    print(f"{plan['results']}: {prose.count(len(plan['trainings']), 'training')}.")
    for state, trainings in found.items():
        if trainings:
            *verbs, said = SAID[state]
            print(f"{len(trainings)} {prose.agree(trainings, *verbs)} {said}")
        for training in trainings:
            line = f"  {training['id']}"
            if state in ("differ", "elsewhere"):
                known = published[settings_checksum(plan, training)]
                line += f": {describe_difference(ended[training['id']], known)}"
            print(line)
    return 1 if found["differ"] else 0


def summary_of(training: dict) -> dict[str, Any]:
    """Return what a finished training ended with, the checksum of its numbers, its environment.

    Raises ValueError for results that were altered.
    """
    result, environment = read_one(training), Path(training["environment"])
    known = read_json(environment) if environment.is_file() else {}
    return (
        {key: known.get(key) for key in ("device", "device_name", "platform", "torch")}
        | {key: result["final"][key] for key in ENDED}
        | {"checksum": numbers_checksum(result)}
    )


def describe_difference(summary: dict, known: dict) -> str:
    """Return in words how a training ended beside how the published one did, and what differs."""
    parts = [
        f"{part.replace('_', ' ')} {percent(summary[part])}, published {percent(known[part])}"
        for part in ENDED
    ]
    if all(percent(summary[part]) == percent(known[part]) for part in ENDED):
        parts = ["the same final accuracies, other numbers on the way"]
    if summary["torch"] != known["torch"]:
        parts.append(f"PyTorch {summary['torch'] or 'unknown'}, published {known['torch']}")
    if not is_promised(summary):
        parts.append(f"trained on {summary['device_name']}")
    return "; ".join(parts)


def percent(value: str | float | None) -> str:
    """Return an accuracy in words; a training that diverged has none."""
    return "none" if value in (None, "") else prose.percent(float(value))  # type: ignore[arg-type]


def rows_to_publish(plan: dict, ended: dict[str, dict]) -> list[dict]:
    """Return the lines of a finished study.

    Raises Refusal for one that is not finished, lies elsewhere, or was trained where nothing is
    promised.
    """
    for training in plan["trainings"]:
        name = training["id"]
        if name not in ended:
            raise Refusal(f"{name}: is not finished; train the whole study before --write")
        if not is_promised(ended[name]):
            raise Refusal(
                f"{name}: was trained on {ended[name]['device_name']}; the published results are "
                "those of x86-64 processors"
            )
    if Path(plan["results"]).is_absolute():
        raise Refusal(f"{plan['results']}: published results lie in the project; set `results`")
    return [
        {key: ended[t["id"]][key] for key in (*ENDED, "torch", "checksum")}
        | {"settings": settings_checksum(plan, t), "training": t["result"].removesuffix(".json")}
        for t in plan["trainings"]
    ]


if __name__ == "__main__":
    run(main)
