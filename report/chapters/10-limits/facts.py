"""What the results cannot say, as far as it follows from the numbers of runs and of devices."""

from fashionlab.statistics import RUNS_FOR_INTERVAL
from fashionlab.study import Study

MANY = 10  # runs from which on an interval over runs needs no warning


def facts(study: Study) -> dict:
    """Return experiments with few runs, devices, and numbers of versions and divergences."""
    runs = {e: (study.plan["experiments"][e]["title"], study.runs(e)) for e in study.experiments}
    costs = study.table("costs")
    return {
        "single": [pair for pair in runs.values() if pair[1] < RUNS_FOR_INTERVAL],
        "few": [pair for pair in runs.values() if RUNS_FOR_INTERVAL <= pair[1] < MANY],
        "devices": sorted(costs["device_name"].dropna().unique()),
        "versions": costs[["python", "torch", "numpy", "platform"]].drop_duplicates().shape[0],
        "resplit": [
            content["title"] for content in study.plan["experiments"].values()
            if len(set(content["grid"].get("split_seed", ()))) > 1
        ],
        "lost": sum(len(study.lost(experiment)) for experiment in study.experiments),
        "several_networks": len(study.networks) > 1,
    }  # fmt: skip
