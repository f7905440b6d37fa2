"""The configuration as it ran, written back as YAML from the plan that was made of it."""

from collections.abc import Iterable
from typing import Any

import yaml

from fashionlab.study import Study

SHARED = (
    "network", "activation", "optimizer", "learning_rate", "input_range", "batch_size", "epochs",
    "runs", "record_every", "validate",
)  # fmt: skip


def facts(study: Study) -> dict:
    """Return the text of the configuration."""
    return {"configuration": settings_text(study.plan)}


def settings_text(plan: dict) -> str:
    """Return all that the study's numbers were computed from, as YAML in the words of the config.

    Experiments name what all their trainings share beside their grid, defaults included.
    """
    trainings, rates = plan["trainings"], plan["schedules"]
    sections: dict[str, Any] = {
        "seed": plan["seed"],
        "split": plan["split"],
        "activations": _used(trainings, "activation"),
        "optimizers": _used(trainings, "optimizer"),
        "schedules": {k: v for k, v in rates.items() if "scheduler" not in v[0]},
        "schedulers": {
            name: first["scheduler"] | {"rate": first["rate"]}
            for name, (first, *_) in rates.items()
            if "scheduler" in first
        },
        "input_ranges": plan["input_ranges"],
        "experiments": {name: _experiment(plan, name) for name in plan["experiments"]},
        "figures": plan["figures"],
    }
    sections = {name: content for name, content in sections.items() if content != {}}
    networks = {name: network["line"] for name, network in plan["networks"].items()}
    return _yaml({"networks": networks}, False) + _yaml(sections, None)


def _yaml(sections: dict, flow: bool | None) -> str:
    return yaml.safe_dump(sections, sort_keys=False, default_flow_style=flow, width=90)


def _used(trainings: Iterable[dict], setting: str) -> dict[str, dict]:
    return {t[setting]: t["specification"][setting] for t in trainings}


def _experiment(plan: dict, name: str) -> dict[str, Any]:
    section = plan["experiments"][name]
    own = [t | {"runs": section["runs"]} for t in plan["trainings"] if t["experiment"] == name]
    shared = {key: own[0][key] for key in SHARED if key not in section["grid"]}
    rate = shared.get("learning_rate")
    if rate and rate not in plan["schedules"]:
        shared["learning_rate"] = float(rate)
    return {"grid": section["grid"]} | shared
