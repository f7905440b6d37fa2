"""Real trainings that diverge, die and stand still, three runs each: the report is made as ever."""

import re
import shutil

import pypdf
import pytest

from conftest import ROOT, copy_project, snakemake
from fashionlab.study import Study

pytestmark = pytest.mark.slow
RESULTS = "results/rough"


@pytest.fixture(scope="module")
def rough_study(tmp_path_factory):
    """Return the results of the study of `rough.yaml`, trained and rendered."""
    folder = copy_project(tmp_path_factory.mktemp("rough"))
    shutil.copy2(ROOT / "tests/end_to_end/rough.yaml", folder / "rough.yaml")
    snakemake(folder, "--configfile", "rough.yaml")
    return folder / RESULTS


@pytest.fixture(scope="module")
def study(rough_study):
    return Study.read(rough_study / "plan.json", rough_study)


@pytest.fixture(scope="module")
def words(rough_study):
    """Return the text of both forms of the report, without the configuration."""
    page = (rough_study / "report/report.html").read_text(encoding="utf-8")
    body = re.sub(r"<(script|style|svg|pre)\b.*?</\1>", "", page, flags=re.DOTALL)
    sheets = pypdf.PdfReader(rough_study / "report/report.pdf").pages
    # In the contents, over the section, and in its running heads.
    text = " ".join(sheet.extract_text() for sheet in sheets).split("The configuration as it ran")
    forms = {"html": re.sub(r"<[^>]+>", "", body), "pdf": "".join(text[:2])}
    return {form: " ".join(words.split()) for form, words in forms.items()}


def test_the_trainings_are_as_rough_as_they_are_meant(study):
    diverged = {(e, one["variant"]) for e in study.experiments for one in study.lost(e)}
    assert diverged == {("input_scaling", "linear-raw"), ("learning_rates", "mlp1-lr1000")}
    assert study.rows("records", "input_scaling", "mlp1-raw")["gradient_norm"].median() == 0
    still = study.fluctuation("schedules", "mlp1-two_rates", first=1, last=1)
    assert still.tolist() == [0, 0, 0]
    assert study.most_runs == 3


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_both_forms_tell_what_went_wrong(words, form):
    for told in (
        "linear diverged at",
        "Six trainings diverged:",
        "more than half of the gradients of mlp1 with inputs in [0, 255] (in 2 of 3 runs) are exactly 0",
        "All runs of mlp1 with rate 1000 diverged.",
        "and no longer fluctuates.",
        "Numbers are means over three runs",
        "±",
    ):
        assert told in words[form], told


@pytest.mark.parametrize("form", ["html", "pdf"])
def test_what_has_no_value_is_not_printed_as_one(words, form):
    assert not re.search(r"\b(nan|inf|None|Undefined)\b", words[form])


def test_captions_say_which_runs_a_figure_lacks(words):
    assert words["html"].count("Diverged, where the line ends: ") >= 2
