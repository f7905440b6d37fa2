# What all rules share: the checked configuration, the plan made of it, and how parameters are
# written. Steps are re-run when the text of a parameter changes, so each parameter is one canonical
# JSON or hash of all that its step is computed from. What is no reason to re-run a step (device,
# folders) goes through `untracked`: Snakemake does not track functions of `output` or `input`.
import os
import re
import sys
from pathlib import Path

sys.path.insert(0, f"{workflow.basedir}/scripts")

from fashionlab.chapters import (
    literal,
    measured_first,
    modules_of,
    planned_exports,
    planned_figures,
)
from fashionlab.machine import FolderError, check_paths, count_gpus, prepare_environment
from fashionlab.planning.planned import training_cost
from fashionlab.running.gpus import share_gpus, start_mps, try_gpus
from fashionlab.running.integrity import check_data, check_seal
from fashionlab.running.one_run import MARK, delete_parts, lock_folder, lock_results
from fashionlab.running.records import records_mark
from fashionlab.running.slurm import mend_plugin
from fashionlab.running.study import load_study, restore_splits
from fashionlab.sources import files_hash, program_hash
from fashionlab.storage.files import canonical_json, sha256_text, write_json
from fashionlab.storage.reading import sealed

if not os.path.samefile(os.getcwd(), workflow.basedir):
    sys.exit(f"The study runs in its own folder, without --directory. First: cd {workflow.basedir}")
if re.search("[{}]", workflow.basedir):
    sys.exit(
        f"{workflow.basedir}: Snakemake takes braces in a path for names of its own; move the study "
        "to a folder without them"
    )
prepare_environment()
if plugin := sys.modules.get("snakemake_executor_plugin_slurm"):
    mend_plugin(plugin)
asked = workflow.resource_settings  # `workflow.cores` would raise where none are asked for
if any(limit is not None and limit < 1 for limit in (asked.cores, asked.nodes)):
    sys.exit("--cores and --jobs: at least 1, or else nothing or everything would start at once")
try:
    config, PLAN = load_study(workflow.overwrite_configfiles, workflow.config_settings.config)
    FIGURES = planned_figures(PLAN)
    EXPORTS = planned_exports(PLAN)
    SPLITS = sorted({f"{PLAN['results']}/split.json", *(t["split"] for t in PLAN["trainings"])})
    if workflow.is_main_process:  # and not one of its jobs, which cannot have changed anything
        check_data(config["dataset"]["folder"], PLAN["split_specification"])
        for file in SPLITS:
            check_seal(file)
        restore_splits(PLAN, config["dataset"]["folder"])
except ValueError as error:
    sys.exit(str(error))  # WorkflowError would add where in the rules it was raised

R = config["results"]
RAW = config["dataset"]["folder"]
RAW_FILES = [f"{RAW}/{name}" for name in config["dataset"]["sha256"]]
TABLES = [
    f"{R}/tables/{name}.parquet"
    for name in ("trainings", "records", "predictions", "costs", "phases")
]
# It is no rule's input: Snakemake asks no further questions about a job behind an `ancient` input
# that will be renewed, so a changed parameter would go unseen.
PLAN_FILE = f"{R}/plan.json"
TRAININGS = {training["id"]: training for training in PLAN["trainings"]}
# What the paper knows of the results that it compares with; no program imports it by name.
ORIGINAL = program_hash(*sorted(map(str, Path("report/original").glob("*.py")))) + files_hash(
    "report/original", ("*.json",)
)
ON_CLUSTER = workflow.resource_settings.nodes is not None  # `jobs`; the executor is not known yet
# Whether this machine has a GPU that works is tried once; of a cluster's nodes `device` says it.
if config["device"] == "auto" and workflow.is_main_process and not ON_CLUSTER:
    config["device"] = "cuda" if try_gpus() else "cpu"
# On a machine without a GPU `--resources gpu=1` must not make trainings wait for one another.
GPUS = 1 if config["device"] == "cuda" or (config["device"] == "auto" and count_gpus()) else 0
if GPUS and workflow.is_main_process:
    share_gpus(workflow, config["trainings_per_gpu"], ON_CLUSTER)
