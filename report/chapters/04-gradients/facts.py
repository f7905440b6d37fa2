"""Question 3: gradients of the first layer by network, depth and activation, and who learns."""

import math
from itertools import pairwise

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.counterparts import by_input_range
from fashionlab.measures import expected_errors, not_learned
from fashionlab.outcomes import outcome_of
from fashionlab.statistics import ALPHA
from fashionlab.study import Study

EXPERIMENTS = ("activations", "input_scaling")
EXPERIMENT, SCALING = EXPERIMENTS
MEASURED_FIRST = ("activations",)  # whose gradients are measured before the first step, too
MEASURED = ["start", "early", "late", "whole", "low", "high", "rms", "loss", "stuck_runs",
            "ended_runs"]  # fmt: skip


def facts(study: Study) -> dict:
    """Return what the chapter says, from a table with a row a variant (`variants`)."""
    table = gradients(study)
    ended = table[table["late"].notna()]
    activations = {str(a): rows for a, rows in ended.groupby("activation", sort=False)}
    stuck = ended[ended["stuck_runs"] == ended["ended_runs"]]
    partly = ended[ended["stuck_runs"].between(1, ended["ended_runs"] - 1)]
    initial = initial_errors(study) if len(table) else pd.DataFrame()
    return {
        "variants": table,
        "ended": ended,
        "rows": [row_of(row) for row in table.to_dict("records")],
        "stuck": stuck,
        "stuck_words": by_activation(stuck),
        "partly": [
            f"{row['label']} stays there in {prose.word(row['stuck_runs'])} of "
            f"{prose.word(row['ended_runs'])} runs"
            for row in partly.to_dict("records")
        ],
        "ratios": {when: ratios(ended, when) for when in ("whole", "early", "late")},
        "families": [words for rows in activations.values() if (words := families(rows))],
        "falls": {
            when: {
                prose.shown(a): falls(rows, when)
                for a, rows in activations.items()
                if len(rows) > 2
            }
            for when in ("start", "early", "late")
        },
        "initial": initial,
        "initial_rows": [initial_row(row) for row in initial.to_dict("records")],
        "steps_back": steps_back(initial),
        "scaling": scaling(study),
        "tick_rows": tick_rows(study.claims),
        "balanced": len(set(study.split["class_counts"]["train"])) == 1,
    }


def gradients(study: Study) -> pd.DataFrame:
    """Return the variants with gradient norms, NaN where every run had diverged by then.

    Means over runs; ``start``: of step 0; ``early``, ``late``: of the median of the first and the
    last epoch; ``whole``: of that of all records;
    ``low``, ``high``: 10 and 90 % of the last epoch's records; ``rms``: per weight, last epoch;
    ``loss``: mean of the last epoch; ``stuck_runs``: how many of the ``ended_runs`` do not get
    below the loss of guessing by then.
    """
    table = study.variants(EXPERIMENT)
    rows = [measured(study, str(v), int(table.loc[v, "epochs"])) for v in table.index]
    table["slopes"] = [slopes_behind(layers) for layers in table["layers"]]
    table["chained"] = table["merged_depth"] < table["depth"]
    twice = table.duplicated(["network", "activation"], keep=False)  # they differ in more than that
    table["name"] = table["label"].where(twice, table["network"])
    return table.join(pd.DataFrame(rows, index=table.index, columns=MEASURED))


def slopes_behind(layers: list[dict]) -> int:
    """Return how many activations there are behind the first layer with weights."""
    kinds = [layer["kind"] for layer in layers]
    first = next(number for number, kind in enumerate(kinds) if kind in ("conv", "fc"))
    return kinds[first:].count("act")


def measured(study: Study, variant: str, epochs: int) -> dict[str, float]:
    """Return a variant's gradients, over the records of all runs that still went on."""
    records = study.rows("records", EXPERIMENT, variant)
    losses = study.epoch(EXPERIMENT, variant, "loss").dropna()
    last = records[records["epoch"] == epochs - 1]
    norm = "gradient_norm"
    return {
        "start": float(records.loc[records["step"] == 0, norm].mean()),
        "early": median_gradient(study, (EXPERIMENT, variant), 0),
        "late": median_gradient(study, (EXPERIMENT, variant), -1),
        "whole": float(records.groupby("run")[norm].median().mean()),
        "low": float(last[norm].quantile(0.1)),
        "high": float(last[norm].quantile(0.9)),
        "rms": float(last["gradient_rms"].median()),
        "loss": float(losses.mean()),
        "stuck_runs": int(not_learned(losses, study.chance_loss).sum()),
        "ended_runs": len(losses),
    }


def median_gradient(study: Study, place: tuple[str, str], epoch: int) -> float:
    """Return the mean over runs of an epoch's median gradient norm, which claims compare, too."""
    return float(study.epoch(*place, "gradient_norm", epoch, how="median").mean())


