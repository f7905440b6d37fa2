# Figures: one program each.
#   in:  results/tables, for some also weights and the split
#   out: results/figures/<figure>.{svg,png,json} (the JSON holds title, caption, alternative text)


rule plot:
    """Draw one figure and say what it shows."""
    input:
        raw=ancient(RAW_FILES),
        weights=WEIGHTS,
        tables=TABLES,
        split=f"{R}/split.json",
    output:
        svg=captioned("svg"),
        png=f"{R}/figures/{{figure}}.png",
        meta=f"{R}/figures/{{figure}}.json",
    log:
        f"{R}/logs/plot/{{figure}}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        plan=plan_file,
        program=lambda wildcards: FIGURES[wildcards.figure].program,
        options=lambda wildcards: FIGURES[wildcards.figure].options,
        source=plot_fingerprint,
        style=files_hash("report/style", ("*.mplstyle",))
        + files_hash("report/fonts", ("*.ttf",))
        + files_hash("report/data", ("*.json",)),
        tables=lambda wildcards, input: os.path.dirname(input.tables[0]),
        folder=lambda wildcards, output: os.path.dirname(output[0]),
        caption=caption_of,
    shell:
        "python {params.program:q} --plan {params.plan:q} --tables {params.tables:q}"
        " --split {input.split:q} {params.options} --output-dir {params.folder:q} > {log:q} 2>&1"
