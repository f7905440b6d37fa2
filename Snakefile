# The study, in the order in which it happens: `snakemake report` runs what is missing or outdated.
from snakemake.utils import min_version

min_version("9.27")


# Reads config.yaml, more strictly than `configfile:` would and with the line of a mistake.
include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/results.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"


rule report:
    """The whole study: report, tables, figures, verdicts and exports."""
    default_target: True
    input:
        f"{R}/report/report.html",
        f"{R}/report/report.pdf",
        [f"{R}/exports/{name}.json" for name in EXPORTS],
        # Snakemake does not miss a file in between while what is made of it is there.
        RUNS,
        WEIGHTS,
        SPLITS,
        rules.collect_results.output,
        rules.judge_claims.output,
        expand(f"{R}/figures/{{figure}}.{{suffix}}", figure=FIGURES, suffix=["svg", "png"]),
    localrule: True


include: "workflow/rules/targets.smk"
