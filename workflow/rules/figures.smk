# Figures: each as a module of its chapter draws it.
#   in:  results/tables, for some also weights, the split and the images
#   out: results/figures/<figure>.{svg,png}


rule plot:
    """Draw one figure."""
    input:
        raw=ancient(RAW_FILES),
        weights=WEIGHTS,
        tables=TABLES,
        split=f"{R}/split.json",
        claims=claims_of,
        initial=INITIAL,
    output:
        svg=report(
            f"{R}/figures/{{figure}}.svg",
            category=chapter_title,
            caption="../../report/captions/figure.rst",
            labels={"result": "figure {figure}"},
        ),
        png=f"{R}/figures/{{figure}}.png",
    log:
        f"{R}/logs/plot/{{figure}}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        plan=untracked(PLAN_FILE),
        program=lambda wildcards: FIGURES[wildcards.figure].program,
        source=plot_fingerprint,
        style=files_hash("report/style", ("*.mplstyle",))
        + files_hash("report/fonts", ("*.ttf",))
        + ORIGINAL,
        results=untracked(R),
        folder=untracked(f"{R}/figures"),
    shell:
        "python scripts/plot.py --plan {params.plan:q} --results {params.results:q}"
        " --figure {wildcards.figure} --output-dir {params.folder:q} > {log:q} 2>&1"
