"""Question 2: who generalises, how size, depth and structure bear on it, and what weights show."""

import math
from itertools import islice

import numpy as np
import pandas as pd

from fashionlab import prose
from fashionlab.claims.comparisons import compare, one_to_choose, ties_with_best
from fashionlab.measures import confused, recall, reliability, weight_images
from fashionlab.statistics import RUNS_FOR_INTERVAL, morans_i, morans_i_spread, rank_correlation
from fashionlab.study import GAP, LAST_EPOCH, Study

EXPERIMENTS = ("generalisation",)
EXPERIMENT = "generalisation"
ACCURACIES = {
    "Training": "train_accuracy", "Validation": LAST_EPOCH, "Test": "test_accuracy",
}  # fmt: skip
SIZES = {
    "Parameters": "parameters", "Depth, layers with weights": "depth",
    "Depth, linear layers in a row merged": "merged_depth", "Multiply-adds": "multiplications",
}  # fmt: skip
MOST_RANKED = 8  # networks up to which the rank correlation goes through all orders
SPECIALISED = 0.5  # of what weights without preference have: below it a unit is a specialist
OVERSURE = 0.5  # points of mean confidence above the accuracy that are worth a word
MOST_PAIRS = 3  # confusions that are named


def facts(study: Study) -> dict:
    """Return what the chapter says, from a table with a row a variant."""
    table = end_results(study)
    found = {
        "variants": table,
        "runs": study.runs(EXPERIMENT),
        "ended": table[table["test"].notna()],
    }
    if found["ended"].empty:
        return found | {"key_figures": []}
    ended = found["ended"]
    best = ended["test"].idxmax()
    choice = one_to_choose(study, EXPERIMENT)
    shown, sure = weights(study, ended), calibration(study, ended)
    found_classes = classes(study, ended)
    return found | {
        "rows": [row_of(study, name) for name in table.index],
        "settings": shared_settings(table),
        "interval": interval_words(study.runs(EXPERIMENT)),
        "best": ended.loc[best],
        "lost": list(table.loc[table["test"].isna(), "label"]),
        "tiers": tiers(study, "test_accuracy", ended),
        "decided": decided(study, ended),
        "gaps": ended.sort_values("gap"),
        "widening": widening(study, ended),
        "correlation_rows": correlation_rows(ended),
        "opposite": opposite(ended),
        "chained": ended[ended["merged_depth"] < ended["depth"]],
        "families": dict(list(ended.sort_values("test", ascending=False).groupby("family"))),
        "same_head": same_head(study, ended),
        "choice": ended.loc[choice] if choice else None,
        "weights": shown,
        "weight_rows": [weight_row(row) for row in shown.to_dict("records")],
        "orderless": [
            row["label"] for row in shown.to_dict("records")
            if row["family"] == "convolutional" and row["without"] > row["images"] / 2
        ],
        "specialists": [
            row["label"] for row in shown.to_dict("records")
            if row["classes"] < SPECIALISED * row["expected"]
        ],
        "classes": found_classes,
        "hardest_words": prose.join(
            f"{name} for {prose.join(of)}" for name, of in found_classes["hardest"].items()
        ),
        "pairs_words": prose.join(
            f"{a} taken for {b} ({prose.count(round(images), 'image')})"
            for a, b, images in found_classes["pairs"]
        ),
        "calibration": sure,
        "oversure": [
            row["label"] for row in sure if row["confidence"] - row["accuracy"] > OVERSURE
        ],
        "oversure_from": OVERSURE,
        "calibration_rows": [calibration_row(row) for row in sure],
        "bottleneck": bottleneck(ended),
        "key_figures": [
            (prose.percent(ended["test"][best], 1), f"best test accuracy, {ended['label'][best]}")
        ] + [
            (prose.number(ended["parameters"][name]),
             f"parameters of the network to choose, {ended['label'][name]}")
            for name in [choice] if name
        ],
    }  # fmt: skip


def end_results(study: Study) -> pd.DataFrame:
    """Return the variants with their mean accuracies (percent), gap (points) and last loss.

    "train", "test" and "gap" are of the final weights, "validation" is the last epoch's mean.
    """
    table = study.variants(EXPERIMENT)
    for name, measure in {"train": "train_accuracy", "validation": LAST_EPOCH,
                          "test": "test_accuracy", "gap": GAP}.items():  # fmt: skip
        table[name] = [study.values(EXPERIMENT, str(v), measure).mean() for v in table.index]
    table["loss"] = [study.epoch(EXPERIMENT, str(v), "loss").mean() for v in table.index]
    return table