RECORDS_MARK = records_mark(R, renew=workflow.is_main_process)


def fingerprint(programs, *sections, **changed):
    """Return a hash of programs' code and of sections of the plan: what a step depends on.

    Where the data lie decides nothing: their checksums are in the split's specification.
    """
    dataset = {key: value for key, value in PLAN["dataset"].items() if key != "folder"}
    plan = PLAN | {"dataset": dataset} | changed
    parts = {section: plan[section] for section in sections}
    return sha256_text(program_hash(*programs) + canonical_json(parts))


def untracked(value):
    """Return a parameter that is passed on and, whatever it is, no reason to re-run a step."""
    return lambda wildcards, output: value


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


def minutes_of(wildcards):
    """Return how many minutes a training takes at most, without its start."""
    training = training_of(wildcards)
    if GPUS:  # Small networks wait for launches: 5 ms a step is plenty.
        return training["epochs"] * training["steps_per_epoch"] // 12_000
    # The slowest rate seen of one core: 4 billion multiplications a second.
    return training_cost(PLAN, training) // 240_000


def group_of(wildcards):
    """Return the group in which trainings of a few minutes share a job of a cluster.

    One that waits for another's switch epochs, which are found in between, goes by itself.
    """
    return "short" if minutes_of(wildcards) < 5 and not switches_of(wildcards) else None


def chapter_title(wildcards):
    """Return the title of a figure's chapter, as the page of `snakemake --report` can take it."""
    title = FIGURES[wildcards.figure].chapter.title(PLAN)
    return " ".join(re.findall(r"[^\W_]+[.,?!]?", title))


def claims_of(wildcards):
    """Return the verdicts for a figure that says it reads them (`READS = ("claims",)`)."""
    reads = literal(FIGURES[wildcards.figure].module, "READS")
    return [f"{R}/claims.json"] if "claims" in reads else []


def captioned_table(name):
    """Return a table's file, marked for `snakemake --report`."""
    return report(
        f"{R}/{name}",
        category="The study",
        caption=f"../../report/captions/{os.path.basename(name).partition('.')[0]}.rst",
        labels={"result": f"table {name}"},
    )


def plot_fingerprint(wildcards):
    """Return the fingerprint of a figure, which shows no experiment's question."""
    experiments = {
        name: content | {"question": ""} for name, content in PLAN["experiments"].items()
    }
    # Whether it is a demonstration decides what is drawn, not the words.
    changed = {"experiments": experiments, "demonstration": bool(PLAN["demonstration"])}
    programs = ["scripts/plot.py", FIGURES[wildcards.figure].program]
    return fingerprint(programs, *PLAN, **changed)


# The plan is for the programs that come after the trainings; what they depend on of it is in their
# parameters. `run_study.py` has done the rest already when it starts Snakemake.
onstart:
    try:
        if workflow.non_local_exec:  # nothing has been submitted yet
            check_paths(os.getcwd(), sys.executable)
        if os.environ.get(MARK) != os.getcwd():
            lock_folder(Path.cwd())
            lock_results(Path(R))
            delete_parts(Path(R), Path(RAW))
    except FolderError as error:
        raise WorkflowError(str(error))
    plan = PLAN | {"records": Path(RECORDS_MARK).read_text("utf-8")}
    write_json(PLAN_FILE, sealed(plan))
    if workflow.local_exec:
        # So many jobs a second: for clusters. Its timers hold a finished Snakemake for a second.
        workflow.scheduler.job_rate_limiter = None
        if GPUS and config["trainings_per_gpu"] > 1:
            start_mps()


# What Snakemake is just submitting or asking about when Ctrl-C comes, it forgets to cancel.
onerror:
    if workflow.non_local_exec and workflow.scheduler._executor.active_jobs:
        workflow.scheduler._executor.cancel_jobs(workflow.scheduler._executor.active_jobs)


wildcard_constraints:
    experiment=r"[a-z][a-z0-9_]*",
    variant=r"[a-z][a-zA-Z0-9_.-]*",
    run=r"\d+",
    seed=r"\d+",
    figure="|".join([*FIGURES, "_"]),
