"""The shipped profile on a real Slurm: the same bytes, whatever happens to the jobs."""

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys

import psutil
import pytest
from clusters import (
    ask,
    environment,
    finished,
    interrupt_while_it_is_busy_with,
    needs,
    results,
    running_training,
    scheduler,
    snakemake_on,
    wait_for,
)

from conftest import TINY, copy_project, snakemake

pytestmark = [
    pytest.mark.slow,
    needs("slurmctld", "slurmd", "munged", "sbatch", "unshare", "setpriv"),
]
PROFILE = ["--workflow-profile", "profiles/slurm"]
ON_CPU = ["--config", "device=cpu"]
LONG = [*ON_CPU, "experiments={generalisation: {epochs: 2000}}"]  # not over before it is cancelled
TABLES = "results/tiny/tables/trainings.parquet"
ONE = "results/tiny/runs/generalisation/mlp2/run1.json"
FATES = ["--configfile", "tests/cluster/fates.yaml"]
HIT = ("cancelled", "out_of_time", "node_lost", "preempted_and_cancelled", "preempted_and_requeued")
# What brings the fates about: the partition, the node, and too little memory at first.
FATEFUL = [
    "--group-components", "short=1", "--set-resources",
    "train:slurm_partition={'preempted_and_cancelled': 'cancelled', 'preempted_and_requeued': "
    "'requeued'}.get(wildcards.experiment, 'cpu')",
    "train:slurm_extra='--nodelist=node' + {'p': '2', 'n': '3'}.get(wildcards.experiment[0], '1')",
    "train:mem_mb=700 if (wildcards.experiment, attempt) == ('out_of_memory', 1) else 2000",
]  # fmt: skip


@pytest.fixture
def slurm():
    with scheduler("slurm.sh") as box:
        yield box


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path / "project")


def states(slurm):
    """Return the state of each job that Slurm has had, by its number."""
    lines = ask(slurm, "squeue", "--states=all", "--noheader", "--format=%i|%T").split()
    return dict(line.split("|") for line in lines)


def limits(slurm):
    """Return the minutes that each job may take, in the order of their submission."""
    jobs = ask(slurm, "scontrol", "show", "job")
    return [60 * int(h) + int(m) for h, m in re.findall(r"TimeLimit=(\d+):(\d+):", jobs)]


def freeze(project, fates):
    """Stop each training after its first epoch, to be sure that it is hit in its middle.

    Returns their numbers in Slurm.
    """
    hit = {}

    def all_are_frozen():
        for fate in set(fates) - set(hit):
            logs = list(project.glob(f"results/fates/logs/train/{fate}/*/run1.log"))
            if logs and ": 1 of " in logs[0].read_text():
                training = running_training(project, f"{fate}/.*/run1$")
                training.send_signal(signal.SIGSTOP)
                hit[fate] = training.environ()["SLURM_JOB_ID"]
        return len(hit) == len(fates)

    wait_for(all_are_frozen, "all trainings to be in their middle", seconds=600)
    return hit


def cut_power(node, job):
    """Kill what runs on a node: its Slurm, and all that belongs to a job there."""
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        if re.fullmatch(f"slurmd .*-N {node}", words) or words.startswith(f"slurmstepd: [{job}."):
            for each in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()


def test_the_tiny_study_has_the_same_bytes_on_slurm_as_here(slurm, project, tiny_study):
    gpus = ["--set-resources", "train:gpu=1"]
    with snakemake_on(slurm, project, TABLES, *PROFILE, *TINY, *ON_CPU, *gpus) as process:
        finished(process, project)
    assert results(project) == results(tiny_study)
    assert len(results(project)) == 22
    assert not list((slurm / "home").rglob("*")), "nothing is written outside of the project"
    jobs = ask(slurm, "scontrol", "show", "job", "--details").strip().split("\n\n")
    assert len(jobs) == 2, "eleven short trainings share two jobs"
    for job in jobs:
        assert "Partition=gpu" in job
        assert "NumCPUs=1 " in job
        assert "TresPerJob=gres:gpu:1" in job
        assert "JOB_GRES=gpu:fake:1" in job
        # A training at a time: the memory of one, as docs/clusters.md has it, ...
        assert "MinMemoryNode=2000M" in job
    # ... and the minutes of all, 5 each.
    assert sorted(limits(slurm)) == [3 * 5, 8 * 5]

    preset = project / TINY[1]
    more = preset.read_text().replace("  generalisation:\n", "  generalisation:\n    runs: 2\n")
    preset.write_text(more)
    planned = snakemake(project, TABLES, "-n", *PROFILE, *TINY, *ON_CPU)
    trainings = re.findall(r"experiment=\w+, variant=(\w+), run=(\d)", planned)
    assert sorted(set(trainings)) == [("cnn5", "2"), ("mlp2", "2")]


