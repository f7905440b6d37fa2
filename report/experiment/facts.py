"""What a chapter on an experiment of one's own says, whatever it varies."""

from fashionlab import prose
from fashionlab.study import Study

MOST_ROWS = 60  # variants that a table of the report can hold; the CSV tables have all


def facts(study: Study, experiment: str) -> dict:
    """Return the table of end results, and who is first and last by validation accuracy."""
    table = study.variants(experiment)
    described = study.plan["experiments"][experiment]
    outcomes = {
        part: {str(v): study.outcome(experiment, str(v), f"{part}_accuracy") for v in table.index}
        for part in ("train", "validation", "test")
    }
    ended = [v for v, outcome in outcomes["validation"].items() if outcome.values]
    ranked = sorted(ended, key=lambda v: -outcomes["validation"][v].mean)
    shown = list(outcomes["test"]) if len(table) <= MOST_ROWS else ranked[:MOST_ROWS]
    return {
        "title": described["title"],
        "question": described["question"],
        "varied": [axis.replace("_", " ") for axis in described["grid"]],
        "variants": table,
        "ranked": ranked,
        "outcomes": outcomes,
        "diverged": len(table) - len(ended),
        "rows": [
            {
                "Variant": table["label"][v],
                "Training": outcomes["train"][v].text,
                "Validation": outcomes["validation"][v].text,
                "Test": outcomes["test"][v].text,
                "95 % interval": prose.interval(outcomes["test"][v].interval),
            }
            for v in shown
        ],
        "shown": len(shown),
    }
