# Figures: one program each.
#   in:  results/tables, for some also weights and the split
#   out: results/figures/<figure>.{svg,png,json} (the JSON holds title, caption, alternative text)

# A figure about one network, schedule or experiment is named after its program and that one.
SUBJECTS = {"weights": "network", "schedule": "schedule", "experiment": "experiment"}

# What of the plan a figure may show.
SHOWN = [section for section in PLAN if section not in ("claims", "split")]


def program_of(wildcards):
    """Return the program that draws a figure, and its options."""
    name, _, subject = wildcards.figure.partition("_")
    if name in SUBJECTS and wildcards.figure != "schedule_against_adam":
        return f"scripts/plot_{name}.py", f"--{SUBJECTS[name]} {subject}"
    return f"scripts/plot_{wildcards.figure}.py", ""


def captioned(suffix):
    """Return a figure's file, marked for `snakemake --report`."""
    return report(
        f"{R}/figures/{{figure}}.{suffix}",
        category="Figures",
        caption="../../report/captions/figure.rst",
        labels={"figure": "{figure}"},
    )


rule plot:
    """Draw one figure and say what it shows."""
    input:
        TABLES,
        split=f"{R}/split.json",
        plan=ancient(f"{R}/plan.json"),
    output:
        captioned("svg"),
        f"{R}/figures/{{figure}}.png",
        f"{R}/figures/{{figure}}.json",
    params:
        program=lambda wildcards: program_of(wildcards)[0],
        options=lambda wildcards: program_of(wildcards)[1],
        source=lambda wildcards: fingerprint(program_of(wildcards)[0], *SHOWN),
        style=files_hash("report/style", ("*.mplstyle",)) + files_hash("report/data", ("*.json",)),
        tables=f"{R}/tables",
        folder=f"{R}/figures",
    log:
        f"{R}/logs/plot/{{figure}}.log",
    localrule: True
    shell:
        "python {params.program:q} --plan {input.plan:q} --tables {params.tables:q}"
        " --split {input.split:q} {params.options} --output-dir {params.folder:q} > {log:q} 2>&1"
