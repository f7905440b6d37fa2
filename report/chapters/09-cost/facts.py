"""Cost: time and memory of every training, and what the study took in all."""

import pandas as pd

from fashionlab import prose
from fashionlab.study import Study


def facts(study: Study) -> dict:
    """Return totals, the longest training, and tables by experiment and by variant."""
    costs = study.table("costs")
    known = costs[costs["seconds"].notna()]
    total = float(known["seconds"].sum())
    longest = known.loc[known["seconds"].idxmax()] if len(known) else None
    return {
        "known": len(known),
        "missing": len(costs) - len(known),
        "total": total,
        "validation_share": validation_share(known),
        "peak_memory": float(known["peak_memory_mb"].max()),
        "longest": longest,
        "longest_label": label_of(study, longest) if longest is not None else "",
        "devices": sorted(known["device_name"].dropna().unique()),
        "several_runs": bool(costs.duplicated(["experiment", "variant"]).any()),
        "experiment_rows": [
            *(experiment_row(study, name, known) for name in study.experiments),
            experiment_row(study, "", known),
        ],
        "key_figures": [
            (prose.duration(total), f"of computing for {prose.count(len(known), 'training')}")
        ]
        if total
        else [],
    }


def validation_share(rows: pd.DataFrame) -> float:
    """Return the share (percent) of the time that validation took; NaN where none was measured."""
    timed = rows[rows["validation_seconds"].notna()]
    return 100 * prose.ratio(timed["validation_seconds"].sum(), timed["seconds"].sum())


def label_of(study: Study, row: pd.Series) -> str:
    """Return the name of the variant that a row of ``costs`` is of, with its experiment's title."""
    label = study.variants(row["experiment"])["label"][row["variant"]]
    return f"{label} ({study.plan['experiments'][row['experiment']]['title']})"


def experiment_row(study: Study, name: str, known: pd.DataFrame) -> dict[str, str]:
    """Return the row of an experiment, or of all of them ("")."""
    rows = known[known["experiment"] == name] if name else known
    epochs = sum(
        study.entries(e, v)[0]["epochs"]
        for e, v in zip(rows["experiment"], rows["variant"], strict=True)
    )
    return {
        "Experiment": study.plan["experiments"][name]["title"] if name else "all",
        "Trainings": prose.number(len(rows)),
        "Epochs": prose.number(epochs),
        "Time": prose.duration(rows["seconds"].sum()),
    }
