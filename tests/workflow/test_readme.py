"""Every command, configuration and snippet that README shows works; long ones run dry."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

import forked
from conftest import ROOT, TINY, copy_project
from fashionlab.running.study import load_plan
from try_readme import OWN_LINE, SCENE, blocks, commands


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A fresh copy of the project, as after `git clone` (and with the data, if they are here)."""
    folder = copy_project(tmp_path_factory.mktemp("project"))
    (folder / "mine.yaml").write_text(blocks("ya?ml")[0])
    return folder


def run(words, folder, environment=None):
    done = subprocess.run(
        words, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | (environment or {}),
    )  # fmt: skip
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout[-3000:]}"
    return done.stdout


def run_make(words, folder):
    """Run a target dry, and dry the study that it would run; `help` runs as it is."""
    if words[1:] in ([], ["help"]):
        assert "report" in run(words, folder)
        return
    for line in run([*words, "--dry-run"], folder).splitlines():
        study = re.match(r"\S*python (scripts/run_study\.py.*)", line)
        if study and "--training" not in line:
            output = run([sys.executable, *shlex.split(study[1]), "--dry-run"], folder)
            assert re.search(r"^train +\d+$", output, re.M), output
        elif program := re.match(r"\S*python (scripts/\w+\.py)", line):
            run([sys.executable, program[1], "--help"], folder)


def run_snakemake(words, folder, request):
    """Run Snakemake dry; its report about a finished study, on a finished one."""
    words = words[1:]
    if "--report" in words:
        words, folder = [*words, *TINY], request.getfixturevalue("study_copy")
    ends = {"--unlock", "--help", "--version", "--lint", "--report"} & set(words)
    dry = [] if ends or {"--dry-run", "-n"} & set(words) else ["--dry-run"]
    program = ROOT / "envs/snakemake"
    status, output = forked.run_snakemake(folder, [*words, *dry], os.environ, program)
    assert status == 0, output[-3000:]
    assert ends or re.search(r"^total +\d+$", output, re.M), output[-2000:]


def run_program(words, folder):
    """Check that a program of the project knows the options it is shown with."""
    program = next(word for word in words if word.endswith(".py"))
    text = run([sys.executable, program, "--help"], folder)
    shown = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert not [option for option in shown if option not in text]


@pytest.mark.parametrize("command", commands())
def test_a_command_of_readme_works(command, project, request):
    words = [word for word in shlex.split(command) if not re.fullmatch(r"[A-Z_]+=\S*", word)]
    environment = [word for word in shlex.split(command) if word not in words]
    program = Path(words[0]).name
    if program == "make":
        run_make([*words, *environment], project)
    elif "snakemake" in (program, *words[1:3]):
        run_snakemake(words[words.index("snakemake") :] if program != "snakemake" else words, project, request)  # fmt: skip
    elif program.startswith("python") or program.endswith(".py"):
        run_program(words, project)
    else:
        assert program in SCENE or (ROOT / words[0]).is_file(), f"no test knows how to run {command!r}"  # fmt: skip


@pytest.mark.parametrize("text", blocks("ya?ml"))
def test_a_configuration_of_readme_gives_a_plan(text, tmp_path, monkeypatch):
    changes = yaml.safe_load(text)
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    monkeypatch.chdir(ROOT)
    plan, before = load_plan([str(path)]), load_plan([])
    assert changes
    assert plan != before, "the example changes nothing"


@pytest.mark.parametrize("code", blocks("python"))
def test_a_snippet_of_readme_runs_on_the_results_of_a_study(
    code, tiny_study, tmp_path, monkeypatch
):
    (tmp_path / "results").symlink_to(tiny_study / "results/tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pd.DataFrame, "plot", lambda *_, **__: None, raising=False)
    exec(compile(code, "README.md", "exec"), {})


def test_readme_shows_the_commands_that_a_user_needs():
    shown = commands()
    assert OWN_LINE in shown
    assert any(command.startswith("make") for command in shown)
    assert any("snakemake" in command for command in shown)
    assert blocks("python")
    assert blocks("ya?ml")
