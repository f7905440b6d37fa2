# Raw data and split.
#   in:  the sources in config.yaml
#   out: data/.../raw/*-ubyte (four IDX files, verified), results/split.json, and where a grid
#        varies the split's seed, results/splits/seed<k>.json


rule download_data:
    """Get the four IDX files from the first source that has the right ones."""
    output:
        # Snakemake deletes what a failed job was to make, but for files that it was to update: those
        # that are there are somebody's own, or of another checkout that shares the folder.
        raw=update(RAW_FILES),
    log:
        f"{R}/logs/download_data.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        # A new source or time limit is no reason to download again: not tracked.
        dataset=untracked(canonical_json(config["dataset"])),
        folder=untracked(RAW),
    shell:
        "python scripts/download_data.py --dataset {params.dataset:q}"
        " --output-dir {params.folder:q} 2>&1 | tee {log:q}"


rule split_data:
    """Draw the stratified validation images from the training images."""
    input:
        raw=ancient(RAW_FILES),
    output:
        f"{R}/split.json",
    log:
        f"{R}/logs/split_data.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        specification=canonical_json(PLAN["split_specification"]),
        folder=untracked(RAW),
    shell:
        "python scripts/split_data.py --dataset-folder {params.folder:q}"
        " --specification {params.specification:q} --output {output:q} > {log:q} 2>&1"


use rule split_data as split_data_anew with:
    output:
        f"{R}/splits/seed{{seed}}.json",
    log:
        f"{R}/logs/split_data/seed{{seed}}.log",
    params:
        specification=lambda wildcards: canonical_json(
            PLAN["split_specification"] | {"seed": int(wildcards.seed)}
        ),
        folder=untracked(RAW),
