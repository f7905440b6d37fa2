"""Question 4: constant learning rates, schedules, and the schedules against Adam."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.claims.comparisons import EQUAL, HOLDS, compare, ties_with_best
from fashionlab.claims.plateaus import find_plateaus, plateau_sensitivity
from fashionlab.claims.quantities import last_rise
from fashionlab.counterparts import with_adam
from fashionlab.outcomes import outcome_of
from fashionlab.plateau import TOLERANCE
from fashionlab.study import LAST_EPOCH, Study

EXPERIMENTS = ("learning_rates", "schedules", "adam_baseline")
RATES, SCHEDULES, BASELINE = EXPERIMENTS
VALIDATION = "validation_accuracy"
LEVELS = (50, 80, 85)  # percent of validation accuracy whose first crossing measures speed
RECORDED = ["loss", "train_accuracy", "validation_accuracy"]


def facts(study: Study) -> dict:
    """Return what the chapter says: `rates`, `phases` and `adam` are tables."""
    rates = constant_rates(study)
    phases = schedule_phases(study)
    adam = against_adam(study)
    return {
        "rates": rates,
        "rate_rows": [rate_row(row) for row in rates.to_dict("records")],
        "lost": list(rates.loc[~rates["ended"].astype(bool), "label"]) if len(rates) else [],
        "speed": speed(rates),
        "end": rates_at_the_end(study, rates),
        "phases": phases,
        "phase_rows": [phase_row(row) for row in phases.to_dict("records")],
        "switches": switches(phases),
        "works": works(study, rates),
        "shared": shared_records(study),
        "plateaus": plateaus(study),
        "sensitivity": sensitivity(study),
        "adam": adam,
        "adam_rows": [adam_row(row) for row in adam.to_dict("records")],
        "adam_words": adam_words(study, adam),
    }


# Constant rates -----------------------------------------------------------------------------------


def constant_rates(study: Study) -> pd.DataFrame:
    """Return the variants of the experiment, the largest first rate first, with what they reach.

    ``ended``: whether a run did; ``to_50`` ...: median over runs of the epochs to a level, infinity
    for never; ``last``, ``loss_last``, ``test``: outcomes; ``rise``: what the last epochs brought
    (points); ``second_loss``: mean loss of the second epoch.
    """
    table = study.variants(RATES)
    rows = []
    for variant in map(str, table.index):
        place = (RATES, variant)
        last = study.outcome(*place, LAST_EPOCH)
        rows.append(
            {f"to_{level}": study.epochs_to(*place, VALIDATION, level).median() for level in LEVELS}
            | {
                "rate": study.entries(*place)[0]["specification"]["learning_rate"][0]["rate"],
                "last": last,
                "ended": bool(last.values) and bool(study.diverged(*place).isna().any()),
                "mean": last.mean,
                "fluctuation": study.fluctuation(*place).mean(),
                "rise": last_rise(study, place),
                "loss_last": outcome_of(study.epoch(*place, "loss")),
                "second_loss": study.epoch(*place, "loss", 1).mean(),
                "test": study.outcome(*place, "test_accuracy"),
            }
        )
    found = table.join(pd.DataFrame(rows, index=table.index))
    return found.sort_values("rate", ascending=False, kind="stable") if rows else found


def rate_row(row: dict) -> dict[str, str]:
    """Return a rate's row of the table."""
    return {
        "Training": prose.capitalise(row["label"]),
        **{f"Epochs to {level} %": epochs_words(row[f"to_{level}"]) for level in LEVELS},
        "Validation, last epoch": row["last"].text,
        "Fluctuation": prose.number(row["fluctuation"], 2),
        "Loss, last epoch": row["loss_last"].text,
        "Test": row["test"].text,
    }


def epochs_words(epochs: float) -> str:
    """Return a number of epochs for a table; infinity as words."""
    return prose.number(epochs, 2) if math.isfinite(epochs) else "not reached"


