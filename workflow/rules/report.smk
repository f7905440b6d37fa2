# The report.
#   in:  results/{tables,figures,claims.json,summary.json,split.json}, report/
#   out: results/report/report.{html,pdf}


rule render_report:
    """Render the report, HTML and PDF from the same text."""
    input:
        tables=TABLES,
        figures=[f"{R}/figures/{figure}.svg" for figure in FIGURES],
        weights=WEIGHTS,
        summary=f"{R}/summary.json",
        claims=f"{R}/claims.json",
        split=f"{R}/split.json",
        initial=INITIAL,
    output:
        html=report(
            f"{R}/report/report.html", category="The study", labels={"result": "report, HTML"}
        ),
        pdf=report(f"{R}/report/report.pdf", category="The study", labels={"result": "report, PDF"}),
    log:
        f"{R}/logs/render_report.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        plan=untracked(PLAN_FILE),
        source=fingerprint(["scripts/render_report.py", *modules_of(PLAN, "facts.py")], *PLAN),
        text=files_hash(
            "report",
            ("*.j2", "*.md", "*.bib", "*.css", "*.js", "*.json", "*.csv", "*.ttf", "*.woff2"),
        ),
        original=ORIGINAL,
        results=untracked(R),
        folder=untracked(f"{R}/report"),
    shell:
        "python scripts/render_report.py --plan {params.plan:q} --results {params.results:q}"
        " --output-dir {params.folder:q} 2>&1 | tee {log:q}"
