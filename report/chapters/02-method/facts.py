"""The method: data, networks, experiments and runs, as this study has them."""

from fashionlab import prose
from fashionlab.markup import code
from fashionlab.planning.planned import (
    chain_inputs,
    linear_chains,
    merged_parameters,
    split_seeds,
)
from fashionlab.study import Study

# Settings of the table of experiments, with the heads of their columns.
COLUMNS = {
    "network": "Networks", "activation": "Activation", "optimizer": "Optimiser",
    "learning_rate": "Learning rate", "input_range": "Inputs", "batch_size": "Batch",
    "epochs": "Epochs", "record_every": "Steps a record", "validate": "Validated",
    "split_seed": "Split",
}  # fmt: skip


def facts(study: Study) -> dict:
    """Return tables of networks and experiments, and what the sentences of this study need."""
    counts, trainings = study.split["class_counts"], study.plan["trainings"]
    networks = study.networks
    values = {key: dict.fromkeys(setting_text(study, t, key) for t in trainings) for key in COLUMNS}
    vary = [key for key in COLUMNS if len(values[key]) > 1 or key == "network"]
    used = [t["input_range"] for t in trainings]
    ranges = {name: prose.span(study.plan["input_ranges"][name]) for name in used}
    usual = max(ranges, key=used.count)
    records = {(t["record_every"], t["records_per_epoch"]) for t in trainings}
    return {
        "counts": counts,
        "images": study.part_images,
        "balanced": all(len(set(counts[part])) == 1 for part in ("train", "validation")),
        "evenly": all(len(set(numbers)) == 1 for numbers in counts.values()),
        "network_rows": [
            {
                "Network": name,
                "Layers": code(row["line"]),
                "Shapes": row["shapes"],
                "Depth": prose.number(row["depth"]),
                "Parameters": prose.number(row["parameters"]),
                "First-layer weights": prose.number(row["first_layer_weights"]),
            }
            for name, row in networks.iterrows()
        ],
        "first_layer_range": (
            int(networks["first_layer_weights"].min()), int(networks["first_layer_weights"].max())
        ),
        "linear_chains": [
            chain for name in networks.index if (chain := linear_chain(study, str(name)))
        ],
        "experiment_rows": [experiment_row(study, name, vary) for name in study.experiments],
        "shared": [
            f"{title.lower()} {next(iter(values[key]))}"
            for key, title in COLUMNS.items() if key not in (*vary, "split_seed")
        ],
        "schedules": [s for s in study.plan["schedules"].values() if len(s) > 1],
        "scheduled": [s for s in study.plan["schedules"].values() if "scheduler" in s[0]],
        "plain_sgd": any(t["specification"]["optimizer"] == {"class": "SGD"} for t in trainings),
        "kinds": {layer["kind"] for layers in networks["layers"] for layer in layers},
        "range": ranges.pop(usual),
        "other_ranges": ranges,
        "record_every": records.pop() if len(records) == 1 else None,
        "validates": {t["validate"] for t in trainings},
        "left_over": sorted(
            {study.part_images["train"] % t["batch_size"] for t in trainings} - {0}
        ),
        "split_seeds": split_seeds(study.plan),
        "lost": [
            one | {"title": study.plan["experiments"][e]["title"]}
            for e in study.experiments for one in study.lost(e)
        ],
    }  # fmt: skip


def setting_text(study: Study, training: dict, key: str) -> str:
    """Return a setting of a training with all its options: "SGD (momentum 0.9)"."""
    value, specification = training[key], training["specification"]
    if key in ("activation", "optimizer"):
        options = {k: v for k, v in specification[key].items() if k != "class"}
        return f"{prose.shown(value)} ({listed(options)})" if options else prose.shown(value)
    if key == "learning_rate":
        first, *rest = specification[key]
        if "scheduler" in first:
            own = first["scheduler"] | {"beginning with": first["rate"]}
            return f"{value}: {own.pop('class')} ({listed(own)})"
        steps = [prose.setting(first["rate"])]
        for before, stage in zip([first, *rest], rest, strict=False):
            when = "found" if before["until"] == "auto" else f"from epoch {before['until']}"
            steps.append(f"{prose.setting(stage['rate'])} {when}")
        return " → ".join(steps)
    if key == "input_range":
        return prose.span(study.plan["input_ranges"][value])
    if key == "validate":
        return {"records": "every record", "epochs": "every epoch"}[value]
    return str(value)


def listed(options: dict) -> str:
    """Return options of a class with their values: "T max 30, eta min 0.001"."""
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in options.items())


def experiment_row(study: Study, name: str, keys: list[str]) -> dict[str, str]:
    """Return what an experiment varies, in the order of its variants, and its trainings."""
    own = [study.entries(name, str(variant))[0] for variant in study.variants(name).index]
    texts = {COLUMNS[key]: [setting_text(study, entry, key) for entry in own] for key in keys}
    return (
        {"Experiment": study.plan["experiments"][name]["title"]}
        | {title: "; ".join(dict.fromkeys(values)) for title, values in texts.items()}
        | {"Runs": prose.number(study.runs(name))}
        | {"Trainings": prose.number(len(own) * study.runs(name))}
    )


def linear_chain(study: Study, network: str) -> dict | None:
    """Return what a perceptron with linear layers in a row amounts to, or None if it has none.

    Two linear maps in a row are one: "dropped" are the widths of the first ones, "widths" and
    "parameters" describe the perceptron without them.
    """
    row = study.networks.loc[network]
    if row["family"] != "perceptron":
        return None
    chains = linear_chains(row["layers"])
    widths = [chain_inputs(chains[0]), *(chain[-1]["output_shape"][0] for chain in chains)]
    dropped = [layer["output_shape"][0] for chain in chains for layer in chain[:-1]]
    return dropped and {
        "name": network, "dropped": dropped, "widths": "-".join(map(str, widths)),
        "parameters": merged_parameters(row["layers"]),
        "nominal": int(row["parameters"]), "depth": int(row["depth"]),
    }  # fmt: skip
