"""Of a chapter that is still to be moved."""

from fashionlab.study import Study

EXPERIMENTS = ("learning_rates", "schedules")


def facts(study: Study) -> dict:
    """Return nothing yet."""
    return {}
