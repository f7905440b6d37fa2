"""docs/faults.md says what happened: as many cases as there were, and every loss by itself."""

import subprocess
import sys

import pytest

from conftest import ROOT
from faults import write_table

REPORT = """<testsuites><testsuite>
<testcase classname="tests.faults.test_results" name="test_b[two]"/>
<testcase classname="tests.faults.test_results" name="test_b[four|]"/>
<testcase classname="tests.faults.test_results" name="test_b[one]">
  <failure message="assert 1 == 2&#10;more">a traceback</failure></testcase>
<testcase classname="tests.faults.test_results" name="test_b[three]">
  <skipped message="no disk"/></testcase>
<testcase classname="tests.faults.test_results" name="test_a_thing">
  <properties><property name="random" value="1200"/></properties></testcase>
<testcase classname="tests.faults.test_idx" name="test_c"><error message="no folder"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def page(tmp_path):
    (tmp_path / "faults.xml").write_text(REPORT)
    program = [sys.executable, ROOT / "tests/faults/write_table.py", "faults.xml", "faults.md"]
    subprocess.run(program, cwd=tmp_path, check=True)
    return (tmp_path / "faults.md").read_text()


def test_the_sums_are_those_of_the_run_and_random_cases_are_counted_apart(page):
    assert "**4 cases and 1,200 random ones tried, 2 lost**; 1 not tried" in page


def test_a_test_is_one_row_and_modules_and_tests_are_in_order(page):
    rows = [line for line in page.splitlines() if line.startswith(("| A", "| B", "| C"))]
    assert rows == [
        "| C | 1 |  | 1 |  |",
        "| A thing |  | 1,200 | 0 |  |",
        "| B | 3 |  | 1 | `four\\|`, `three`, `two` |",
    ]


def test_what_was_lost_or_not_tried_is_listed_with_its_reason(page):
    assert "- Lost: C: `no folder`\n" in page
    assert "- Lost: B `one`: `assert 1 == 2`\n" in page
    assert "- Not tried: B `three`: `no disk`\n" in page


@pytest.mark.parametrize("name", ["a\x1fb", "\ud83d", "x" * 200])
def test_no_example_is_unreadable(name):
    assert all(32 <= ord(letter) < 0xD800 for letter in write_table.code(name))
    assert len(write_table.code(name)) <= 82
