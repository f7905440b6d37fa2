"""The curves of question 3 in the files that the course's plotting helpers read."""


def exports(plan: dict) -> dict[str, dict[str, tuple[str, str, str]]]:
    """Return {file: {key: (experiment, variant, what of it)}} for each network."""
    trained = plan["experiments"].get("activations", {"variants": []})["variants"]
    files = {}
    for network in plan["networks"]:
        pair = {activation: f"{network}-{activation}" for activation in ("relu", "sigmoid")}
        if set(pair.values()) <= set(trained):
            files[f"part3_{network}"] = {
                f"{activation}_{short}_curve": ("activations", variant, column)
                for activation, variant in pair.items()
                for short, column in (("loss", "loss"), ("grad", "gradient_norm"))
            }
    return files