def row_of(row: dict) -> dict[str, str]:
    """Return a variant's row of the table of gradients."""
    spread = f"{prose.magnitude(row['low'], 2)} to {prose.magnitude(row['high'], 2)}"
    return {
        "Network": row["name"],
        "Activation": prose.shown(row["activation"]),
        "Step 0": prose.magnitude(row["start"]),
        "First epoch": prose.magnitude(row["early"]),
        "Last epoch": prose.magnitude(row["late"]),
        "10 % to 90 %": spread if prose.exists(row["low"]) else prose.DASH,
        "Per weight": prose.magnitude(row["rms"]),
        "Loss": prose.number(row["loss"], 3),
    }


def by_activation(rows: pd.DataFrame) -> str:
    """Return networks as "the sigmoid networks cnn4 and cnn5"."""
    return prose.join(
        f"the {prose.shown(str(a))} {prose.plural(len(own), 'network')} " + prose.join(own["name"])
        for a, own in rows.groupby("activation", sort=False)
    )


def ratios(ended: pd.DataFrame, when: str) -> pd.Series:
    """Return ReLU gradient by sigmoid gradient of each network that has both, smallest first."""
    norms = ended.pivot_table(index="network", columns="activation", values=when, sort=False)
    if not {"relu", "sigmoid"} <= {*norms.columns}:
        return pd.Series(dtype=float)
    both = norms[(norms["sigmoid"] > 0) & (norms["relu"] > 0)]
    return (both["relu"] / both["sigmoid"]).sort_values()


def falls(rows: pd.DataFrame, when: str) -> bool:
    """Return whether the gradient gets smaller from each network to every deeper one."""
    groups = [own[when] for _, own in rows.groupby("depth")]
    return all(a.min() > b.max() for a, b in pairwise(groups))


def families(rows: pd.DataFrame) -> str:
    """Return how perceptrons stand to convolutional networks in the last epoch, or nothing."""
    plain, conv = (rows[rows["family"] == f] for f in ("perceptron", "convolutional"))
    if plain.empty or conv.empty:
        return ""
    found: dict[str, list[str]] = {"larger": [], "smaller": [], "neither": []}
    for column, name in (("late", "norm"), ("rms", "size per weight")):
        larger = plain[column].min() > conv[column].max()
        smaller = plain[column].max() < conv[column].min()
        found["larger" if larger else "smaller" if smaller else "neither"].append(name)
    neither, opening = (
        found.pop("neither"),
        f"With {prose.shown(rows['activation'].iloc[0])}, in the last epoch,",
    )
    who = "the perceptron has" if len(plain) == 1 else "every perceptron has"
    than = "the convolutional network" if len(conv) == 1 else "every convolutional network"
    apart = ", but ".join(
        f"a {side} {' and '.join(names)}" for side, names in found.items() if names
    )
    if not apart:
        return f"{opening} neither norm nor size per weight separates the two structures."
    rest = f"; the {neither[0]} does not separate the two" if neither else ""
    return f"{opening} {who} {apart} than {than}{rest}."


# Before the first step ----------------------------------------------------------------------------


def initial_errors(study: Study) -> pd.DataFrame:
    """Return a row a variant: how the error shrinks from the logits to the first layer.

    ``slopes``: activations between them; ``layers``: layers passed; ``measured``: the first layer's
    error by that of the logits, geometric mean over draws; ``expected``: what the initial weights'
    variance gives, NaN for activations other than ReLU and sigmoid.
    """
    variants, rows = study.variants(EXPERIMENT), []
    own = study.initial_layers["experiment"] == EXPERIMENT
    layers = dict(list(study.initial_layers[own].groupby("variant")))
    for variant, own in variants.iterrows():
        wide = layers[variant].pivot(index="draw", columns="layer", values="error")
        shrink = np.log(wide.iloc[:, 0] / wide.iloc[:, -1]).mean()
        rows.append({
            "network": own["network"], "activation": own["activation"],
            "slopes": slopes_behind(own["layers"]), "layers": wide.shape[1] - 1,
            "measured": math.exp(shrink),
            "expected": expected_errors(own["layers"], own["activation"])[-1],
        })  # fmt: skip
    return pd.DataFrame(rows)


def initial_row(row: dict) -> dict[str, str]:
    """Return a row of the table of errors before the first step."""
    return {
        "Network": row["network"],
        "Activation": prose.shown(row["activation"]),
        "Layers": prose.number(row["layers"]),
        "Activations": prose.number(row["slopes"]),
        "Expected": prose.magnitude(row["expected"], 2),
        "Measured": prose.magnitude(row["measured"], 2),
        "Ratio": prose.number(prose.ratio(row["measured"], row["expected"]), 2),
    }


