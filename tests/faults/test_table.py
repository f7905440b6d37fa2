"""The page on faults tells of the tests that there are."""

import ast

from conftest import ROOT
from faults.write_table import FOLDER, sentence_of


def test_the_page_on_faults_has_every_test_and_none_was_lost():
    page = (ROOT / "docs/faults.md").read_text()
    names = {
        node.name
        for path in FOLDER.glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    missing = [name for name in names if f"| {sentence_of(name)} |" not in page]
    assert not missing, "run `make faults`"
    assert " 0 lost**" in page