def speed(rates: pd.DataFrame) -> dict:
    """Return which rates reached the highest level that two did, and how fast.

    "reached": fastest first; "ordered": every larger rate sooner than every smaller one; "turned":
    one later; "pairs": of neighbouring rates, by what factor rate and epochs differ.
    """
    ended = rates[rates["ended"]] if len(rates) else rates
    if not len(ended):
        return {
            "level": LEVELS[0],
            "reached": ended,
            "missing": [],
            "ordered": False,
            "turned": False,
            "pairs": [],
        }
    reached = [x for x in LEVELS if np.isfinite(ended[f"to_{x}"]).sum() > 1]
    level = max(reached, default=LEVELS[0])
    epochs = ended.assign(epochs_to=ended[f"to_{level}"])
    there = epochs[np.isfinite(epochs["epochs_to"])].sort_values("epochs_to", kind="stable")
    times = list(epochs["epochs_to"])
    by_rate = there.sort_values("rate", ascending=False)
    return {
        "level": level,
        "reached": there,
        "missing": list(epochs.loc[~np.isfinite(epochs["epochs_to"]), "label"]),
        "turned": any(a > b for a, b in pairwise(times)),
        "ordered": len(times) > 1 and all(a < b or a == b == math.inf for a, b in pairwise(times)),
        "pairs": [
            {"fast": a.label, "slow": b.label}
            | {"rate": a.rate / b.rate, "epochs": b.epochs_to / a.epochs_to}
            for a, b in pairwise(by_rate.itertuples())
            if a.rate > b.rate and a.epochs_to > 0
        ],
    }  # fmt: skip


def rates_at_the_end(study: Study, rates: pd.DataFrame) -> dict:
    """Return how constant rates end: who ties with the first, who still rises or guesses."""
    ended = rates[rates["ended"]] if len(rates) else rates
    if not len(ended):
        return {"ranked": ended, "tied": [], "rising": ended, "slow": [], "restless": ended}
    ranked = ended.sort_values("mean", ascending=False, kind="stable")
    tied = ties_with_best(study, RATES, VALIDATION, list(map(str, ended.index)))
    ends = [{"experiment": RATES, "variant": str(v)} for v in ranked.index]
    known = all(compare(study, VALIDATION, *pair).known for pair in pairwise(ends))
    slow = ended[(ended["second_loss"] > 0.95 * study.chance_loss) & (ended["epochs"] > 1)]
    return {
        "ranked": ranked,
        "tied": [ended["label"][v] for v in tied] if known else [],
        "rising": ended[ended["rise"] > TOLERANCE],
        "slow": list(slow["label"]),
        "restless": ended.dropna(subset=["fluctuation"]).sort_values(
            "fluctuation", ascending=False
        ),
    }


# Schedules ----------------------------------------------------------------------------------------


def scheduled(study: Study) -> pd.DataFrame:
    """Return the variants with a schedule, those with the fewest rates first."""
    table = study.variants(SCHEDULES)
    table = table[table["learning_rate"].isin(study.plan["schedules"])]
    stages = [len(study.plan["schedules"][name]) for name in table["learning_rate"]]
    return table.assign(stages=stages).sort_values("stages", kind="stable")


