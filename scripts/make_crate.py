"""Pack a finished study into one archive, an RO-Crate: code, data, results and what made them.

Unpacked elsewhere (with `unzip`, which keeps the times of files), the study is as it was here:
`make report` sets up its environment and finds nothing to do. The archive's
ro-crate-metadata.json says what each file is, and when and from what each training was made.
"""

import base64
import importlib.metadata
import json
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from rocrate.model import ComputerLanguage, ContextEntity
from rocrate.rocrate import ROCrate

from fashionlab import sources
from fashionlab.program import option_parser, run
from fashionlab.running.records import mark_of
from fashionlab.running.study import load_plan, parse_in_project
from fashionlab.sources import ROOT, commit_of
from fashionlab.storage.files import replacing
from fashionlab.storage.reading import read_json

PROFILES = (
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)
LICENCE = "https://spdx.org/licenses/MIT"
# What the crate says of files and folders of the project, and of the results.
CODE = {
    "config.yaml": "The study: networks, experiments, seeds",
    "envs/requirements.txt": "Every package with version and hash",
    "README.md": "What the study is, and how it is run",
    "LICENSE": "The licence of code, report and results",
}
RESULTS = {
    "report/report.html": "The paper, as a page",
    "report/report.pdf": "The paper",
    "tables/trainings.csv": "A row a training: settings and end results",
    "tables/records.csv": "A row a record: loss, accuracies and gradients",
    "tables/costs.csv": "A row a training: how long it took, and on what",
    "tables/predictions.parquet": "A row an image and training: the predicted class",
    "summary.json": "Means and spreads of each variant",
    "claims.json": "The verdicts with their tests",
    "split.json": "Which images are trained on, and which validate",
}
FORMATS = {
    ".html": "text/html", ".pdf": "application/pdf", ".csv": "text/csv",
    ".json": "application/json",
    ".yaml": "application/yaml", ".py": "text/x-python", ".txt": "text/plain", "": "text/plain",
    ".md": "text/markdown", ".parquet": "application/vnd.apache.parquet",
}  # fmt: skip
LEFT_OUT = ("checkpoints/", "logs/snakemake.log")


class CrateError(ValueError):
    """The study cannot be packed; the message says why and what to do."""


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--output", type=Path, help="archive to write (default: RESULTS.crate.zip)")
    arguments = parse_in_project(parser)
    plan = load_plan(arguments.configfile, arguments.config)
    output = arguments.output or Path(f"{plan['results']}.crate.zip")
    files = files_of(plan)
    write_archive(output, plan, files)
    print(f"{output}: {len(files):,} files, {output.stat().st_size / 1e6:.0f} MB")


def files_of(plan: dict) -> list[Path]:
    """Return what goes into the crate beside the code, as paths within the project, sorted.

    Raises CrateError where the study is not finished, or lies outside of the project.
    """
    results, data = Path(plan["results"]), Path(plan["dataset"]["folder"])
    for folder, key in ((results, "results"), (data, "dataset: folder")):
        if folder.is_absolute() or ".." in folder.parts:
            raise CrateError(f"{folder}: a crate holds what is below {ROOT.name}/; set `{key}`")
    needed = [t[key] for t in plan["trainings"] for key in ("result", "split")]
    lacking = [path for path in needed if not Path(path).is_file()]
    lacking += [str(results / name) for name in RESULTS if not (results / name).is_file()]
    if lacking:
        raise CrateError(f"{lacking[0]} is not there: finish the study first (make report)")
    files = [path for path in results.rglob("*") if path.is_file()]
    left_out = tuple(str(results / name) for name in LEFT_OUT)
    files = [path for path in files if not str(path).startswith(left_out)]
    files += [path for path in data.iterdir() if path.is_file() and path.suffix != ".part"]
    known = [path for path in map(metadata_of, files) if path.is_file()]
    return sorted({*files, *known, mark_of(plan["results"])})


def metadata_of(path: str | Path) -> Path:
    """Return where Snakemake keeps its record of a file: when it was made, and from what."""
    name = base64.urlsafe_b64encode(str(path).encode()).decode()
    return Path(".snakemake/metadata") / name


def write_archive(output: Path, plan: dict, files: Iterable[Path]) -> None:
    """Write the crate: the code at its commit, with the history's end, the files, the metadata."""
    with tempfile.TemporaryDirectory(dir=ROOT / ".snakemake") as folder:
        code = Path(folder) / "code"
        commit = export_code(code)
        members = {path.relative_to(code): path for path in code.rglob("*")}  # with empty folders
        members |= {path: path for path in files}
        metadata = json.dumps(describe(plan, commit, members), indent=1, ensure_ascii=False)
        with replacing(output) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, path in sorted(members.items()):
                archive.write(path, name)
            archive.writestr("ro-crate-metadata.json", metadata)


def export_code(folder: Path) -> str:
    """Clone the commit that is checked out, alone, and return its hash.

    Raises CrateError where tracked files differ from it: nobody could say what had run.
    """
    commit, clean = commit_of(ROOT)
    if not clean:
        raise CrateError("tracked files have uncommitted changes; commit them, or undo them")
    git("clone", "--quiet", "--depth=1", "--template=", ROOT.as_uri(), str(folder))
    git("-C", str(folder), "remote", "remove", "origin")
    git("-C", str(folder), "config", "core.fileMode", "false")  # not all unpack modes
    shutil.rmtree(folder / ".git" / "logs")  # they name this folder and its user
    return commit


