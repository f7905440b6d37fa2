"""The curves of question 4 in the file that the course's plotting helpers read."""

RATES = {"1": "lr0.1", "01": "lr0.01", "001": "lr0.001"}


def exports(plan: dict) -> dict[str, dict[str, tuple[str, str, str]]]:
    """Return {file: {key: (experiment, variant, what of it)}} where the three rates were tried."""
    own = [t for t in plan["trainings"] if t["experiment"] == "learning_rates"]
    if not set(RATES.values()) <= {training["variant"] for training in own}:
        return {}
    return {
        f"part4_{own[0]['network']}": {
            f"{short}_curve_{digits}": ("learning_rates", variant, column)
            for digits, variant in RATES.items()
            for short, column in (("loss", "loss"), ("val_acc", "validation_accuracy"))
        }
    }
