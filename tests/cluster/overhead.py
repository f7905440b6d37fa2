"""What a cluster adds to a training: a real Slurm, the shipped profile, jobs of many and of one.

The time of a job is what Slurm says (whole seconds), that of a training what Snakemake's benchmark
file says; the rest is the start of Snakemake, in the job and again for each of its trainings.
"""

import re
import sys
import tempfile
from datetime import datetime
from pathlib import Path

import pandas as pd
from clusters import ask, finished, scheduler, snakemake_on

TABLE = "results/tiny/tables/trainings.parquet"
STUDY = ["--workflow-profile", "profiles/slurm", "--configfile", "workflow/presets/tiny.yaml"]


def main() -> None:
    """Print the seconds that are added to each training, by trainings in a job."""
    from conftest import copy_project

    for size in (8, 1):
        with tempfile.TemporaryDirectory() as scratch, scheduler("slurm.sh") as box:
            project = copy_project(Path(scratch) / "project")
            # One job at a time, or they would share the cores of this machine.
            options = ["--config", "device=cpu", "--group-components", f"short={size}", "--jobs=1"]
            with snakemake_on(box, project, TABLE, *STUDY, *options) as process:
                finished(process, project)
            report(project, ask(box, "scontrol", "show", "job"), size)


def report(project: Path, jobs: str, size: int) -> None:
    """Print a line on the jobs of a finished study."""
    times = re.findall(r"StartTime=(\S+) EndTime=(\S+)", jobs)
    in_jobs = sum(
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
        for start, end in times
    )
    files = list(project.glob("results/tiny/benchmarks/train/*/*/*.tsv"))
    in_trainings = sum(pd.read_csv(file, sep="\t")["s"].sum() for file in files)
    print(
        f"at most {size} in a job: {len(files)} trainings in {len(times)} jobs, {in_jobs:.0f} s, of "
        f"which {in_trainings:.0f} s train: {(in_jobs - in_trainings) / len(files):.1f} s more each",
        flush=True,
    )


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
