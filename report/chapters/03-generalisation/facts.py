"""Of a chapter that is still to be moved."""

from fashionlab.study import Study

EXPERIMENTS = ("generalisation",)


def facts(study: Study) -> dict:
    """Return nothing yet."""
    return {}
