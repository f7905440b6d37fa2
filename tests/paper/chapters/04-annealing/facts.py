"""Does a falling rate end higher than a constant one?"""

EXPERIMENTS = ("annealing",)


def facts(study):
    """Return the validation accuracies of the last epoch."""
    constant = study.find("annealing", learning_rate=0.1)
    ends = {"constant": constant, "cosine": "cosine"}
    return {
        "ends": {k: study.outcome("annealing", v, "last_epoch").percent for k, v in ends.items()}
    }
