"""The chapters of the paper: folders below ``report/`` with text, facts, claims, figures, exports.

Snakemake asks for figures and exports while it reads the rules, so nothing here is heavy: of most
of a chapter's modules only literals are read; ``exports.py`` alone is imported there.
"""

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from fashionlab.sources import ROOT

REPORT = ROOT / "report"
BEFORE_OWN = "06"  # chapters of experiments that no chapter names stand before the one so numbered
Curves = dict[str, tuple[str, str, str]]  # key: (experiment, variant, what of it)


@dataclass(frozen=True)
class Chapter:
    """A chapter's folder; ``experiment`` if it is the one made for an experiment of its own."""

    folder: Path
    experiment: str = ""

    @property
    def experiments(self) -> tuple[str, ...]:
        """The experiments that it speaks of."""
        return (
            (self.experiment,)
            if self.experiment
            else literal(self.folder / "facts.py", "EXPERIMENTS")
        )

    def applies(self, plan: dict) -> bool:
        """Return whether it speaks of this study: of its data set, and of an experiment of it."""
        datasets = literal(self.folder / "facts.py", "DATASETS")
        experiments = self.experiments
        return (not datasets or plan["dataset"]["name"] in datasets) and (
            not experiments or bool(plan["experiments"].keys() & set(experiments))
        )

    def title(self, plan: dict) -> str:
        """Return its first heading, or "The study" for one without."""
        if self.experiment:
            return str(plan["experiments"][self.experiment]["title"])
        text = (self.folder / "text.md.j2").read_text(encoding="utf-8")
        found = re.search(r"^# (.*?)\s*(?:\{#.*)?$", text, re.M)
        return found[1] if found else "The study"

    def claims(self) -> list[Any]:
        """Return the rows of its ``claims.py``, if it has one."""
        module = self.folder / "claims.py"
        return list(load(module).CLAIMS) if module.is_file() else []

    def call(self, module: str, function: str, *arguments: Any) -> Any:
        """Return what a function of one of its modules returns; None without such a module.

        A chapter of an experiment is told which.
        """
        if not (self.folder / module).is_file():
            return None
        own = (self.experiment,) if self.experiment else ()
        return getattr(load(self.folder / module), function)(*arguments, *own)


@dataclass(frozen=True)
class Figure:
    """A figure of the study: its name, the module that draws it, and the chapter it belongs to."""

    name: str
    module: Path
    chapter: Chapter

    @property
    def program(self) -> str:
        """The module's path in the project."""
        return path_of(self.module)

    def draw(self, study: Any) -> Any:
        """Return it as matplotlib's Figure."""
        return self.chapter.call(f"figures/{self.module.name}", "draw", study)


def chapters(plan: dict, report: Path = REPORT) -> list[Chapter]:
    """Return the chapters that apply, in their order, with one for each experiment left over."""
    folders = (Chapter(text.parent) for text in sorted(report.glob("chapters/*/text.md.j2")))
    written = [chapter for chapter in folders if chapter.applies(plan)]
    named = {experiment for chapter in written for experiment in chapter.experiments}
    own = [
        Chapter(report / "experiment", experiment)
        for experiment in plan["experiments"]
        if experiment not in named and (report / "experiment").is_dir()
    ]
    before = [chapter for chapter in written if chapter.folder.name < BEFORE_OWN]
    return [*before, *own, *written[len(before) :]]


def planned_figures(plan: dict, report: Path = REPORT) -> dict[str, Figure]:
    """Return the figures that this study's experiments allow, by name.

    Raises ValueError where two have one name.
    """
    figures: dict[str, Figure] = {}
    for chapter in chapters(plan, report):
        for module in sorted(chapter.folder.glob("figures/*.py")):
            name = module.stem
            if chapter.experiment:  # "curves" is the figure of each
                name = f"experiment_{chapter.experiment}_{name}".removesuffix("_curves")
            if name in figures:
                there = figures[name].module
                raise ValueError(f"{module}: there is a figure of this name already, {there}")
            if plan["experiments"].keys() >= set(literal(module, "NEEDS")):
                figures[name] = Figure(name, module, chapter)
    return figures


def planned_exports(plan: dict, report: Path = REPORT) -> dict[str, Curves]:
    """Return the curves of each file that the chapters export, by the file's name."""
    found = (chapter.call("exports.py", "exports", plan) for chapter in chapters(plan, report))
    return dict(sorted(pair for exports in found for pair in (exports or {}).items()))


def measured_first(plan: dict) -> list[str]:
    """Return the experiments whose gradients before the first step a chapter asks for."""
    names = (literal(c.folder / "facts.py", "MEASURED_FIRST") for c in chapters(plan))
    return [name for each in names for name in each if name in plan["experiments"]]


def modules_of(plan: dict, name: str, report: Path = REPORT) -> Iterator[str]:
    """Yield the paths in the project of the chapters' modules of a name, each once."""
    folders = dict.fromkeys(chapter.folder for chapter in chapters(plan, report))
    for module in (folder / name for folder in folders):
        if module.is_file():
            yield path_of(module)


def path_of(module: Path) -> str:
    """Return where a module lies in the project; its whole path if it is elsewhere."""
    return (module.relative_to(ROOT) if module.is_relative_to(ROOT) else module).as_posix()


@cache
def literal(module: Path, name: str) -> tuple[str, ...]:
    """Return the tuple of strings that a module assigns to a name, without importing it.

    Empty without module or assignment. Raises ValueError for anything but such a tuple.
    """
    for node in ast.parse(module.read_text(encoding="utf-8")).body if module.is_file() else []:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                value = None
            if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
                raise ValueError(f"{module}:{node.lineno}: {name} must be a tuple of names")
            return value
    return ()


@cache
def load(module: Path) -> ModuleType:
    """Return a chapter's module, imported by its path. What chapters share is below ``report/``."""
    if str(REPORT) not in sys.path:
        sys.path.append(str(REPORT))
    name = re.sub(r"\W", "_", "/".join(module.with_suffix("").parts[-3:]))
    specification = importlib.util.spec_from_file_location(name, module)
    assert specification
    assert specification.loader
    loaded = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(loaded)
    return loaded