def test_trainings_recover_from_every_fate_with_the_same_bytes(slurm, project, tmp_path):
    tables = "results/fates/tables/trainings.parquet"
    arguments = [tables, *PROFILE, *FATES, *ON_CPU, *FATEFUL]
    with snakemake_on(slurm, project, *arguments) as process:
        hit = freeze(project, HIT)
        ask(slurm, "scancel", hit["cancelled"])
        ask(slurm, "scontrol", "update", f"JobId={hit['out_of_time']}", "TimeLimit=1")
        ask(slurm, "sbatch", "--partition=urgent", "--nodelist=node2", "--exclusive",
            "--output=/dev/null", "--wrap=true")  # fmt: skip
        cut_power("node3", hit["node_lost"])
        ask(slurm, "scontrol", "update", "NodeName=node3", "State=DOWN", "Reason=test")
        for fate, node in (("node_lost", "node1"), ("preempted_and_requeued", "node2")):
            job = hit[fate]
            wait_for(lambda job=job: states(slurm)[job] == "PENDING", f"the requeueing of {fate}")
            # At once, where Slurm would wait for two minutes.
            ask(slurm, "scontrol", "update", f"JobId={job}", f"ReqNodeList={node}", "StartTime=now")
        finished(process, project)
    ended = states(slurm)
    assert ended[hit["cancelled"]] == "CANCELLED"
    assert ended[hit["out_of_time"]] == "TIMEOUT"
    assert ended[hit["preempted_and_cancelled"]] == "PREEMPTED"
    assert ended[hit["preempted_and_requeued"]] == "COMPLETED"
    assert ended[hit["node_lost"]] == "COMPLETED"
    logs = "".join(log.read_text() for log in project.glob(".snakemake/slurm_logs/*/*.log"))
    assert "Exceeded job memory limit" in logs
    for fate in HIT:
        log = next(project.glob(f"results/fates/logs/train/{fate}/*/run1.log"))
        assert "goes on after epoch" in log.read_text()
    here = copy_project(tmp_path / "here")
    snakemake(here, tables, *FATES, *ON_CPU)
    assert results(project) == results(here)


def test_a_refused_request_ends_with_slurms_own_message(slurm, project):
    nowhere = ["--default-resources", "slurm_partition=nowhere"]
    with snakemake_on(slurm, project, ONE, *PROFILE, *TINY, *ON_CPU, *nowhere) as process:
        assert process.wait(timeout=120) == 1
    assert "invalid partition specified: nowhere" in (project / "output.txt").read_text()
    assert states(slurm) == {}


def test_more_time_than_a_partition_allows_is_not_waited_for(slurm, project):
    longer = ["--set-resources", "train:runtime=180", "--retries", "0"]
    with snakemake_on(slurm, project, ONE, *PROFILE, *TINY, *ON_CPU, *longer) as process:
        assert process.wait(timeout=120) == 1
    assert "PENDING PartitionTimeLimit" in (project / "output.txt").read_text()
    assert list(states(slurm).values()) == ["CANCELLED"]


def test_trainings_that_had_ended_are_not_repeated_when_their_group_is(slurm, project, tiny_study):
    names = [f"results/tiny/runs/generalisation/{name}/run1.json" for name in ("cnn5", "mlp2")]
    with snakemake_on(slurm, project, *names, *PROFILE, *TINY, *ON_CPU) as process:
        ended = wait_for(lambda: [name for name in names if (project / name).exists()], "an end")
        hit = set()
        for attempt in ("first", "second"):
            training = wait_for(lambda: another_training(project, hit), f"the {attempt} attempt")
            training.send_signal(signal.SIGSTOP)
            hit.add(training.environ()["SLURM_JOB_ID"])
            ask(slurm, "scancel", training.environ()["SLURM_JOB_ID"])
        finished(process, project)
    here = results(tiny_study)
    assert results(project) == {k: v for k, v in here.items() if k.startswith("generalisation/")}
    log = ended[0].replace("/runs/", "/logs/train/").replace(".json", ".log")
    assert "goes on after epoch 2 of 2" in (project / log).read_text()
    first, *more = limits(slurm)
    assert more == [2 * first, 3 * first], "each attempt has more time"


def another_training(project, hit):
    """Return a running training of a job that was not hit yet, or None."""
    training = running_training(project, "generalisation/.*/run1$")
    with contextlib.suppress(psutil.NoSuchProcess):
        if training and training.environ()["SLURM_JOB_ID"] not in hit:
            return training
    return None


