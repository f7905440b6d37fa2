"""A second paper, made as docs/extending.md says: nothing of this project's own paper is in it."""

import json
import re
import shutil
import subprocess
import sys

import pypdf
import pytest

from conftest import ROOT, copy_project, snakemake

PAPER = ROOT / "tests/paper"
GUIDE = (ROOT / "docs/extending.md").read_text(encoding="utf-8")
OF_THE_FIRST = (
    r"fashion(?!lab)|zalando|cloth|garment|t-shirt|trouser|pullover|dress\b|\bcoat|sandal|shirt|"
    r"sneaker|\bboot\b|homework|original|EE449|handout|\bmlp1|\bcnn[345]|question \d"
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return the results of the paper in a copy of the project, made once."""
    project = copy_project(tmp_path_factory.mktemp("second") / "project")
    named = re.search(r"^ *(rm -r report/.*)$", GUIDE, re.M)
    subprocess.run(["bash", "-ec", named[1]], cwd=project, check=True)
    shutil.copytree(PAPER / "chapters", project / "report/chapters", dirs_exist_ok=True)
    shutil.copy2(PAPER / "study.yaml", project / "mine.yaml")
    digits = [sys.executable, "tests/digits.py", "data/digits"]
    subprocess.run(digits, cwd=project, check=True)
    snakemake(project, "--configfile", "mine.yaml")
    return project / "results/digits"


@pytest.fixture(scope="module")
def texts(results):
    """Return what can be read in the HTML page, tags and style left out, and in the PDF."""
    page = (results / "report/report.html").read_text(encoding="utf-8")
    page = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.S)
    sheets = pypdf.PdfReader(results / "report/report.pdf").pages
    pdf = " ".join(sheet.extract_text() for sheet in sheets)
    return {"html": re.sub(r"<[^>]+>", " ", page), "pdf": pdf}


pytestmark = pytest.mark.slow


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_no_word_of_the_first_paper_is_left(texts, form):
    found = [texts[form][max(0, m.start() - 60) : m.end() + 60]
             for m in re.finditer(OF_THE_FIRST, texts[form], re.I)]  # fmt: skip
    assert not found


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_it_says_what_is_its_own(texts, form):
    text = " ".join(texts[form].split())
    for said in (
        "Batch norm on very small images", "A. Author and B. Author", "Handwritten digits",
        "Do batch size and learning rate act as one?", "cosine: CosineAnnealingLR",
        "Batch norm raises the accuracy", "Annealing does no harm",
    ):  # fmt: skip
        assert said in text, said
    assert not re.search(r"\b(nan|None|Undefined)\b", text)


def test_its_claims_are_judged_with_all_their_parts(results):
    claims = json.loads((results / "claims.json").read_text())["claims"]
    assert [(claim["id"], len(claim["parts"])) for claim in claims] == [("N1", 2), ("A1", 2)]
    decided = [c for claim in claims for part in claim["parts"] for c in part["comparisons"]]
    assert all(c["interval"] for c in decided), "three runs each: every comparison has its interval"


def test_the_experiment_without_a_chapter_has_errors_weights_and_effects(results):
    figures = {path.stem for path in (results / "figures").glob("*.svg")}
    noise = {f"experiment_noise{part}" for part in ("", "_confusion", "_first_weights")}
    assert figures == {"norm", "dataset", "costs", "forest"} | noise
    page = (results / "report/report.html").read_text(encoding="utf-8")
    assert page.index('id="annealing"') < page.index('id="experiment-noise"')
    assert page.index('id="experiment-noise"') < page.index('id="verdicts"')
    assert 'id="tbl-experiment_noise-effects"' in page
