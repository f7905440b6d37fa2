# What all rules share: the checked configuration, the plan made of it, and how parameters are
# written. Steps are re-run when the text of a parameter changes, so each parameter is one canonical
# JSON or hash of all that its step is computed from. Machine values (device, threads, interpreter)
# go through functions of `output`, which Snakemake does not track.
import json
import os
import sys

from fashionlab.configuration import gpu_present, load_configuration, prefer_this_python
from fashionlab.files import canonical_json, sha256_text, write_json
from fashionlab.handout import handout_files
from fashionlab.integrity import check_data, check_seal
from fashionlab.plan import build_plan, figure_names, split_specification, training_cost
from fashionlab.records import records_mark
from fashionlab.sources import files_hash, program_hash

prefer_this_python()
try:
    config = load_configuration(workflow.overwrite_configfiles, workflow.config_settings.config)
    SPLIT = split_specification(config, program_hash("scripts/split_data.py"))
    PLAN = build_plan(config, program_hash("scripts/train.py"), SPLIT)
    if workflow.is_main_process:  # and not one of its jobs, which cannot have changed anything
        check_data(config["dataset"]["folder"], SPLIT)
        check_seal(f"{config['results']}/split.json")
except ValueError as error:
    sys.exit(str(error))  # WorkflowError would add where in the rules it was raised

R = config["results"]
RAW = config["dataset"]["folder"]
RAW_FILES = multiext(
    f"{RAW}/",
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
TABLES = [f"{R}/tables/{name}.parquet" for name in ("trainings", "records", "predictions")]
TRAININGS = {training["id"]: training for training in PLAN["trainings"]}
FIGURES = figure_names(PLAN)
RECORDS_MARK = records_mark(R, renew=workflow.is_main_process)


def fingerprint(program, *sections):
    """Return a hash of a program's code and of sections of the plan: what a step depends on."""
    parts = {section: PLAN[section] for section in sections}
    return sha256_text(program_hash(program) + canonical_json(parts))


def plan_file(wildcards, output):
    """Return where the plan is written. It is no input: Snakemake asks no further questions about
    a job behind an `ancient` input that will be renewed, so a changed parameter would go unseen."""
    return f"{R}/plan.json"


def training_of(wildcards):
    """Return the planned training of a target."""
    return TRAININGS[f"{wildcards.experiment}/{wildcards.variant}/run{wildcards.run}"]


def switches_of(wildcards):
    """Return the file with the switch epochs of a training that has `auto` ones."""
    if not training_of(wildcards)["switches_from"]:
        return []
    return f"{R}/switches/{wildcards.experiment}/{wildcards.variant}/run{wildcards.run}.json"


def reference_of(wildcards):
    """Return the finished training that decides the switch epochs of another."""
    return TRAININGS[training_of(wildcards)["switches_from"]]


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


# For the programs that come after the trainings; what they depend on of it is in their parameters.
onstart:
    write_json(plan_file(None, None), PLAN | {"records": Path(RECORDS_MARK).read_text()})


wildcard_constraints:
    experiment=r"[a-z][a-z0-9_]*",
    variant=r"[a-z][a-zA-Z0-9_.-]*",
    run=r"\d+",
    figure=r"[a-z][a-z0-9_]*",
