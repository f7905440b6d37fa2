"""docs/results.md says what the real tables hold."""

import ast
import html
import json
import re

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from fashionlab import prose

KEY = ["experiment", "variant", "run"]


def described_columns():
    """Return {table: its columns in order} of docs/results.md."""
    text = (ROOT / "docs/results.md").read_text()
    sections = re.findall(r"^### (\w+): one row.*?\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    return {
        name: [
            column
            for cell in re.findall(r"^\| (`[^|]+?) \|", body, re.M)
            for column in re.findall(r"`(\w+)`", cell)
        ]
        for name, body in sections
    }


@pytest.mark.parametrize("name", ["trainings", "records", "predictions", "costs"])
def test_each_column_of_a_table_is_described_and_nothing_else(tiny_study, name):
    table = pd.read_parquet(tiny_study / f"results/tiny/tables/{name}.parquet")
    assert sorted(KEY + described_columns()[name]) == sorted(table.columns)


def test_the_usual_questions_are_answered_by_what_the_page_shows(tiny_study):
    page = (ROOT / "docs/results.md").read_text().split("## The usual questions")[1]
    shown = page.split("```python\n")[1].split("```")[0]
    assert shown.count("cnn4") > 3  # which the tests' study has not
    code = shown.replace("cnn4", "cnn5").replace("results/", f"{tiny_study}/results/", 1)
    *statements, last = ast.parse(code.replace("results/tables", "results/tiny/tables")).body
    names = {}
    exec(compile(ast.Module(statements, []), "results.md", "exec"), names)
    table = eval(compile(ast.Expression(last.value), "results.md", "eval"), names)
    confidence = table["confidence"].to_numpy()
    assert np.all(np.diff(confidence) > 0)
    assert table["right"].between(0, 1).all()


def test_numbers_of_the_abstract_come_of_the_lines_that_the_page_shows(tiny_study):
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs/results.md").read_text(), re.M | re.S
    )
    usual, by_hand = blocks
    tables = f"{tiny_study}/results/tiny/tables"
    names = {}
    exec(usual.split("# Which network")[0].replace("results/tables", tables), names)
    found = []
    for statement in ast.parse(by_hand.replace("three_rates", "two_rates")).body:
        code = ast.unparse(statement)
        if isinstance(statement, ast.Expr):
            found.append(eval(code, names))
        else:
            exec(code, names)
    page = (tiny_study / "results/tiny/report/report.html").read_text()
    abstract = html.unescape(re.sub("<[^>]+>", "", page[page.index("One command") : page.index("Every training was run once")]))  # fmt: skip
    (ends, stuck, pair) = found
    assert len(stuck)
    for accuracy in (*ends, *pair):
        assert prose.number(accuracy, 2) in abstract


def test_what_is_stored_of_images_gives_the_accuracies_and_losses_of_the_trainings(tiny_study):
    tables = tiny_study / "results/tiny/tables"
    trainings, images = (
        pd.read_parquet(tables / f"{name}.parquet").set_index(KEY)
        for name in ("trainings", "predictions")
    )
    images["right"] = 100.0 * (images["label"] == images["predicted"])
    for part in ("validation", "test"):
        means = images[images["part"] == part].groupby(KEY)[["right", "log_likelihood"]].mean()
        ended = trainings.loc[means.index]
        np.testing.assert_allclose(means["right"], ended[f"{part}_accuracy"])
        np.testing.assert_allclose(-means["log_likelihood"], ended[f"{part}_loss"], atol=1e-4)
    assert images["confidence"].between(0.09, 1).all()


def test_each_key_of_a_claim_is_described(tiny_study):
    section = (ROOT / "docs/results.md").read_text().split("### claims.json")[1].split("\n## ")[0]
    described = set(re.findall(r"`(\w+)`", section))
    for claim in json.loads((tiny_study / "results/tiny/claims.json").read_text())["claims"]:
        assert claim.keys() <= described
        for part in claim["parts"]:
            assert part.keys() <= described
            for comparison in part["comparisons"]:
                assert comparison.keys() <= described


def test_csv_and_parquet_hold_the_same(tiny_study):
    folder = tiny_study / "results/tiny/tables"
    for path in folder.glob("*.csv"):
        pd.testing.assert_frame_equal(
            pd.read_csv(path), pd.read_parquet(path.with_suffix(".parquet")),
            check_dtype=False, check_exact=False, rtol=1e-12,
        )  # fmt: skip


def test_every_table_and_every_result_file_is_described(tiny_study):
    results, text = tiny_study / "results/tiny", (ROOT / "docs/results.md").read_text()
    assert {path.stem for path in (results / "tables").iterdir()} == described_columns().keys()
    for path in results.iterdir():
        assert path.name in text or path.name in ("checkpoints", "report"), path.name