def row_of(study: Study, variant: str) -> dict[str, str]:
    """Return a variant's row of the table of end results."""
    own = study.variants(EXPERIMENT).loc[variant]
    outcomes = {name: study.outcome(EXPERIMENT, variant, m) for name, m in ACCURACIES.items()}
    return {
        "Network": own["label"],
        "Parameters": prose.number(own["parameters"]),
        "Depth": prose.number(own["depth"]),
        "Multiply-adds": prose.number(own["multiplications"]),
        **{name: outcome.text for name, outcome in outcomes.items()},
        "95 % interval": prose.interval(outcomes["Test"].interval),
        "Gap": study.outcome(EXPERIMENT, variant, GAP).text,
    }


def interval_words(runs: int) -> str:
    """Return what the interval of the table is."""
    if runs >= RUNS_FOR_INTERVAL:
        return "Student's, of the mean over runs"
    if runs == 1:
        return "Wilson's, of one training's share of the test images"
    return "given for three or more runs, or a single one"


def shared_settings(table: pd.DataFrame) -> str:
    """Return the settings that all variants share: "ReLU, Adam at a rate of 0.001, 15 epochs"."""
    words = {
        "activation": lambda value: prose.shown(value),
        "optimizer": lambda value: prose.shown(value),
        "learning_rate": lambda value: f"a learning rate of {value}"
        if value[0].isdigit() else f"the schedule {value.replace('_', ' ')}",
        "epochs": lambda value: prose.count(value, "epoch"),
    }  # fmt: skip
    return prose.join(
        say(table[key].iloc[0]) for key, say in words.items() if table[key].nunique() == 1
    )


def tiers(study: Study, measure: str, ended: pd.DataFrame) -> list[dict]:
    """Return groups of variants, the best first: each is shown to be below the first one before.

    "labels", and "span" of their means.
    """
    left = list(ended.sort_values("test", ascending=False).index)
    groups = []
    while left:
        tied = ties_with_best(study, EXPERIMENT, measure, left)
        # Whoever stands between two that are tied with the first is in their group.
        group = left[: 1 + max(left.index(name) for name in tied)]
        left = left[len(group) :]
        groups.append({
            "labels": [ended["label"][v] for v in group],
            "span": span_of(ended["test"][group]),
        })  # fmt: skip
    return groups


def span_of(values: pd.Series, digits: int = 1) -> str:
    """Return "89.6 to 89.9 %", or the one value."""
    ends = dict.fromkeys(prose.number(v, digits) for v in (values.min(), values.max()))
    return f"{' to '.join(ends)}{prose.NBSP}%"


def decided(study: Study, ended: pd.DataFrame) -> bool:
    """Return whether the doubt of test accuracies is known, so that differences can be judged."""
    pairs = zip(ended.index, ended.index[1:], strict=False)
    return all(compare(study, "test_accuracy", at(a), at(b)).known for a, b in pairs)


def at(variant: object) -> dict[str, object]:
    """Return the settings by which `compare` finds a variant."""
    return {"experiment": EXPERIMENT, "variant": variant}


def widening(study: Study, ended: pd.DataFrame) -> dict | None:
    """Return how training minus validation accuracy grew for the variant where it ends widest."""
    ends = {}
    for variant in map(str, ended.index):
        first, last = (
            (study.epoch(EXPERIMENT, variant, "train_accuracy", epoch)
             - study.epoch(EXPERIMENT, variant, "validation_accuracy", epoch)).mean()
            for epoch in (0, -1)
        )  # fmt: skip
        if math.isfinite(first) and math.isfinite(last):
            ends[variant] = (first, last)
    if not ends:
        return None
    widest = max(ends, key=lambda variant: ends[variant][1])
    first, last = ends[widest]
    return {"label": ended["label"][widest], "first": first, "last": last}


