"""Write docs/faults.md from a run of the tests: `make faults`.

The page has a section a module and a row a test; what was lost or not tried is listed singly.
"""

import argparse
import ast
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
EXAMPLES = 3
LONGEST = 80  # characters of an example or a reason
INTRODUCTION = """# Faults and bad input

What was done to the study, and what became of it. Written by `make faults` from the tests of
`tests/faults/`, a row a test. A case is *lost* if what the row says did not hold. Random cases are
drawn anew in each run: spoilt configurations, network lines and files, and kills at any moment.

"""
HEAD = "| what must hold | cases | random | lost | for example |\n|---|--:|--:|--:|---|\n"


@dataclass(frozen=True)
class Case:
    """One case of a test: what it was called with, and what became of it."""

    module: str
    test: str
    parameters: str
    random: int
    lost: str | None
    skipped: str | None


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("reports", nargs="+", help="JUnit XML of the run")
    parser.add_argument("page", type=Path, help="file to write")
    arguments = parser.parse_args()
    found = [case for report in arguments.reports for case in read_cases(report)]
    arguments.page.write_text(page(found), encoding="utf-8")


def read_cases(report: str | Path) -> Iterable[Case]:
    """Yield the cases of a JUnit XML file."""
    for case in ElementTree.parse(report).iter("testcase"):
        test, _, parameters = case.get("name", "").removesuffix("]").partition("[")
        random = {p.get("name"): p.get("value") for p in case.iter("property")}.get("random")
        failed = case.find("failure") if case.find("failure") is not None else case.find("error")
        skipped = case.find("skipped")
        yield Case(
            case.get("classname", "").rpartition(".")[2],
            test,
            parameters,
            int(random or 0),
            None if failed is None else first_line(failed),
            None if skipped is None else first_line(skipped),
        )


def first_line(element: ElementTree.Element) -> str:
    """Return the first line of what pytest says of a failure or a skip."""
    return (element.get("message") or element.tag).strip().splitlines()[0]


def page(cases: Iterable[Case]) -> str:
    """Return the page of a run: the sums, then a section a module."""
    modules: dict[str, dict[str, list[Case]]] = defaultdict(lambda: defaultdict(list))
    for case in sorted(cases, key=lambda case: (case.module, case.test, case.parameters)):
        modules[case.module][case.test].append(case)
    every = [case for tests in modules.values() for test in tests.values() for case in test]
    tried, random, lost = sums(every)
    skipped = sum(case.skipped is not None for case in every)
    line = f"**{tried:,} cases and {random:,} random ones tried, {lost:,} lost**"
    line += f"; {skipped:,} not tried on the machine that wrote this.\n"
    return "\n".join([INTRODUCTION + line, *map(section, modules, modules.values())])


def section(module: str, tests: dict[str, list[Case]]) -> str:
    """Return the section of a module: its table, then what was lost or not tried."""
    text = f"## {title_of(module)}\n\n{HEAD}"
    singly = []
    for test, cases in tests.items():
        counts = " | ".join(f"{count:,}" if count else "" for count in sums(cases)[:2])
        shown = ", ".join(map(code, examples(cases)))
        text += f"| {sentence_of(test)} | {counts} | {sums(cases)[2]} | {shown} |\n"
        for case in cases:
            for word, reason in (("Lost", case.lost), ("Not tried", case.skipped)):
                if reason is not None:
                    name = f" {code(case.parameters)}" if case.parameters else ""
                    singly.append(f"- {word}: {sentence_of(test)}{name}: {code(reason)}\n")
    return text + "\n" * bool(singly) + "".join(singly)


def sums(cases: Iterable[Case]) -> tuple[int, int, int]:
    """Return how many cases were tried, how many random ones, and how many were lost."""
    tried = [case for case in cases if case.skipped is None]
    fixed = sum(case.random == 0 for case in tried)
    return fixed, sum(case.random for case in tried), sum(case.lost is not None for case in tried)


def examples(cases: list[Case]) -> list[str]:
    """Return the parameters of some cases, the first, the last and one between."""
    names = [case.parameters for case in cases if case.parameters and case.random == 0]
    places = {0, len(names) // 2, len(names) - 1} if names else ()
    return [names[place] for place in sorted(places)][:EXAMPLES]


def sentence_of(name: str) -> str:
    """Return the name of a test as a sentence."""
    words = name.removeprefix("test_").replace("_", " ")
    return words[0].upper() + words[1:]


def title_of(module: str) -> str:
    """Return the first line of a test module's docstring."""
    path = FOLDER / f"{module}.py"
    source = path.read_text(encoding="utf-8") if path.exists() else ""
    return (ast.get_docstring(ast.parse(source)) or module).split("\n")[0].rstrip(".")


def code(text: str) -> str:
    """Return a text as code in a cell of a table, without what cannot be read."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    shown = " ".join(plain.replace("\\n", " ").split())
    shown = shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 3]}..."
    shown = shown.replace("|", "\\|").replace("`", "'")
    return f"`{shown}`" if shown else ""


if __name__ == "__main__":
    main()
