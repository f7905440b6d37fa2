"""Does batch norm make a small network better?"""

from fashionlab.claims.comparisons import ties_with_best

EXPERIMENTS = ("norm",)


def facts(study):
    """Return the networks and the best of them."""
    variants = study.variants("norm")
    reached = {v: study.outcome("norm", v, "test_accuracy") for v in variants.index}
    best = max(reached, key=lambda variant: reached[variant].mean)
    return {
        "best": best,
        "ties": ties_with_best(study, "norm"),
        "reached": reached,
        "rows": [
            {
                "Network": v,
                "Parameters": variants["parameters"][v],
                "Test accuracy": reached[v].text,
            }
            for v in variants.index
        ],
        "key_figures": [(reached[best].percent, f"test accuracy of {best}")],
    }
