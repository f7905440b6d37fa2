# What all rules share: the checked configuration, the plan made of it, and how parameters are
# written. Steps are re-run when the text of a parameter changes, so each parameter is one canonical
# JSON or hash of all that its step is computed from. Machine values (device, threads, interpreter)
# go through functions of `output`, which Snakemake does not track.
import json
import os
import sys

sys.path.insert(0, f"{workflow.basedir}/scripts")
# `shell:` takes the python of PATH: make it the one that runs Snakemake.
os.environ["PATH"] = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])

from fashionlab.configuration import ConfigurationError, check_configuration, gpu_present
from fashionlab.files import canonical_json, sha256_text, write_json
from fashionlab.handout import handout_files
from fashionlab.plan import build_plan, figure_names, split_specification, training_cost
from fashionlab.sources import files_hash, program_hash

try:
    config = check_configuration(config)
    SPLIT = split_specification(config, program_hash("scripts/split_data.py"))
    PLAN = build_plan(config, program_hash("scripts/train.py"), SPLIT)
except (ConfigurationError, ValueError) as error:
    raise WorkflowError(str(error))

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


def fingerprint(program, *sections):
    """Return a hash of a program's code and of sections of the plan: what a step depends on."""
    parts = {section: PLAN[section] for section in sections}
    return sha256_text(program_hash(program) + canonical_json(parts))


wildcard_constraints:
    experiment=r"[a-z][a-z0-9_]*",
    variant=r"[a-z][a-zA-Z0-9_.-]*",
    run=r"\d+",
    figure=r"[a-z][a-z0-9_]*",
