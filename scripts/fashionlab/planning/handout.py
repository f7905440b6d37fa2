"""The course's exchange format: which file holds which curve of which variant."""

from fashionlab.planning.planned import trainings_of

Curves = dict[str, tuple[str, str, str]]  # key: (experiment, variant, column of the records)
RATES = {"1": "lr0.1", "01": "lr0.01", "001": "lr0.001"}


def handout_files(plan: dict) -> dict[str, Curves]:
    """Return the curves of each file that this study's experiments can fill."""
    files: dict[str, Curves] = {}
    for network in _variants(plan, "generalisation") & plan["networks"].keys():
        files[f"part2_{network}"] = {
            "loss_curve": ("generalisation", network, "loss"),
            "train_acc_curve": ("generalisation", network, "train_accuracy"),
            "val_acc_curve": ("generalisation", network, "validation_accuracy"),
        }
    for network in plan["networks"]:
        pair = {activation: f"{network}-{activation}" for activation in ("relu", "sigmoid")}
        if set(pair.values()) <= _variants(plan, "activations"):
            files[f"part3_{network}"] = {
                f"{activation}_{short}_curve": ("activations", variant, column)
                for activation, variant in pair.items()
                for short, column in (("loss", "loss"), ("grad", "gradient_norm"))
            }
    if set(RATES.values()) <= _variants(plan, "learning_rates"):
        network = trainings_of(plan, "learning_rates")[0]["network"]
        files[f"part4_{network}"] = {
            f"{short}_curve_{digits}": ("learning_rates", variant, column)
            for digits, variant in RATES.items()
            for short, column in (("loss", "loss"), ("val_acc", "validation_accuracy"))
        }
    return dict(sorted(files.items()))


def _variants(plan: dict, experiment: str) -> set[str]:
    return {training["variant"] for training in trainings_of(plan, experiment)}