def schedule_phases(study: Study) -> pd.DataFrame:
    """Return a row a schedule and phase, each run with the switch epochs that it was trained with.

    "first", "last": least and most over runs; "before", "after": mean validation accuracy of the
    phase's last epoch, and of its first one, a value a run; "fluctuation", a value a run.
    """
    rows = []
    for variant, own in scheduled(study).iterrows():
        place = (SCHEDULES, str(variant))
        for number, runs in study.phases(*place).groupby("phase"):
            spans = list(zip(runs["run"], runs["first"], runs["last"], strict=True))

            def of(column: str, which: int, spans=spans, place=place) -> pd.Series:
                return pd.Series({
                    span[0]: study.epoch(*place, column, int(span[which])).get(span[0], math.nan)
                    for span in spans
                })  # fmt: skip

            rows.append({
                "variant": variant, "label": own["label"], "phase": number,
                "rate": runs["rate"].iloc[0],
                "first": (int(runs["first"].min()), int(runs["first"].max())),
                "last": (int(runs["last"].min()), int(runs["last"].max())),
                "after": of(VALIDATION, 1), "before": of(VALIDATION, 2),
                "loss": of("loss", 2),
                "fluctuation": pd.Series({
                    run: study.fluctuation(*place, first=int(a), last=int(b))[run]
                    for run, a, b in spans
                }),
            })  # fmt: skip
    return pd.DataFrame(rows)


def phase_row(row: dict) -> dict[str, str]:
    """Return a row of the table of phases."""
    first, last = (" or ".join(map(str, dict.fromkeys(row[key]))) if len({*row[key]}) < 2
                   else f"{row[key][0]}–{row[key][1]}" for key in ("first", "last"))  # fmt: skip
    return {
        "Schedule": prose.capitalise(row["label"]),
        "Rate": prose.setting(row["rate"]),
        "From epoch": first,
        "To epoch": last,
        "Validation, its last epoch": outcome_of(row["before"]).text,
        "Fluctuation": prose.number(row["fluctuation"].mean(), 2),
        "Loss": outcome_of(row["loss"]).text,
    }


def switches(phases: pd.DataFrame) -> dict[str, list[dict]]:
    """Return each schedule's switches: the gain within an epoch, and what fluctuation did."""
    found: dict[str, list[dict]] = {}
    for _, own in phases.groupby("variant", sort=False) if len(phases) else ():
        for number, (old, new) in enumerate(pairwise(own.to_dict("records")), start=1):
            gain = (new["after"] - old["before"]).mean()
            ratio = prose.ratio(new["fluctuation"].mean(), old["fluctuation"].mean())
            if prose.exists(gain):
                switch = {"number": number, "gain": gain, "ratio": ratio}
                found.setdefault(old["label"], []).append(switch)
    return found


def shared_records(study: Study) -> list[dict]:
    """Return how many records before the first switch equal those of the constant rate."""
    found = []
    for variant, own in scheduled(study).iterrows():
        twin = study.beginning(SCHEDULES, str(variant))
        if twin is None:
            continue
        phases = study.phases(SCHEDULES, str(variant))
        ends = phases[phases["phase"] == 1].set_index("run")["last"]
        tables = []
        for place in ((SCHEDULES, str(variant)), twin):
            rows = study.rows("records", *place)
            rows = rows[rows["epoch"] <= rows["run"].map(ends)]
            tables.append(rows.set_index(["run", "epoch", "step"])[RECORDED])
        both = tables[0].index.intersection(tables[1].index)
        a, b = (table.loc[both] for table in tables)
        same = np.isclose(a, b, rtol=0, atol=0, equal_nan=True).all(axis=1)
        if len(both):
            found.append({"label": own["label"], "same": int(same.sum()), "total": len(both)})
    return found


def plateaus(study: Study) -> list[dict]:
    """Return, for each switch of the schedules, the configured epoch and those the rule finds.

    "found": of each run, from the finished training with the rates before, otherwise alike.
    """
    found = find_plateaus(study)
    return [
        {"label": own["label"], "number": number} | switch
        for _, own in scheduled(study).iterrows()
        for number, switch in enumerate(found.get(own["learning_rate"], ()), start=1)
    ]


def sensitivity(study: Study) -> tuple[int, int] | None:
    """Return the earliest and latest first switch that other settings of the rule would give."""
    first = [s["here"] for s in plateau_sensitivity(study) if s["switch"] == 1 and s["here"]]
    return (min(low for low, _ in first), max(high for _, high in first)) if first else None


