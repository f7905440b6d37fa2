"""What make is given reaches the programs as it was typed, and nothing is deleted unasked."""

import os
import shutil
import subprocess
import sys

import pytest

import run_study
from conftest import ROOT


@pytest.fixture
def project(tmp_path):
    """A folder with the Makefile, results, and a python that only says what it was called with."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for folder in ("results", ".snakemake", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "results/summary.json").touch()
    python = tmp_path / ".venv/bin/python"
    python.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    python.chmod(0o755)
    return tmp_path


def make(project, *words, typed=""):
    # As typed, not as part of the `make test` that may run this.
    own = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", "-o", ".venv/bin/snakemake", *words],
        cwd=project, env=own, input=typed, text=True, capture_output=True, check=True,
    ).stdout  # fmt: skip


def run_study_options(said, monkeypatch):
    """Return what run_study.py reads of the words that make gives it."""
    monkeypatch.setattr(sys, "argv", said.splitlines())
    return run_study.read_options()


@pytest.mark.parametrize(
    "name", ["x; touch f", "$$(touch f)", "it's", "a b", "`touch f`", '"; touch f']
)
def test_a_name_is_one_word_whatever_it_holds(name, project):
    written = name.replace("$$", "$")
    said = make(project, "train", f"RUN={name}").splitlines()
    assert said == ["scripts/run_study.py", "--training", written]
    for target in ("report", "plan", "verify", "prune"):
        said = make(project, target, f"CONFIGFILE={name}").splitlines()
        assert said[1:] == [f"--configfile={written}"]
    said = make(project, "tiny", f"CONFIGFILE={name}").splitlines()
    assert said[1:] == ["--configfile=workflow/presets/tiny.yaml", f"--configfile={written}"]
    assert not (project / "f").exists()


def test_further_options_are_words_of_their_own(project):
    said = make(project, "report", "ARGS=--cores 2 --dry-run").splitlines()
    assert said[1:] == ["--cores", "2", "--dry-run"]


@pytest.mark.parametrize("target", ["report", "demo", "tiny"])
def test_a_target_in_args_is_none_of_the_configuration_files(target, project, monkeypatch):
    said = make(project, target, "CONFIGFILE=mine.yaml", "ARGS=results/a.json")
    options = run_study_options(said, monkeypatch)
    assert options.targets == ["results/a.json"]
    presets = {"demo": ["workflow/presets/quick.yaml"], "tiny": ["workflow/presets/tiny.yaml"]}
    assert options.configfile == [*presets.get(target, []), "mine.yaml"]


def test_the_help_names_what_can_be_given():
    said = make(ROOT, "help")
    for name in ("ARGS=", "CONFIGFILE=", "RUN=", "make report"):
        assert name in said
    assert max(map(len, said.splitlines())) <= 100


@pytest.mark.parametrize(
    ("typed", "left"), [("", True), ("n\n", True), ("\n", True), ("y\n", False), ("yes\n", False)]
)
def test_results_are_deleted_after_a_yes_alone(typed, left, project):
    make(project, "clean", typed=typed)
    assert (project / "results").exists() == (project / ".snakemake").exists() == left
    assert (project / ".venv").exists()
