"""docs/results.md says what the real tables hold."""

import json
import re

import pandas as pd
import pytest

from conftest import ROOT

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


def test_each_key_of_a_claim_is_described(tiny_study):
    section = (ROOT / "docs/results.md").read_text().split("### claims.json")[1].split("\n## ")[0]
    described = set(re.findall(r"`(\w+)`", section))
    for claim in json.loads((tiny_study / "results/tiny/claims.json").read_text())["claims"]:
        assert claim.keys() <= described
        for comparison in claim["comparisons"]:
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