def works(study: Study, rates: pd.DataFrame) -> list[dict]:
    """Return, for each schedule, how it ends beside the best of the constant rates.

    "ratio": by what factor it fluctuates less than the constant rate that it begins with ("twin"),
    each at its own end.
    """
    ended = rates[rates["ended"]] if len(rates) else rates
    found = []
    for variant, own in scheduled(study).iterrows() if len(ended) else ():
        place = (SCHEDULES, str(variant))
        last, twin = study.epoch(*place, VALIDATION).mean(), study.beginning(*place)
        best = ended.loc[ended["mean"].idxmax()]
        if prose.exists(last):
            sides = [{"experiment": e, "variant": v} for e, v in (twin, place)] if twin else ()
            found.append({
                "label": own["label"], "epochs": own["epochs"], "last": last,
                "ratio": compare(study, "fluctuation", *sides).value if sides else math.nan,
                "best": best["label"], "best_last": best["mean"], "best_epochs": best["epochs"],
                "twin": study.label(*twin) if twin else "",
            })  # fmt: skip
    return found


# Against Adam -------------------------------------------------------------------------------------


def against_adam(study: Study) -> pd.DataFrame:
    """Return the schedules and the trainings of the same networks with Adam, a row each.

    Empty without either. ``to_adam``: median epochs to the mean validation accuracy of the last
    epoch of Adam for as long as the schedules, or for the longest there is.
    """
    own = scheduled(study)
    rivals = with_adam(study, SCHEDULES)
    if own.empty or not rivals:
        return pd.DataFrame()
    level = study.epoch(*rivals[-1], VALIDATION).mean()
    rows = []
    for place in [*((SCHEDULES, str(v)) for v in own.index), *rivals]:
        entry = study.entries(*place)[0]
        name = "Adam" if place in rivals else study.label(*place)
        epochs = (
            study.epochs_to(*place, VALIDATION, level).median() if prose.exists(level) else math.nan
        )
        rows.append({
            "place": place, "label": name, "adam": place in rivals, "epochs": entry["epochs"],
            "network": entry["network"], "to_adam": epochs, "level": level,
            "last": study.outcome(*place, LAST_EPOCH),
            "fluctuation": study.fluctuation(*place).mean(),
            "test": study.outcome(*place, "test_accuracy"),
        })  # fmt: skip
    return pd.DataFrame(rows)


def adam_row(row: dict) -> dict[str, str]:
    """Return a row of the table of schedules and Adam."""
    name = row["label"]
    return {
        "Training": prose.capitalise(name),
        "Epochs": prose.number(row["epochs"]),
        f"Epochs to {prose.percent(row['level'], 1)}": epochs_words(row["to_adam"])
        if prose.exists(row["level"]) else prose.DASH,
        "Validation, last epoch": row["last"].text,
        "Fluctuation": prose.number(row["fluctuation"], 2),
        "Test": row["test"].text,
    }  # fmt: skip


def adam_words(study: Study, adam: pd.DataFrame) -> dict | None:
    """Return the schedule of the most rates against Adam for as long, or the longest there is."""
    if adam.empty:
        return None
    ours, theirs = adam[~adam["adam"]].iloc[-1], adam[adam["adam"]].iloc[-1]
    if not ours["test"].values or not theirs["test"].values:
        return None
    sides = [{"experiment": e, "variant": v} for e, v in (ours["place"], theirs["place"])]
    comparison = compare(study, "test_accuracy", *sides, EQUAL)
    difference = ours["test"].mean - theirs["test"].mean
    apart = compare(study, "test_accuracy", *(sides if difference > 0 else sides[::-1]))
    return {
        "ours": ours, "theirs": theirs, "difference": difference,
        "equal": comparison.verdict == HOLDS, "apart": apart.verdict == HOLDS,
        "arrives": math.isfinite(ours["to_adam"]),
    }  # fmt: skip
