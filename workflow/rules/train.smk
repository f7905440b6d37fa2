# Trainings: each variant and run is a target of its own.
#   in:  raw data, results/split.json, for `until: auto` results/switches/...
#   out: results/runs/<experiment>/<variant>/run<k>.json (records and end results), .safetensors
#        (final weights), .environment.json (versions, device, duration; no rule's input);
#        results/initial_gradients.json


rule train:
    """Train one network; goes on from its last epoch if it was interrupted."""
    input:
        raw=ancient(RAW_FILES),
        split=lambda wildcards: training_of(wildcards)["split"],
        switches=switches_of,
    output:
        result=f"{R}/runs/{{experiment}}/{{variant}}/run{{run}}.json",
        weights=f"{R}/runs/{{experiment}}/{{variant}}/run{{run}}.safetensors",
        environment=f"{R}/runs/{{experiment}}/{{variant}}/run{{run}}.environment.json",
    log:
        f"{R}/logs/train/{{experiment}}/{{variant}}/run{{run}}.log",
    benchmark:
        f"{R}/benchmarks/train/{{experiment}}/{{variant}}/run{{run}}.tsv"
    # The longest first, or the last of them runs alone while the other cores are idle.
    priority: lambda wildcards: training_cost(PLAN, training_of(wildcards))
    group:
        group_of
    conda:
        "../../envs/study.yaml"
    threads: 1
    resources:
        # A text is not summed over the trainings that share a job of a cluster: it has one GPU, which
        # a step of the job has without asking.
        gpu=(str(GPUS) if workflow.is_main_process else 0) if GPUS and ON_CLUSTER else GPUS,
        # PyTorch's libraries are most of it, with CUDA's more.
        mem_mb=lambda wildcards, attempt: (4000 if GPUS else 2000) * attempt,
        runtime=lambda wildcards, attempt: (5 + minutes_of(wildcards)) * attempt,
    params:
        specification=lambda wildcards: canonical_json(training_of(wildcards)["specification"]),
        folder=untracked(RAW),
        switches=lambda wildcards, input: (f"--switches {input.switches}" if input.switches else ""),
        checkpoints=untracked(f"{R}/checkpoints"),
        device=untracked(config["device"]),
    shell:
        "python scripts/train.py --specification {params.specification:q}"
        " --dataset-folder {params.folder:q} --split {input.split:q} {params.switches}"
        " --device {params.device} --checkpoints {params.checkpoints:q}"
        " --name {wildcards.experiment}/{wildcards.variant}/run{wildcards.run}"
        " --progress /dev/fd/3 --result {output.result:q} --weights {output.weights:q}"
        " --environment {output.environment:q} 3>&2 > {log:q} 2>&1"


rule find_switch_epochs:
    """Read the switch epochs of an `auto` schedule off the finished training before it."""
    input:
        lambda wildcards: reference_of(wildcards)["result"],
    output:
        f"{R}/switches/{{experiment}}/{{variant}}/run{{run}}.json",
    log:
        f"{R}/logs/find_switch_epochs/{{experiment}}/{{variant}}/run{{run}}.log",
    localrule: True
    conda:
        "../../envs/study.yaml"
    params:
        source=program_hash("scripts/find_switch_epochs.py"),
        expected=lambda wildcards: reference_of(wildcards)["specification_sha256"],
    shell:
        "python scripts/find_switch_epochs.py --result {input:q}"
        " --specification-sha256 {params.expected} --output {output:q} > {log:q} 2>&1"


FIRST_STEPS = [
    training["specification"]
    for training in PLAN["trainings"]
    if training["experiment"] in measured_first(PLAN) and training["run"] == 1
]
INITIAL = [f"{R}/initial_gradients.json"] if FIRST_STEPS else []


rule measure_initial_gradients:
    """Measure the gradients of all layers before the first step; nothing is trained."""
    input:
        raw=ancient(RAW_FILES),
        split=f"{R}/split.json",
    output:
        f"{R}/initial_gradients.json",
    log:
        f"{R}/logs/measure_initial_gradients.log",
    conda:
        "../../envs/study.yaml"
    # Not on a login node, which may be without PyTorch; it wants no GPU.
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        plan=untracked(PLAN_FILE),
        source=program_hash("scripts/measure_initial_gradients.py"),
        specifications=canonical_json(FIRST_STEPS),
        folder=untracked(RAW),
    shell:
        "python scripts/measure_initial_gradients.py --plan {params.plan:q}"
        " --dataset-folder {params.folder:q} --split {input.split:q} --output {output:q}"
        " > {log:q} 2>&1"
