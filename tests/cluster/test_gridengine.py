"""The profile for other schedulers, on a real Grid Engine."""

import os
import re
import signal

import pytest
from clusters import (
    ask,
    finished,
    interrupt_while_it_is_busy_with,
    needs,
    results,
    running_training,
    scheduler,
    snakemake_on,
    wait_for,
)

from conftest import TINY, copy_project

pytestmark = [
    pytest.mark.slow,
    needs("sge_qmaster", "sge_execd", "qsub", "unshare", "setpriv", "ip"),
]
PROFILE = ["--workflow-profile", "profiles/cluster-generic", "--seconds-between-status-checks", "1"]
ON_CPU = ["--config", "device=cpu"]
LONG = [*ON_CPU, "experiments={generalisation: {epochs: 100}}"]  # not over before it is cancelled
ONE = "results/tiny/runs/generalisation/cnn5/run1.json"


@pytest.fixture
def gridengine():
    with scheduler("gridengine.sh", "--net") as box:
        yield box


@pytest.fixture
def project(tmp_path):
    return copy_project(tmp_path / "project")


def accounts(gridengine):
    """Return what Grid Engine knows of each job that has ended."""
    text = ask(gridengine, "qacct", "-j", "*")
    return [dict(re.findall(r"^(\S+) +(.*?) *$", job, re.M)) for job in text.split("=" * 62)[1:]]


def was_cancelled(gridengine):
    """Wait for the end of the only job; return whether it was killed."""
    wait_for(lambda: ask(gridengine, "qstat") == "", "the end of the job")
    accounting = gridengine / "root/default/common/accounting"
    wait_for(lambda: accounting.exists() and "all.q:" in accounting.read_text(), "its account")
    (job,) = accounts(gridengine)
    return job["exit_status"].startswith("137")


def test_a_killed_training_recovers_and_has_the_same_bytes(gridengine, project, tiny_study):
    gpus = ["--set-resources", "train:gpu=1"]
    target = "results/tiny/runs/generalisation"
    names = [f"{target}/{network}/run1.json" for network in ("cnn5", "mlp2")]
    with snakemake_on(gridengine, project, *names, *PROFILE, *TINY, *ON_CPU, *gpus) as process:
        training = wait_for(
            lambda: running_training(project, "generalisation/cnn5/run1$"), "a training"
        )
        ask(gridengine, "qdel", training.environ()["JOB_ID"])
        finished(process, project)
    here = results(tiny_study)
    assert results(project) == {k: v for k, v in here.items() if k.startswith("generalisation/")}
    first, second = accounts(gridengine)
    assert first["exit_status"].startswith("137"), "qdel kills"
    assert second["exit_status"] == "0"
    for job in (first, second):
        assert "gpu=1" in job["category"]


def test_a_refused_request_ends_with_the_schedulers_own_message(gridengine, project):
    site = ["--default-resources", "site='-q nowhere.q'"]
    with snakemake_on(gridengine, project, ONE, *PROFILE, *TINY, *ON_CPU, *site) as process:
        assert process.wait(timeout=120) == 1
    assert 'unknown queue "nowhere.q"' in (project / "output.txt").read_text()


def test_a_failed_training_is_reported_with_its_own_log(gridengine, project):
    with snakemake_on(gridengine, project, ONE, *PROFILE, *TINY, "--retries", "0") as process:
        assert process.wait(timeout=300) == 1
    output = (project / "output.txt").read_text()
    assert "PyTorch cannot use a GPU here" in output
    assert "results/tiny/logs/train/generalisation/cnn5/run1.log" in output


def test_ctrl_c_cancels_what_was_submitted(gridengine, project):
    with snakemake_on(gridengine, project, ONE, *PROFILE, *TINY, *LONG) as process:
        wait_for(lambda: " r " in ask(gridengine, "qstat"), "a running job")
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) != 0
    assert was_cancelled(gridengine)


@pytest.mark.parametrize("kill", [os.kill, os.killpg])
def test_ctrl_c_cancels_also_what_snakemake_is_just_asking_about(gridengine, project, kill):
    slow = gridengine / "slow-qstat"
    slow.touch()
    with snakemake_on(gridengine, project, ONE, *PROFILE, *TINY, *LONG) as process:
        interrupt_while_it_is_busy_with(gridengine / "bin/qstat", process, project, kill)
        slow.unlink()
        assert process.wait(timeout=120) != 0
    assert was_cancelled(gridengine)
