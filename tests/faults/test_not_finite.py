"""Numbers that are not finite are said to be so in tables, figures, verdicts and prose."""

import json
import re

import pandas as pd
import pytest

from conftest import TINY, copy_project, snakemake

# Pixels of this size overflow in the first step, where neither sigmoid nor Adam bounds them.
OVERFLOW = "input_ranges: {symmetric: [-1.0e+30, 1.0e+30], raw: [-1.0e+30, 2.0e+30]}\n"
UNBOUNDED = OVERFLOW + "activations: {sigmoid: {class: ReLU}}\noptimizers: {adam: {class: SGD}}\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "diverged"), [(OVERFLOW, 6), (UNBOUNDED, 11)], ids=["most", "all"]
)
def test_a_study_whose_trainings_diverge_ends_with_a_report_that_says_so(
    changes, diverged, tmp_path
):
    folder = copy_project(tmp_path)
    (folder / "overflow.yaml").write_text(changes)
    snakemake(folder, *TINY, "overflow.yaml")
    results = folder / "results/tiny"
    trainings = pd.read_parquet(results / "tables/trainings.parquet")
    assert len(trainings) == 11
    assert trainings["diverged_step"].notna().sum() == diverged
    assert (trainings["test_accuracy"].isna() == trainings["diverged_step"].notna()).all()
    for path in results.rglob("*.json"):
        assert not re.search(r"\b(NaN|Infinity)\b", path.read_text()), path
    claims = json.loads((results / "claims.json").read_text())["claims"]
    assert {claim["verdict"] for claim in claims} == {"undecided"}
    page = (results / "report/report.html").read_text()
    text = re.sub(r"<(script|style|svg|pre).*?</\1>|<[^>]+>", " ", page, flags=re.S)
    assert not re.search(r"\b(nan|inf|None)\b", text)
    assert "diverged" in text
