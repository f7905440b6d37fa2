"""The original's own numbers, as the errata name them."""

import math
from typing import Any

from fashionlab import prose
from fashionlab.chapters import REPORT
from fashionlab.measures import not_learned
from fashionlab.storage.reading import read_json
from fashionlab.study import NotInStudyError, Study

DATASETS = ("Fashion-MNIST",)  # of the homework
NETWORKS = ("mlp1", "mlp2", "cnn3", "cnn4", "cnn5")


def facts(study: Study) -> dict:
    """Return the original's results, and series of them in words."""
    data = read_json(REPORT / "original" / "original_results.json")
    tested, validated = (
        {name: last(data["generalisation"][name][key]) for name in NETWORKS}
        for key in ("test_accuracy", "validation_accuracy")
    )
    gradients = {
        activation: {
            name: last(data["activations"][name][activation]["gradient_magnitude_median"])
            for name in NETWORKS
        }
        for activation in ("relu", "sigmoid")
    }
    spreads = {
        count: data["schedules"][name]["validation_accuracy_sd"][6:8]
        for count, name in (("two", "0.1 -> 0.01"), ("three", "0.1 -> 0.01 -> 0.001"))
    }
    schedule = data["schedules"]["0.1 -> 0.01 -> 0.001"]
    return {
        "cost_of": lambda probability: -math.log(probability),
        "stuck_loss": last(data["activations"]["cnn4"]["sigmoid"]["loss"]),
        "escape": escape(study),
        "tested": series(tested),
        "best_tested": tested["cnn4"],
        "validated": series(validated),
        "tested_order": ", ".join(sorted(tested, key=tested.__getitem__, reverse=True)),
        "validated_order": ", ".join(sorted(validated, key=validated.__getitem__, reverse=True)),
        "spreads": spreads,
        "gradient_series": lambda activation, *names: prose.join(
            f"{prose.magnitude(gradients[activation][name], 2)} ({name})" for name in names
        ),
        "scheduled": last(schedule["validation_accuracy"]),
        "scheduled_epochs": len(schedule["loss"]),
        "adam": validated["cnn4"],
        "adam_epochs": len(data["generalisation"]["cnn4"]["loss"]),
        "switches_are_theirs": switches(study) == {"two_rates": [7], "three_rates": [7, 14]},
        "mlp2_chain": "mlp2" in study.networks.index
        and study.networks["merged_depth"]["mlp2"] < study.networks["depth"]["mlp2"],
    }


def last(values: Any) -> float:
    """Return the last number of a curve, or a single number."""
    return float(values[-1] if isinstance(values, list) else values)


def series(values: dict[str, float]) -> str:
    """Return a number a network in words: "90.3 (mlp1), 89.3 (mlp2), ..."."""
    return prose.join(f"{prose.number(value, 1)} ({name})" for name, value in values.items())


def escape(study: Study) -> str:
    """Return what became here of the sigmoid cnn4, which may stay at the loss of guessing."""
    settings = {"network": "cnn4", "activation": "sigmoid", "optimizer": "sgd"}
    try:
        variant = study.find("activations", **settings)
    except NotInStudyError:
        return ""
    losses = study.epoch("activations", variant, "loss").dropna()
    runs, stays = len(losses), int(not_learned(losses, study.chance_loss).sum())
    if runs == 1:
        ends = f"at {prose.number(losses.iloc[0], 3)}"
        return f"stays as well, {ends}" if stays else f"escapes, too, and ends {ends}"
    if 0 < stays < runs:
        return f"stays in {prose.word(stays)} of {prose.word(runs)} runs and escapes in the others"
    return f"{'stays' if stays else 'escapes'} in all {prose.word(runs)} runs" if runs else ""


def switches(study: Study) -> dict[str, list[int]]:
    """Return the configured switch epochs of the schedules, by name."""
    return {
        name: [stage["until"] for stage in stages[:-1]]
        for name, stages in study.plan["schedules"].items()
    }