def correlation_rows(ended: pd.DataFrame) -> list[dict[str, str]]:
    """Return the rank correlations of sizes with test accuracy and gap; none for few or many."""
    if not 3 <= len(ended) <= MOST_RANKED:
        return []
    rows = []
    for words, column in SIZES.items():
        if column == "merged_depth" and (ended["merged_depth"] == ended["depth"]).all():
            continue
        row = {"Rank correlation of": words}
        for title, outcome in (("test accuracy", "test"), ("gap", "gap")):
            rho, p = rank_correlation(list(ended[column]), list(ended[outcome]))
            row |= {
                f"with the {title}": prose.number(rho, 2),
                f"p ({title})": prose.number(p if prose.exists(rho) else None, 3),
            }
        rows.append(row)
    return rows


def opposite(ended: pd.DataFrame) -> bool:
    """Return whether the larger network is always the shallower one."""
    order = ended.sort_values("parameters")
    return len(order) > 2 and bool((order["depth"].diff().dropna() < 0).all())


def same_head(study: Study, ended: pd.DataFrame) -> int | None:
    """Return how many values each convolutional network's prediction layer reads, if alike."""
    own = ended[ended["family"] == "convolutional"]
    heads = {math.prod(layers[-2]["output_shape"]) for layers in own["layers"]}
    return heads.pop() if len(own) > 1 and len(heads) == 1 else None


def bottleneck(ended: pd.DataFrame) -> dict | None:
    """Return the worst perceptron and the width of its narrowest layer, if the best is wider."""
    own = ended[ended["family"] == "perceptron"].sort_values("test")
    if len(own) < 2:
        return None
    narrow, wide = (min(layer["output_shape"][0] for layer in layers[:-1])
                    for layers in (own["layers"].iloc[0], own["layers"].iloc[-1]))  # fmt: skip
    return (
        {"label": own["label"].iloc[0], "width": narrow, "other": wide} if narrow < wide else None
    )


# Weights ------------------------------------------------------------------------------------------


def weights(study: Study, ended: pd.DataFrame) -> pd.DataFrame:
    """Return what the weights of each variant show, the most picture-like first layer first.

    ``order``: mean of Moran's I over the first layer's images (0: as if shuffled, 1: the most that
    the size allows); ``without``: images without more order than chance has; ``images``: how many
    there are of a run; ``units``, ``classes``, ``expected``: units or maps before the prediction,
    their median effective number of classes, and what weights without preference have.
    """
    rows = {}
    for variant in ended.index:
        stored = [
            layers for entry in study.entries(EXPERIMENT, variant)
            if (layers := study.layer_weights(EXPERIMENT, variant, entry["run"]))
            and all(np.isfinite(weight).all() for weight in layers)
            and layers[0].shape[2:] != (1, 1)
        ]  # fmt: skip
        if stored:
            first = np.concatenate([as_images(study, variant, own[0]) for own in stored])
            order = morans_i(first)
            spread = morans_i_spread(*first.shape[1:])
            rows[variant] = {
                "label": ended["label"][variant], "family": ended["family"][variant],
                "order": float(np.nanmean(order)),
                "without": int((~(order > 1.64 * spread)).sum() / len(stored)),
                "images": len(first) // len(stored), "size": first.shape[1:],
            } | units_of(ended["layers"][variant], stored)  # fmt: skip
    table = pd.DataFrame(rows.values(), index=list(rows))
    return table.sort_values("order", ascending=False) if rows else table


def weight_row(row: dict) -> dict[str, str]:
    """Return a row of the table of what weights show."""
    return {
        "Network": row["label"],
        "Images": f"{row['images']} of {row['size'][0]} \u00d7 {row['size'][1]}",
        "Order": prose.number(row["order"], 2),
        "No order": prose.number(row["without"]),
        "Before the prediction": prose.count(row["units"], "map" if row["maps"] else "unit"),
        "Effective classes": prose.number(row["classes"], 1),
        "Without preference": prose.number(row["expected"], 1),
    }


def as_images(study: Study, variant: str, weight: np.ndarray) -> np.ndarray:
    """Return a first layer's weights as images, float64 [units, height, width]."""
    layers = study.variants(EXPERIMENT)["layers"][variant]
    images = weight_images(weight, layers, study.plan["dataset"]["image_shape"])
    return images.reshape(-1, *images.shape[2:]).astype(np.float64)


