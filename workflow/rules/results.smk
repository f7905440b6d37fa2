# From results to tables, verdicts and the course's exchange format.
#   in:  results/runs/**
#   out: results/plan.json, results/tables/*.{csv,parquet}, results/summary.json,
#        results/claims.json, results/handout/part*.json

RUNS = [training["result"] for training in PLAN["trainings"]]
WEIGHTS = [training["weights"] for training in PLAN["trainings"]]


rule write_plan:
    """Write the plan down for the programs that come after the trainings."""
    output:
        f"{R}/plan.json",
    params:
        plan=canonical_json(PLAN),
    log:
        f"{R}/logs/write_plan.log",
    localrule: True
    run:
        write_json(output[0], json.loads(params.plan))


rule collect_results:
    """Verify all results and put them into tidy tables."""
    input:
        RUNS,
        WEIGHTS,
        raw=ancient(RAW_FILES),
        plan=ancient(f"{R}/plan.json"),
    output:
        TABLES,
        multiext(f"{R}/tables/", "trainings.csv", "records.csv", "costs.csv", "costs.parquet"),
        summary=f"{R}/summary.json",
    params:
        source=fingerprint("scripts/collect_results.py", "trainings", "networks"),
        folder=RAW,
        tables=f"{R}/tables",
    log:
        f"{R}/logs/collect_results.log",
    localrule: True
    shell:
        "python scripts/collect_results.py --plan {input.plan:q} --dataset-folder {params.folder:q}"
        " --tables {params.tables:q} --summary {output.summary:q} 2>&1 | tee {log:q}"


rule judge_claims:
    """Judge each claim of the original report by this study's results."""
    input:
        TABLES,
        WEIGHTS,
        plan=ancient(f"{R}/plan.json"),
    output:
        f"{R}/claims.json",
    params:
        source=fingerprint(
            "scripts/judge_claims.py", "trainings", "networks", "schedules", "claims", "split"
        ),
        tables=f"{R}/tables",
    log:
        f"{R}/logs/judge_claims.log",
    localrule: True
    shell:
        "python scripts/judge_claims.py --plan {input.plan:q} --tables {params.tables:q}"
        " --output {output:q} > {log:q} 2>&1"


rule export_handout:
    """Write the files that the course's plotting helpers read."""
    input:
        TABLES,
        WEIGHTS,
        plan=ancient(f"{R}/plan.json"),
    output:
        [f"{R}/handout/{name}.json" for name in handout_files(PLAN)],
    params:
        source=fingerprint("scripts/export_handout.py", "trainings", "networks"),
        tables=f"{R}/tables",
        folder=f"{R}/handout",
    log:
        f"{R}/logs/export_handout.log",
    localrule: True
    shell:
        "python scripts/export_handout.py --plan {input.plan:q} --tables {params.tables:q}"
        " --output-dir {params.folder:q} > {log:q} 2>&1"
