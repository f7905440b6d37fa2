"""What a chapter on an experiment of one's own says, whatever it varies."""

import math
from itertools import islice

import pandas as pd

from experiment.chosen import chosen
from fashionlab import prose
from fashionlab.claims.comparisons import ties_with_best
from fashionlab.measures import confused, recall
from fashionlab.planning.planned import axis_text, label
from fashionlab.plotting.weights import first_images
from fashionlab.statistics import (
    RUNS_FOR_INTERVAL,
    blocked_variance,
    paired_difference,
    welch_difference,
)
from fashionlab.study import Study

ENDING = ["epochs", "steps_per_epoch", "record_every"]  # what decides where a curve ends
MOST_PAIRS = 3  # confusions that are named
MOST_ROWS = 60  # variants that a table of the report can hold; the CSV tables have all


def facts(study: Study, experiment: str) -> dict:
    """Return the table of end results, who is first, and what each factor of the grid does."""
    table = study.variants(experiment)
    described = study.plan["experiments"][experiment]
    outcomes = {
        part: {str(v): study.outcome(experiment, str(v), f"{part}_accuracy") for v in table.index}
        for part in ("train", "validation", "test")
    }
    ended = [v for v, outcome in outcomes["test"].items() if outcome.values]
    ranked = sorted(ended, key=lambda v: -outcomes["test"][v].mean)
    shown = list(outcomes["test"]) if len(table) <= MOST_ROWS else ranked[:MOST_ROWS]
    factors = [axis for axis in described["grid"] if table[axis].nunique() > 1]
    varied = [axis.removesuffix("_seed").replace("_", " ") for axis in factors]
    epochs = sorted(set(table["epochs"]))
    closely = chosen(study, experiment)
    return {
        "closely": closely,
        "errors": errors(study, experiment, closely[0]) if closely else {},
        "pictures": [v for v in closely if first_images(study, experiment, v) is not None],
        "title": described["title"],
        "question": described["question"],
        "varied": varied,
        "epochs": epochs,
        "uneven": bool((table[ENDING].nunique() > 1).any()),
        "variants": table,
        "ranked": ranked,
        "labels": {str(v): label for v, label in table["label"].items()},
        "ties": ties_with_best(study, experiment) if len(ranked) > 1 else ranked,
        "outcomes": outcomes,
        "lost": [table["label"][v] for v in outcomes["test"] if v not in ended],
        "rows": without_empty([_row(study, experiment, table["label"][v], v) for v in shown]),
        "doubtful": study.runs(experiment) < RUNS_FOR_INTERVAL,
        "left_out": len(table) - len(shown),
        "splits": (splits := split_rows(study, experiment) if "split_seed" in factors else []),
        "split_rows": [split_row(row) for row in splits],
        "effects": without_empty([
            row for factor in factors if factor != "split_seed"
            for row in effect_rows(study, experiment, factor)
        ]) if len(factors) > 1 and len(ended) == len(table) else [],
    }  # fmt: skip


def _row(study: Study, experiment: str, label: str, variant: str) -> dict[str, str]:
    def outcome(measure: str):
        return study.outcome(experiment, variant, measure)

    return {
        "Variant": label,
        "Training": outcome("train_accuracy").text,
        "Validation": outcome("validation_accuracy").text,
        "Test": outcome("test_accuracy").text,
        "95 % interval": prose.interval(outcome("test_accuracy").interval),
        "Gap": outcome("gap").text,
    }


def without_empty(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the rows of a table without the columns in which nothing stands."""
    empty = {key for key in (rows[0] if rows else {}) if {row[key] for row in rows} == {prose.DASH}}
    return [{key: row[key] for key in row if key not in empty} for row in rows]


def errors(study: Study, experiment: str, variant: str) -> dict:
    """Return the class found least often and what is taken for what most, of the test images.

    ``pairs``: true class, predicted class, images a run; of all runs that ended.
    """
    rows = study.predictions(experiment, variant)
    several = rows["run"].nunique() > 1
    unit = " images a run" if several else " images"
    found, most = recall(rows), confused(rows).items()
    return {
        "lowest": (study.classes[int(str(found.idxmin()))], found.min()),
        "pairs": [
            f"{study.classes[a]} taken for {study.classes[b]}"
            f" ({prose.number(images, 1 if several else 0)}{'' if place else unit})"
            for place, ((a, b), images) in enumerate(islice(most, MOST_PAIRS))
        ],
    }


def split_rows(study: Study, experiment: str) -> list[dict]:
    """Return a row for all else that varies: how far test accuracies spread between splits.

    ``between``: standard deviation of the splits' means; ``within``: of runs on one split;
    ``alone``: that of means if the split did nothing; in points. ``p``: of that. Runs of a number
    share their initial weights, which is taken out; one that diverged is left out on all splits.
    """
    table, rows = study.variants(experiment), []
    others = [a for a in study.plan["experiments"][experiment]["grid"] if a != "split_seed"]
    for _, own in table.groupby(others or (lambda _: 0), sort=False):
        columns = [study.values(experiment, str(v), "test_accuracy") for v in own.index]
        values = pd.concat(columns, axis=1).dropna().to_numpy().T
        if not values.size:  # every run diverged on one of them
            continue
        between, alone, p = blocked_variance(values)
        within = math.sqrt(values.var(axis=1, ddof=1).mean()) if values.shape[1] > 1 else math.nan
        first = study.entries(experiment, str(own.index[0]))[0]
        rows.append({"label": label(first, others) if others else "all", "between": between,
                     "within": within, "alone": alone, "p": p})  # fmt: skip
    return rows


def split_row(row: dict) -> dict[str, str]:
    """Return a row of the table of spreads."""
    return {
        "Variant": row["label"],
        "Between splits": prose.number(row["between"], 2),
        "Between runs": prose.number(row["within"], 2),
        "Chance would give": prose.number(row["alone"], 2),
        "p": prose.number(row["p"], 3),
    }


def effect_rows(study: Study, experiment: str, factor: str) -> list[dict[str, str]]:
    """Return a row a value of a factor: the mean over all else, and its difference to the first.

    Validation accuracy, so that the test set stays out of a choice. Runs of the same number share
    their seed, so differences are taken within each, but for those of networks.
    """
    table = study.variants(experiment)
    values = {v: study.values(experiment, v, "validation_accuracy") for v in map(str, table.index)}
    means: dict[str, pd.Series] = {}
    for value in dict.fromkeys(table[factor]):
        own = [values[str(v)] for v in table.index[table[factor] == value]]
        text = axis_text(factor, study.plan["input_ranges"].get(value, value))
        means[text] = pd.concat(own, axis=1).mean(axis=1)
    first = next(iter(means.values()))
    rows = []
    for text, runs in means.items():
        shift = (runs - first).mean()
        bounds = None
        if runs is not first and len(runs) >= RUNS_FOR_INTERVAL:
            difference = welch_difference if factor == "network" else paired_difference
            bounds = difference(runs.to_numpy(), first.to_numpy()).interval()
        rows.append({
            "Factor": prose.capitalise(factor.replace("_", " ")) if runs is first else "",
            "Value": text,
            "Validation accuracy": prose.number(runs.mean(), 2),
            "Difference": prose.DASH if runs is first else prose.signed(shift),
            "95 % interval": prose.interval(bounds),
        })  # fmt: skip
    return rows
