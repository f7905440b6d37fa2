"""A file of the study that is torn, emptied or of another version is refused by its name."""

import io
import json
import os
import re
import subprocess
import sys

import pandas as pd
import pytest

from conftest import TINY

PLAN = ["--plan", "results/tiny/plan.json"]
RESULTS = ["--results", "results/tiny"]
TABLES = ["--tables", "results/tiny/tables"]
TO = ["--output-dir", "results/tiny/new"]
PROGRAMS = {
    "collect_results": [*PLAN, *TABLES, "--dataset-folder", "data/FashionMNIST/raw",
                        "--summary", "results/tiny/new.json"],
    "judge_claims": [*PLAN, *RESULTS, "--output", "results/tiny/new.json"],
    "export_curves": [*PLAN, *RESULTS, *TO],
    "plot dataset": [*PLAN, *RESULTS, *TO, "--figure", "dataset"],
    "render_report": [*PLAN, *RESULTS, *TO],
    "run_study": TINY,
}  # fmt: skip
RUN = "runs/generalisation/mlp2/run1"
READERS = [
    ("plan.json", ["collect_results", "judge_claims", "plot dataset", "render_report"]),
    ("split.json", ["collect_results", "plot dataset", "render_report"]),
    ("claims.json", ["render_report", "run_study"]),
    ("summary.json", ["run_study"]),
    ("figures/costs.svg", ["render_report"]),
    (f"{RUN}.json", ["collect_results"]),
    (f"{RUN}.environment.json", ["collect_results"]),
    (f"{RUN}.safetensors", ["collect_results", "export_curves"]),
    ("tables/trainings.parquet", ["judge_claims", "export_curves", "render_report"]),
]  # fmt: skip
SEALED = (
    "plan.json", "split.json", "claims.json", "summary.json", f"{RUN}.json",
)  # fmt: skip


def edited(content):
    """Change one number or text of a JSON document, as a person could."""
    match content:
        case {**keys} if keys:
            first = next(key for key in keys if key != "checksum")
            return content | {first: edited(content[first])}
        case [first, *rest]:
            return [edited(first), *rest]
        case int() | float():
            return content + 1
    return f"{content}1"


def rewritten(content):
    """Store a table again without a column, as somebody's notebook could."""
    table = io.BytesIO()
    pd.read_parquet(io.BytesIO(content)).drop(columns="variant").to_parquet(table)
    return table.getvalue()


def with_nan(content):
    """Put NaN, which Python reads and JSON does not know, in the place of a number or else a text."""
    number, text = rb'": -?[\d.]+', rb'": "[^"]*"'
    spoilt = re.sub(number if re.search(number, content) else text, b'": NaN', content, count=1)
    assert "NaN" in str(json.loads(spoilt)).replace("nan", "NaN")
    return spoilt


DAMAGES = {
    "torn": lambda content: content[: len(content) // 2],
    "emptied": lambda content: b"",
    "with NaN": lambda content: with_nan(content),
    "of another version": lambda content: b'{"version": 0}',
    "edited": lambda content: json.dumps(edited(json.loads(content))).encode(),
    "rewritten": lambda content: rewritten(content),
    "a list": lambda content: b"[]",
    "texts as numbers": lambda content: re.sub(rb'": "[^"]*"', b'": 5', content),
    "numbers as texts": lambda content: re.sub(rb'": [\d.]+', b'": "5"', content),
    "without variants": lambda content: b'{"variants": {}}',
}


@pytest.fixture(scope="module")
def study(tiny_study, tmp_path_factory):
    """A finished study that a test may damage, one file at a time."""
    folder = tmp_path_factory.mktemp("damaged")
    subprocess.run(["cp", "-a", f"{tiny_study}/.", folder], check=True)
    return folder


APPLIES = {
    "with NaN": lambda name: name.endswith(".json"),
    "edited": lambda name: name in SEALED,
    "rewritten": lambda name: name.endswith(".parquet"),
    "a list": lambda name: name.endswith(".json"),
    "texts as numbers": lambda name: name in ("plan.json", f"{RUN}.environment.json"),
    "numbers as texts": lambda name: name in ("summary.json", f"{RUN}.environment.json"),
    "without variants": lambda name: name == "summary.json",
}
CASES = [
    pytest.param(
        name,
        program,
        damage,
        id=f"{name} {damage}: {program}",
        marks=[pytest.mark.slow] * (damage != "torn"),
    )
    for name, programs in READERS
    for program in programs
    for damage in DAMAGES
    if APPLIES.get(damage, lambda name: True)(name)
]


@pytest.mark.parametrize(("name", "program", "damage"), CASES)
def test_a_damaged_file_is_refused_by_name(name, program, damage, study):
    path = study / "results/tiny" / name
    content, times = path.read_bytes(), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_bytes(DAMAGES[damage](content))
    os.utime(path, ns=times)  # or else Snakemake makes it again
    try:
        done = subprocess.run(
            [sys.executable, f"scripts/{program.split()[0]}.py", *PROGRAMS[program]],
            cwd=study, text=True, capture_output=True,
        )  # fmt: skip
    finally:
        path.write_bytes(content)
        os.utime(path, ns=times)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert path.name.removesuffix(".svg") in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
