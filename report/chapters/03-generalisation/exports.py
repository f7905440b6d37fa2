"""The curves of question 2 in the files that the course's plotting helpers read."""


def exports(plan: dict) -> dict[str, dict[str, tuple[str, str, str]]]:
    """Return {file: {key: (experiment, variant, what of it)}} for each network."""
    trained = plan["experiments"].get("generalisation", {"variants": []})["variants"]
    columns = {
        "loss_curve": "loss",
        "train_acc_curve": "train_accuracy",
        "val_acc_curve": "validation_accuracy",
        "test_acc": "best test_accuracy",
        "weights": "best weights",
    }
    return {
        f"part2_{network}": {
            key: ("generalisation", network, column) for key, column in columns.items()
        }
        for network in plan["networks"]
        if network in trained
    }