def steps_back(initial: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return by what the error is divided from layer to layer, least and most, by activation.

    Over networks with an activation behind every layer but the last.
    """
    if initial.empty:
        return {}
    whole = initial[(initial["layers"] == initial["slopes"]) & (initial["layers"] > 0)]
    whole = whole[whole["measured"].notna()]
    each = (1 / whole["measured"]) ** (1 / whole["layers"])
    return {
        str(a): (own.min(), own.max()) for a, own in each.groupby(whole["activation"], sort=False)
    }


# Inputs that are not scaled -----------------------------------------------------------------------


def scaling(study: Study) -> dict:
    """Return the cells of the bonus question, a network under an input range each.

    "base": the range of the experiment `activations`, where it has the same
    trainings otherwise; it stands first of a network.
    """
    places = by_input_range(study, SCALING, EXPERIMENT)
    bounds = study.plan["input_ranges"]
    own = set(study.variants(SCALING)["input_range"])
    base = next((r for found in places.values() for r in found if r not in own), None)
    cells = pd.DataFrame([
        cell(study, network, name, bounds[name], place) | {"base": name == base}
        for network, found in places.items()
        for name, place in sorted(
            found.items(), key=lambda item: (item[0] != base, np.ptp(bounds[item[0]]), item[0])
        )
    ])  # fmt: skip
    return {
        "base": prose.span(bounds[base]) if base else "",
        "rows": [cell_row(row) for row in cells.to_dict("records")],
        "diverged": [row for row in cells.to_dict("records") if row["all_lost"]],
        "ends": ends(cells),
        "dead": list(cells.loc[cells["dead"] != "", "dead"]) if len(cells) else [],
    }


def cell(study: Study, network: str, name: str, bounds: list, place: tuple[str, str]) -> dict:
    """Return a network under an input range: accuracies (percent) and gradients, early and late.

    ``dead``: its name, if the median gradient of the last epoch is 0, and in which runs if not all.
    """
    medians = study.epoch(*place, "gradient_norm", how="median")
    still, runs = int((medians == 0).sum()), study.runs(place[0])
    label = f"{network} with inputs in {prose.span(bounds)}"
    return {
        "network": network, "range": prose.span(bounds),
        "name": label,
        "dead": "" if not still else label if still == runs else
                f"{label} (in {still} of {runs} runs)",
        "first": outcome_of(study.epoch(*place, "validation_accuracy", 0)),
        "last": outcome_of(study.epoch(*place, "validation_accuracy")),
        "early": median_gradient(study, place, 0),
        "late": median_gradient(study, place, -1),
        "lost": lost_words(study.diverged(*place).dropna(), study.runs(place[0])),
        "all_lost": bool(study.diverged(*place).notna().all()),
    }  # fmt: skip


def lost_words(steps: pd.Series, runs: int) -> str:
    """Return where runs diverged, or nothing: "at step 37 in 2 of 3 runs"."""
    if steps.empty:
        return ""
    at = sorted({int(step) for step in steps})
    where = f"at {prose.plural(len(at), 'step')} {prose.join(map(prose.number, at))}"
    return where if len(steps) == runs else f"{where} in {len(steps)} of {runs} runs"


def cell_row(row: dict) -> dict[str, str]:
    """Return a row of the table of input ranges."""
    return {
        "Network": row["network"],
        "Inputs": row["range"],
        "Validation, first epoch": row["first"].text,
        "Validation, last epoch": row["last"].text,
        "Gradient, first epoch": prose.magnitude(row["early"]),
        "Gradient, last epoch": prose.magnitude(row["late"]),
        "Diverged": row["lost"] or "no",
    }


def ends(cells: pd.DataFrame) -> dict[str, list[str]]:
    """Return the cells that end "lower" and "higher" than the base of their network, in words."""
    found: dict[str, list[str]] = {"lower": [], "higher": []}
    for row in cells.to_dict("records"):
        base = cells[cells["base"] & (cells["network"] == row["network"])]
        if row["base"] or base.empty:
            continue
        gain = row["last"].mean - base["last"].iloc[0].mean
        if gain and prose.exists(gain):
            words = f"{row['name']} (by {prose.points(gain, 1)})"
            found["higher" if gain > 0 else "lower"].append(words)
    return found


def tick_rows(claims: list[dict]) -> list[dict[str, str]]:
    """Return, of the judged claim on unscaled inputs, each comparison: a row a network and range.

    A network that died or diverged has nothing to compare.
    """
    rows: dict[str, dict[str, str]] = {}
    for part in (part for claim in claims if claim["id"] == "3d" for part in claim["parts"]):
        for one in part["comparisons"]:
            slower = one["measure"].startswith("steps")
            row = rows.setdefault(one["a"], {"Network and inputs": one["a"]})
            row["Slower" if slower else "Larger gradient"] = tick(one)
    return [row for row in rows.values() if len(row) == 3]


def tick(comparison: dict) -> str:
    """Return what a comparison says: "yes (1.31 times)"."""
    if comparison["effect"] is None:
        return "nothing to compare"
    against = comparison["p_against"] is not None and comparison["p_against"] < ALPHA
    answer = "yes" if comparison["holds"] else "no" if against else "undecided"
    return f"{answer} ({prose.magnitude(comparison['effect'])} times)"
