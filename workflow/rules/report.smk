# The report.
#   in:  results/{tables,figures,claims.json,summary.json,split.json}, report/
#   out: results/report/report.{html,pdf}


rule render_report:
    """Render the report, HTML and PDF from the same text."""
    input:
        TABLES,
        [f"{R}/figures/{figure}.{suffix}" for figure in FIGURES for suffix in ("svg", "json")],
        f"{R}/summary.json",
        f"{R}/claims.json",
        f"{R}/split.json",
        plan=ancient(f"{R}/plan.json"),
    output:
        html=report(f"{R}/report/report.html", category="Report"),
        pdf=report(f"{R}/report/report.pdf", category="Report"),
    params:
        source=fingerprint("scripts/render_report.py", *PLAN),
        text=files_hash("report", ("*.j2", "*.md", "*.bib", "*.css", "*.js", "*.json", "*.ttf")),
        results=R,
        folder=f"{R}/report",
    log:
        f"{R}/logs/render_report.log",
    localrule: True
    shell:
        "python scripts/render_report.py --plan {input.plan:q} --results {params.results:q}"
        " --output-dir {params.folder:q} 2>&1 | tee {log:q}"
