"""Write docs/faults.md from a run of the tests: `make faults`.

python tests/faults/write_table.py <JUnit XML of the run> <file to write>
"""

import ast
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).parent
INTRODUCTION = """# Faults and bad input

What was done to the study, and what became of it. Written by `make faults` from the tests of
`tests/faults/`; the names of the cases are those of the tests. *Survived*: what the sentence
promises held, no result was lost or wrong, and nobody saw a traceback.

"""


def main() -> None:
    """Run the program."""
    *reports, target = sys.argv[1:]
    cases = [case for report in reports for case in ElementTree.parse(report).iter("testcase")]
    Path(target).write_text(page(cases), encoding="utf-8")


def page(cases: list[ElementTree.Element]) -> str:
    """Return the page of a run: the sums, then a table a module."""
    modules: dict[str, list[str]] = {}
    counts: Counter[str] = Counter()
    said = ""
    for case in cases:
        module = case.get("classname", "").rpartition(".")[2]
        name, _, parameters = case.get("name", "").removesuffix("]").partition("[")
        outcome, number = outcome_of(case), cases_of(case)
        counts[outcome.partition(":")[0]] += number
        sentence = sentence_of(name)
        shown = "" if sentence == said else sentence
        said = sentence
        text = parameters + (f" ({number} cases)" if number > 1 else "")
        modules.setdefault(module, []).append(f"| {shown} | {code(text)} | {outcome} |")
    tried = counts["survived"] + counts["**lost**"]
    sums = (
        f"**{tried} cases tried, {counts['survived']} survived, {counts['**lost**']} lost**; "
        f"{counts['not tried']} not tried on the machine that wrote this.\n"
    )
    parts = [INTRODUCTION + sums]
    for module, rows in sorted(modules.items()):
        head = f"## {title_of(module)}\n\n| what must hold | case | outcome |\n|---|---|---|\n"
        parts.append(head + "\n".join(rows) + "\n")
    return "\n".join(parts)


def sentence_of(name: str) -> str:
    """Return the name of a test as a sentence."""
    words = name.removeprefix("test_").replace("_", " ")
    return words[0].upper() + words[1:]


def title_of(module: str) -> str:
    """Return the first line of a test module's docstring."""
    source = (FOLDER / f"{module}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or module).split("\n")[0].rstrip(".")


def outcome_of(case: ElementTree.Element) -> str:
    """Return survived, lost, or why a case was not tried."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "**lost**"
    skipped = case.find("skipped")
    return "survived" if skipped is None else f"not tried: {skipped.get('message')}"


def cases_of(case: ElementTree.Element) -> int:
    """Return the number of cases that a test says it tried, else 1."""
    values = {p.get("name"): p.get("value") for p in case.iter("property")}
    return int(values.get("cases") or 1)


def code(text: str) -> str:
    """Return a text as code in a cell of a table."""
    shown = text.strip().replace("|", "\\|").replace("`", "'").replace("\\n", "⏎")
    return f"`{shown}`" if shown.strip() else ""


if __name__ == "__main__":
    main()
