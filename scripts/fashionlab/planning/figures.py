"""The figures: what each needs of a study, what draws it, and whose question it answers."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from fashionlab.planning.planned import trainings_of

# In the order of the report: the program `plot_<...>.py`, the experiments that it needs (to the
# first one's question the figure belongs) and, if it draws several figures, the option for which.
FIGURES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("generalisation", ("generalisation",), ""),
    ("confusion", ("generalisation",), ""),
    ("size_and_depth", ("generalisation",), ""),
    ("weights", ("generalisation",), "network"),
    ("gradients", ("activations",), ""),
    ("input_scaling", ("input_scaling", "activations"), ""),
    ("learning_rates", ("learning_rates",), ""),
    ("schedule", ("schedules",), "schedule"),
    ("schedule_against_adam", ("schedules", "generalisation"), ""),
)

# What a study has of each option's subjects.
SUBJECTS: dict[str, Callable[[dict], Collection[str]]] = {
    "": lambda plan: [""],
    "network": lambda plan: {t["network"] for t in trainings_of(plan, "generalisation")},
    "schedule": lambda plan: (
        plan["schedules"].keys() & {t["learning_rate"] for t in trainings_of(plan, "schedules")}
    ),
}
OTHERS = "All questions"


@dataclass(frozen=True)
class Figure:
    """A figure of a study: what draws it, and its question, "Question 2" or OTHERS."""

    program: str
    options: str
    question: str


def planned_figures(plan: dict) -> dict[str, Figure]:
    """Return the figures that this study's experiments allow, by name, in the report's order."""
    figures = {}
    for program, needed, option in FIGURES:
        if plan["experiments"].keys() >= set(needed):
            for subject in sorted(SUBJECTS[option](plan)):
                asked = plan["experiments"].get(needed[0] if needed else subject, {})
                figures["_".join(filter(None, (program, subject)))] = Figure(
                    f"scripts/plot_{program}.py",
                    f"--{option} {subject}" if option else "",
                    re.sub(r"\bQ(?=\d)", "Question ", asked.get("question", "")) or OTHERS,
                )
    return figures
