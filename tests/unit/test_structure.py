"""The house: imports go one way, parsing is light, and no file outgrows the eye."""

import ast
import re
import subprocess
import sys

import networkx
import pytest

from conftest import ROOT

SCRIPTS = ROOT / "scripts"
MODULES = sorted((SCRIPTS / "fashionlab").rglob("*.py"))
ROOMS = (
    "chapters", "storage", "planning", "data", "kernels", "training", "config", "statistics", "outcomes", "measures", "study",
    "counterparts", "claims", "plotting", "rendering", "running",
)  # fmt: skip
HEAVY = {"torch", "pandas", "matplotlib", "scipy", "numpy", "statsmodels", "typst", "fontTools"}


def name_of(path):
    return ".".join(path.relative_to(SCRIPTS).with_suffix("").parts)


def imports_of(path):
    """Yield the modules that a module imports when it is imported (not for type checks only)."""
    known = {name_of(module) for module in MODULES}
    typing = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.If)
              and getattr(n.test, "id", "") == "TYPE_CHECKING"]  # fmt: skip
    skipped = {(inner.lineno, inner.col_offset) for n in typing for inner in ast.walk(n)
               if isinstance(inner, ast.ImportFrom)}  # fmt: skip
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.lineno, node.col_offset) not in skipped:
            names = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            yield from names & known


def test_no_module_imports_itself_by_a_detour():
    graph = networkx.DiGraph(
        [(name_of(path), name) for path in MODULES for name in imports_of(path)]
    )
    assert not list(networkx.simple_cycles(graph))


def test_no_room_imports_a_later_one():
    places = {room: place for place, room in enumerate(ROOMS, start=1)}  # 0: what is in no room
    for path in MODULES:
        for name in imports_of(path):
            here, there = name_of(path).split(".")[1:2], name.split(".")[1]
            assert places.get(there, 0) <= places.get("".join(here), 0), f"{path}: {name}"


def test_what_the_snakefile_imports_is_light():
    code = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    names = sorted({line.split()[1] for line in code.splitlines() if line.startswith("from fashionlab")})  # fmt: skip
    loads = "; ".join(f"import {name}" for name in names)
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {loads}; print(*sys.modules)"],
        cwd=SCRIPTS, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert names
    assert not HEAVY & set(done.stdout.split())


@pytest.mark.parametrize("path", [*MODULES, *sorted((ROOT / "report").rglob("*.py"))], ids=str)
def test_a_module_can_be_read_in_one_go(path):
    assert len(path.read_text().splitlines()) <= 400


def test_every_module_is_used():
    programs = [*SCRIPTS.glob("*.py"), *MODULES, *(ROOT / "workflow").rglob("*.smk")]
    programs += (ROOT / "report").rglob("*.py")
    text = "\n".join(path.read_text() for path in programs)
    unused = [p.stem for p in MODULES if p.stem != "__init__" and f"{p.parent.name}.{p.stem}" not in text
              and f"import {p.stem}" not in text and f" {p.stem},\n" not in text
              and f", {p.stem}" not in text]  # fmt: skip
    assert not unused


def test_text_is_read_as_utf_8_whatever_the_locale_of_a_machine():
    # The linter sees `open`, but not that something is a path.
    modules = [*SCRIPTS.rglob("*.py"), *(ROOT / "report").rglob("*.py")]
    for path in [
        *modules,
        *(ROOT / "workflow").rglob("*.smk"),
        ROOT / "tests/faults/write_table.py",
    ]:
        text = path.read_text("utf-8")
        assert not re.findall(r"\.(?:read_text\(\)|write_text\((?![^\n]*utf-8))", text), path