def units_of(layers: list[dict], stored: list[list[np.ndarray]]) -> dict:
    """Return the units, or maps, before the prediction, and how many classes they concern."""
    linear = 1
    while linear < len(layers) and layers[-linear - 1]["kind"] == "fc":
        linear += 1
    count = (layers[-linear - 1] if linear < len(layers) else layers[0])["output_shape"][0]
    matrices = [to_logits(own, linear) for own in stored]
    classes, features = matrices[0].shape
    values = np.concatenate([effective_classes(matrix, count) for matrix in matrices])
    return {
        "units": count, "maps": features != count, "classes": float(np.median(values)),
        "expected": expected_effective_classes(classes, features // count),
    }  # fmt: skip


def to_logits(weights: list[np.ndarray], linear: int) -> np.ndarray:
    """Return the product of the last ``linear`` weight matrices: classes x features."""
    last, *before = reversed(weights[-linear:])
    product = last.astype(np.float64)
    for weight in before:
        product = product @ weight
    return product


def effective_classes(weight: np.ndarray, units: int) -> np.ndarray:
    """Return the effective number of classes of each unit, (sum s)^2 / sum s^2 of its strengths.

    ``weight``: classes x features, the features of a unit together; a unit of several features (a
    map) counts by the norm of its weights. Softmax ignores what is added to all logits alike, so
    the mean over classes is taken out first.
    """
    centred = weight - weight.mean(axis=0)
    strength = np.linalg.norm(centred.reshape(weight.shape[0], units, -1), axis=2)
    return strength.sum(axis=0) ** 2 / (strength**2).sum(axis=0)


def expected_effective_classes(classes: int, features: int) -> float:
    """Return the mean of `effective_classes` for Gaussian weights, which prefer no class."""
    draws = np.random.default_rng(0).normal(size=(classes, 2000 * features))
    return float(effective_classes(draws, 2000).mean())


# Classes and probabilities ------------------------------------------------------------------------


def classes(study: Study, ended: pd.DataFrame) -> dict:
    """Return which classes are hard, and what they are taken for."""
    tested = {v: study.predictions(EXPERIMENT, str(v)) for v in ended.index}
    recalls = pd.DataFrame({v: recall(rows) for v, rows in tested.items()})
    hardest: dict[str, list[str]] = {}  # class: labels of the variants that it is hardest for
    for variant, label in recalls.idxmin().items():
        hardest.setdefault(study.classes[int(str(label))], []).append(ended["label"][variant])
    most = confused(tested[ended["test"].idxmax()])
    means, names = recalls.mean(axis=1), study.classes
    return {
        "hardest": hardest,
        "worst": recalls.min(),
        "lowest": (names[means.idxmin()], means.min()),
        "highest": (names[means.idxmax()], means.max()),
        "pairs": [
            (names[a], names[b], images) for (a, b), images in islice(most.items(), MOST_PAIRS)
        ],
    }


def calibration(study: Study, ended: pd.DataFrame) -> list[dict]:
    """Return a row a variant: test loss, mean confidence and accuracy, calibration error.

    None where trainings stored no probabilities. The expected calibration error is the mean over
    images of |confidence - accuracy| of the image's tenth of the confidences (percentage points).
    """
    rows = []
    for variant in map(str, ended.index):
        own = study.predictions(EXPERIMENT, variant)
        tenths = reliability(own)
        if tenths.empty:
            return []
        shares = tenths["images"] / tenths["images"].sum()
        rows.append({
            "label": ended["label"][variant],
            "loss": float(-own["log_likelihood"].mean()),
            "training": ended["loss"][variant],
            "confidence": 100 * float(own["confidence"].mean()),
            "accuracy": 100 * float((own["label"] == own["predicted"]).mean()),
            "error": 100 * float((shares * (tenths["sure"] - tenths["right"]).abs()).sum()),
        })  # fmt: skip
    return rows


def calibration_row(row: dict) -> dict[str, str]:
    """Return a row of the table of probabilities."""
    return {
        "Network": row["label"],
        "Test loss": prose.number(row["loss"], 3),
        "Training loss": prose.number(row["training"], 3),
        "Confidence": prose.number(row["confidence"], 1),
        "Accuracy": prose.number(row["accuracy"], 1),
        "Calibration error": prose.number(row["error"], 1),
    }
