"""The archive of a finished study: whole, described, and a study again where it is unpacked."""

import json
import os
import subprocess
import sys
import time
import zipfile

import pytest
from rocrate.rocrate import ROCrate

from conftest import TINY, snakemake

MINE = ["-c", "user.name=A", "-c", "user.email=a@localhost"]


def git(folder, *arguments):
    subprocess.run(["git", *MINE, *arguments], cwd=folder, check=True, capture_output=True)


def make_crate(folder, *arguments):
    command = [sys.executable, "scripts/make_crate.py", *TINY, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def committed_study(study_copy):
    git(study_copy, "init", "--quiet")
    git(study_copy, "add", ".")
    git(study_copy, "commit", "--quiet", "-m", "As it ran")
    snakemake(study_copy, *TINY, "--forcerun", "render_report")  # at that commit
    return study_copy


def unpack(archive, folder):
    """Unpack as `unzip` does, with the times of files."""
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            path = packed.extract(info, folder)
            seconds = time.mktime((*info.date_time, 0, 0, -1))
            os.utime(path, (seconds, seconds))


def test_an_unpacked_crate_has_nothing_to_do_and_renders_the_same_bytes(committed_study, tmp_path):
    done = make_crate(committed_study)
    assert done.returncode == 0, done.stderr
    other = tmp_path / "elsewhere"
    unpack(committed_study / "results/tiny.crate.zip", other)
    assert "Nothing to be done" in snakemake(other, *TINY, "--dry-run")
    report = other / "results/tiny/report"
    before = {path.name: path.read_bytes() for path in report.iterdir()}
    for path in report.iterdir():
        path.unlink()
    snakemake(other, *TINY)
    assert before == {path.name: path.read_bytes() for path in report.iterdir()}

    crate = ROCrate(other)
    described = {entity.id for entity in crate.data_entities}
    assert all((other / name).is_file() for name in described)
    plan = json.loads((other / "results/tiny/plan.json").read_text())
    actions = {entity.id: entity for entity in crate.get_by_type("CreateAction")}
    assert {f"#{training['id']}" for training in plan["trainings"]} | {"#study"} == {*actions}
    for training in plan["trainings"]:
        action = actions[f"#{training['id']}"]
        assert training["result"] in [entity.id for entity in action["result"]]
        assert action["startTime"] <= action["endTime"]
    assert crate.mainEntity.id == "Snakefile"
    assert crate.root_dataset["license"].id.endswith("MIT")


def test_an_unfinished_or_uncommitted_study_is_not_packed(committed_study):
    with (committed_study / "config.yaml").open("a") as file:
        file.write("# changed\n")
    done = make_crate(committed_study)
    assert done.returncode == 1
    assert "uncommitted changes" in done.stderr
    (committed_study / "results/tiny/claims.json").unlink()
    done = make_crate(committed_study)
    assert "claims.json is not there: finish the study first" in done.stderr
    assert not (committed_study / "results/tiny.crate.zip").exists()