def git(*arguments: str) -> None:
    """Run a git command in the project's folder; raises CrateError with git's own words."""
    try:
        sources.git(ROOT, *arguments)
    except subprocess.CalledProcessError as error:
        raise CrateError(f"git {arguments[0]}: {error.stderr.strip()}") from None


def describe(plan: dict, commit: str, members: dict[Path, Path]) -> dict[str, Any]:
    """Return the content of ro-crate-metadata.json for the members of an archive."""
    crate = ROCrate(version="1.1")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    results = Path(plan["results"])

    def file(path: str | Path, **properties: Any) -> Any:
        known = crate.get(Path(path).as_posix())
        properties["contentSize"] = str(members[Path(path)].stat().st_size)
        properties["encodingFormat"] = FORMATS.get(Path(path).suffix, "application/octet-stream")
        return known or crate.add_file(path, Path(path).as_posix(), properties=properties)

    licence = crate.add(ContextEntity(crate, LICENCE, {"@type": "CreativeWork", "name": "MIT"}))
    authors = [
        crate.add(
            ContextEntity(crate, f"#author-{n}", {"@type": "Organization", "name": each["name"]})
        )
        for n, each in enumerate(citation["authors"], start=1)
    ]
    people = authors if len(authors) > 1 else authors[0]
    parts = [file(name, description=text) for name, text in CODE.items()]
    made = [file(results / name, description=text) for name, text in RESULTS.items()]
    data = [file(path) for path in members if path.parent == Path(plan["dataset"]["folder"])]

    kinds = {"@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"]}
    workflow = file("Snakefile", name=citation["title"], **kinds)
    workflow["version"] = commit
    snakemake = ComputerLanguage(
        crate,
        "https://w3id.org/workflowhub/workflow-ro-crate#snakemake",
        {"name": "Snakemake", "url": "https://snakemake.github.io", "version": snakemake_version()},
    )
    workflow["programmingLanguage"] = crate.add(snakemake)
    kinds = {"@type": ["File", "SoftwareSourceCode", "SoftwareApplication"]}
    program = file("scripts/train.py", name="Training of one network", **kinds)
    program["version"] = commit
    packages = [
        crate.add(
            ContextEntity(
                crate,
                f"#{name}",
                {"@type": "SoftwareApplication", "name": name, "version": version},
            )
        )
        for name, version in sorted(software(plan).items())
    ]
    workflow["softwareRequirements"] = program["softwareRequirements"] = packages

    trainings = []
    for training in plan["trainings"]:
        outputs = [file(training[key]) for key in ("result", "weights", "environment")]
        seconds, used = times(training["result"]), [file(training["split"]), *data]
        action = crate.add_action(
            program, f"#{training['id']}", object=used, result=outputs,
            properties=named(f"Training {training['id']}", settings_text(training)) | seconds,
        )  # fmt: skip
        action["agent"] = people
        trainings.append(action)
    whole = crate.add_action(
        workflow, "#study", object=[file("config.yaml"), *data], result=made,
        properties=named("The whole study", "From the data to the report")
        | span(trainings, results / "report/report.pdf"),
    )  # fmt: skip
    whole["agent"] = people

    root = crate.root_dataset
    root["name"], root["description"] = citation["title"], citation["abstract"].strip()
    root["license"], root["author"], root["publisher"] = licence, people, authors[0]
    root["version"], root["keywords"] = str(citation["version"]), ", ".join(citation["keywords"])
    root["mainEntity"] = workflow
    root["mentions"] = [whole, *trainings]
    root["datePublished"] = whole["endTime"]
    for profile in PROFILES:
        _, name, version = profile.rsplit("/", 2)
        words = {"@type": "CreativeWork", "name": name, "version": version}
        root.append_to("conformsTo", crate.add(ContextEntity(crate, profile, words)))
    for entity in (workflow, program, *parts, *made):
        entity["license"] = licence
    for entity in (workflow, program):
        entity["author"] = people
    return dict(crate.metadata.generate())


def named(name: str, description: str) -> dict[str, str]:
    """Return the name and the description of an action."""
    return {"name": name, "description": description}


def settings_text(training: dict) -> str:
    """Return the settings of a training in words."""
    keys = ("network", "activation", "optimizer", "learning_rate", "input_range", "epochs", "run")
    return ", ".join(f"{key.replace('_', ' ')} {training[key]}" for key in keys)


def times(path: str | Path) -> dict[str, str]:
    """Return when a file of the results was made, by Snakemake's record; its own time without."""
    record = read_json(metadata_of(path)) if metadata_of(path).is_file() else {}
    end = record.get("endtime") or Path(path).stat().st_mtime
    both = {"startTime": record.get("starttime") or end, "endTime": end}
    return {
        key: datetime.fromtimestamp(value, UTC).isoformat(timespec="seconds")
        for key, value in both.items()
    }


def span(actions: Iterable[Any], last: Path) -> dict[str, str]:
    """Return the time from the first start of some actions to that of the last file."""
    return {"startTime": min(a["startTime"] for a in actions), "endTime": times(last)["endTime"]}


def software(plan: dict) -> dict[str, str]:
    """Return the versions that the trainings recorded: several, if they differ."""
    found: dict[str, set[str]] = {}
    for training in plan["trainings"]:
        for name, version in read_json(training["environment"]).items():
            if name in ("python", "torch", "numpy"):
                found.setdefault(name, set()).add(str(version))
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}


def snakemake_version() -> str:
    """Return the version of Snakemake that is installed."""
    return importlib.metadata.version("snakemake")


if __name__ == "__main__":
    run(main)
