# From results to tables, verdicts and the course's exchange format.
#   in:  results/runs/**
#   out: results/tables/*.{csv,parquet}, results/summary.json,
#        results/claims.json, results/exports/part*.json

RUNS = [training["result"] for training in PLAN["trainings"]]
WEIGHTS = [training["weights"] for training in PLAN["trainings"]]


rule collect_results:
    """Verify all results and put them into tidy tables; the checkpoints have had their use."""
    input:
        runs=RUNS,
        weights=WEIGHTS,
        raw=ancient(RAW_FILES),
        splits=SPLITS,
        records=RECORDS_MARK,
    output:
        tables=TABLES,
        more=[f"{R}/tables/{name}.csv" for name in ("records", "phases")],
        shown=[captioned_table(f"tables/{name}.csv") for name in ("trainings", "costs")],
        summary=f"{R}/summary.json",
    log:
        f"{R}/logs/collect_results.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        plan=untracked(PLAN_FILE),
        source=fingerprint(["scripts/collect_results.py"], "trainings", "networks"),
        folder=untracked(RAW),
        tables=untracked(f"{R}/tables"),
        checkpoints=untracked(f"{R}/checkpoints"),
    shell:
        "python scripts/collect_results.py --plan {params.plan:q} --dataset-folder {params.folder:q}"
        " --tables {params.tables:q} --summary {output.summary:q}"
        " 2>&1 | tee {log:q}"
        " && rm -f {params.checkpoints:q}/*.safetensors"


rule judge_claims:
    """Judge each claim of the chapters by this study's results."""
    input:
        tables=TABLES,
        weights=WEIGHTS,
        split=f"{R}/split.json",
    output:
        captioned_table("claims.json"),
    log:
        f"{R}/logs/judge_claims.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        plan=untracked(PLAN_FILE),
        source=fingerprint(
            ["scripts/judge_claims.py", *modules_of(PLAN, "claims.py")],
            "dataset",
            "trainings",
            "networks",
            "schedules",
            "split_sizes",
        ),
        original=ORIGINAL + files_hash("report/data", ("*.json",)),
        results=untracked(R),
    shell:
        "python scripts/judge_claims.py --plan {params.plan:q} --results {params.results:q}"
        " --output {output:q} > {log:q} 2>&1"


rule export_curves:
    """Write the files of curves that the chapters export."""
    input:
        tables=TABLES,
        weights=WEIGHTS,
    output:
        [f"{R}/exports/{name}.json" for name in EXPORTS],
    log:
        f"{R}/logs/export_curves.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        plan=untracked(PLAN_FILE),
        source=fingerprint(
            ["scripts/export_curves.py", *modules_of(PLAN, "exports.py")], "trainings", "networks"
        ),
        results=untracked(R),
        folder=untracked(f"{R}/exports"),
    shell:
        "python scripts/export_curves.py --plan {params.plan:q} --results {params.results:q}"
        " --output-dir {params.folder:q} > {log:q} 2>&1"
