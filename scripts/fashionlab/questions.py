"""Which question of the homework a figure belongs to, for `snakemake --report`."""

import re

# The experiments that figures show, by the first word of the figures' names.
EXPERIMENTS = {
    "generalisation": "generalisation",
    "confusion": "generalisation",
    "size": "generalisation",
    "weights": "generalisation",
    "gradients": "activations",
    "input": "input_scaling",
    "learning": "learning_rates",
    "schedule": "schedules",
}
OTHERS = "All questions"


def question_of(plan: dict, figure: str) -> str:
    """Return the question that a figure belongs to: "Question 2", or OTHERS."""
    subject = figure.partition("_")[0]
    experiment = EXPERIMENTS.get(subject, figure.removeprefix("experiment_"))
    question = plan["experiments"].get(experiment, {}).get("question", "")
    return re.sub(r"^Q(?=\d)", "Question ", question) or OTHERS
