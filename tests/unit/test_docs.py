"""What the documents say is so: the reference of the configuration, versions, programs, links."""

import re
import subprocess
import sys
import tomllib

import pypdf
import pytest
import yaml

import describe_configuration
from conftest import ROOT

PROGRAMS = sorted(path.name for path in (ROOT / "scripts").glob("*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_the_reference_of_the_configuration_is_that_of_the_schema():
    written = (ROOT / "docs/configuration.md").read_text()
    assert written == describe_configuration.describe_configuration(), "run `make docs`"


def test_the_reference_has_every_key_of_the_configuration():
    keys = set(re.findall(r"^\| `([^`]+)`", (ROOT / "docs/configuration.md").read_text(), re.M))
    for section, values in yaml.safe_load((ROOT / "config.yaml").read_text()).items():
        for key in values if isinstance(values, dict) else [""]:
            wanted = f"{section}.{key}".strip(".")
            assert any(known.startswith((wanted, f"{section}.<")) for known in keys), wanted


def test_the_citation_has_the_version_of_the_package_and_of_the_change_log():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    heading = re.search(r"^## (\S+) \((\S+)\)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert heading
    assert citation["version"] == project["version"] == heading[1]
    assert citation["date-released"] == heading[2]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_says_with_help_what_it_does_and_what_each_option_is(name):
    done = subprocess.run(
        [sys.executable, f"scripts/{name}", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    usage, description, *_ = done.stdout.split("\n\n")
    assert usage.startswith(f"usage: {name}")
    assert description[0].isupper()
    assert description.endswith("."), description
    options = re.findall(r"^  (--[\w-]+)(.*(?:\n {3,}.*)*)", done.stdout, re.M)
    for option, rest in options:  # explained by words, or by the choices it has
        words = re.sub(r"^ (\[[A-Z_]+ ...\]|[A-Z_]+)", "", rest)
        assert re.search("[a-z]{3}", words), f"{name}: {option} is not explained"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_of_the_repository_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page):
    named = re.findall(r"`((?:scripts|workflow|tests|docs|envs|profiles|report)/[\w./-]+)`", page.read_text())  # fmt: skip
    missing = [name for name in named if not (ROOT / name).exists() and "results" not in name]
    assert not [name for name in missing if not re.search(r"report/report\.", name)]


def test_asking_the_digits_for_help_writes_nothing(tmp_path):
    command = [sys.executable, ROOT / "tests/digits.py", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "folder" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_findings_in_the_readme_are_those_of_the_report_that_it_shows():
    readme = (ROOT / "README.md").read_text()
    findings = readme[readme.index("What came out") : readme.index("[The whole report")]
    pages = pypdf.PdfReader(ROOT / "docs/report.pdf").pages
    report = " ".join(" ".join(page.extract_text() for page in pages).split())
    numbers = re.findall(r"\d[\d.,]*\d", findings)
    assert len(numbers) >= 5
    assert not [number for number in numbers if number not in report]
    verdicts = re.search(
        r"\d+ hold, \d+ do not hold and \d+ are undecided", " ".join(findings.split())
    )
    assert verdicts
    assert f"Of 38 sub-claims of 18 claims, {verdicts[0]}" in report