def test_files_that_appear_late_are_waited_for(slurm, project, tmp_path):
    with snakemake_on(slurm, project, ONE, *PROFILE, *TINY, *ON_CPU) as process:
        training = wait_for(lambda: running_training(project, "generalisation/mlp2/run1$"), "it")
        wait_for((project / ONE).exists, "the result")
        training.send_signal(signal.SIGSTOP)
        (project / ONE).rename(tmp_path / "late")
        training.send_signal(signal.SIGCONT)

        def is_waited_for():
            logs = project.glob(".snakemake/slurm_logs/*/*.log")
            return any(
                "Waiting at most 60 seconds for missing files" in x.read_text() for x in logs
            )

        wait_for(is_waited_for, "Snakemake to miss the result")
        (tmp_path / "late").rename(project / ONE)
        finished(process, project)


def test_a_node_that_cannot_start_jobs_is_left_for_another(slurm, project):
    (slurm / "broken-node1").touch()
    with snakemake_on(slurm, project, ONE, *PROFILE, *TINY, *ON_CPU) as process:
        finished(process, project)
    assert sorted(states(slurm).values()) == ["CANCELLED", "COMPLETED"]
    log = (slurm / "log/slurmctld").read_text()
    assert "node1 state set to DRAIN" in log


def test_a_failed_training_is_reported_with_its_own_log_and_slurms(slurm, project):
    with snakemake_on(slurm, project, ONE, *PROFILE, *TINY, "--retries", "0") as process:
        assert process.wait(timeout=300) == 1
    output = (project / "output.txt").read_text()
    assert "PyTorch cannot use a GPU here" in output
    (log,) = re.findall(r"\(log: (\S+\.log)\)", output)
    assert output.count(log) > 1
    assert set(states(slurm).values()) == {"FAILED"}


def test_ctrl_c_cancels_what_was_submitted(slurm, project):
    with snakemake_on(slurm, project, ONE, *PROFILE, *TINY, *LONG) as process:
        wait_for(lambda: "RUNNING" in states(slurm).values(), "a running job")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) != 0
    wait_for(lambda: set(states(slurm).values()) == {"CANCELLED"}, "the end of the job")


@pytest.mark.parametrize(
    ("command", "kill"), [("sbatch", os.kill), ("squeue", os.kill), ("squeue", os.killpg)]
)
def test_ctrl_c_cancels_also_what_snakemake_is_just_busy_with(slurm, project, command, kill):
    slow = slurm / f"slow-{command}"
    slow.touch()
    with snakemake_on(slurm, project, ONE, *PROFILE, *TINY, *LONG) as process:
        interrupt_while_it_is_busy_with(slurm / "bin" / command, process, project, kill)
        slow.unlink()
        assert process.wait(timeout=120) != 0
    wait_for(lambda: set(states(slurm).values()) == {"CANCELLED"}, "the end of the job")


def user_of(slurm):
    """Return the environment of a user who has activated the project's own."""
    own = environment(slurm)
    return own | {"PATH": f"{os.path.dirname(sys.executable)}:{own['PATH']}"}


def test_it_may_itself_be_a_job_that_submits_the_trainings(slurm, project):
    words = shlex.join(["python", "-m", "snakemake", ONE, *PROFILE, *TINY, *ON_CPU])
    submit = [
        "sbatch",
        "--wait",
        "--partition=cpu",
        "--time=0:20:00",
        "--mem=2000",
        "--output=outer",
    ]
    done = subprocess.run([*submit, "--wrap", words], cwd=project, env=user_of(slurm), timeout=900)
    said = (project / "outer").read_text(encoding="utf-8")
    assert done.returncode == 0, said[-5000:]
    assert (project / ONE).is_file()
    assert [*states(slurm).values()] == ["COMPLETED", "COMPLETED"], (
        "the outer job, and its training"
    )
    outer, inner = limits(slurm)
    assert outer == 20
    assert inner < 20, "a training has its own limits, not those of the job that submitted it"


def test_in_an_allocation_the_study_uses_what_was_allocated(slurm, project):
    srun = ["srun", "--partition=cpu", "--cpus-per-task=2", "--mem=6000", "--time=0:20:00"]
    words = [sys.executable, "scripts/run_study.py", ONE, *TINY]
    done = subprocess.run([*srun, *words], cwd=project, env=user_of(slurm), timeout=900,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]
    assert (project / ONE).is_file()
    words = (project / "results/tiny/logs/snakemake.log").read_text(encoding="utf-8")
    assert "Provided cores: 2" in words
