"""What the Slurm plugin hears of jobs that are gone. (With a real Slurm: tests/cluster.)"""

import asyncio
import subprocess
from types import SimpleNamespace

import pytest

from fashionlab.running.slurm import mend_plugin


@pytest.fixture
def said():
    """What is said to the user."""
    return []


@pytest.fixture
def ask(said):
    """What the mended plugin hears of jobs 1 and 2, of Slurm's answers one after the other."""

    def hear(*answers, command="squeue --format='%i|%T' --name RUN"):
        left = list(answers)
        jobs = [SimpleNamespace(external_jobid=number) for number in ("1", "2")]
        logger = SimpleNamespace(error=said.append)

        class Executor:
            print_job_error = None

            async def check_active_jobs(self, active_jobs):
                yield (await plugin.query_job_status(command, logger))[0]

        async def query_job_status(command, logger):
            if command.startswith("squeue"):
                assert command == "squeue --format='%i|%T %r' --name RUN"
            return left.pop(0), 0.1

        async def check():
            return [heard async for heard in Executor().check_active_jobs(jobs)]

        plugin = SimpleNamespace(
            Executor=Executor,
            query_job_status=query_job_status,
            query_job_status_squeue="squeue --format='%i|%T' --name {}".format,
        )
        mend_plugin(plugin)
        heard = []
        while left:
            heard += asyncio.run(check())
        return heard

    return hear


def test_jobs_that_slurm_cancelled_or_forgot_are_over(ask):
    heard = ask(
        {"1": "RUNNING None", "2": "RUNNING None"},
        {"1": "CANCELLED by 0", "2": "PREEMPTED None"},
        None,
        {},
    )
    assert heard[0] == {"1": "RUNNING", "2": "RUNNING"}
    assert heard[1] == {"1": "CANCELLED", "2": "CANCELLED"}
    assert heard[2] is None, "a question without an answer says nothing about the jobs"
    assert heard[3] == {"1": "UNKNOWN", "2": "UNKNOWN"}


def test_a_job_that_slurm_forgot_before_it_was_first_asked_is_over(ask):
    assert ask(None, {}) == [None, {"1": "UNKNOWN", "2": "UNKNOWN"}]


def test_a_job_that_the_accounting_does_not_know_yet_is_waited_for(ask):
    assert ask({"1": "RUNNING"}, command="sacct --name RUN") == [{"1": "RUNNING"}]


def test_without_accounting_squeue_is_asked(ask):
    heard = ask(None, {"1": "RUNNING None", "2": "CANCELLED None"}, command="sacct --name RUN")
    assert heard == [{"1": "RUNNING", "2": "CANCELLED"}]
    assert ask(None, None, command="sacct --name RUN") == [None]


@pytest.mark.parametrize(
    "held",
    [
        "PENDING launch failed requeued held",
        "PENDING launch_failed_requeued_held",
        "PENDING PartitionTimeLimit",
        "PENDING PartitionNodeLimit",
        "PENDING QOSMaxWallDurationPerJobLimit",
        "PENDING AssocMaxWallDurationPerJobLimit",
        "PENDING QOSMaxGRESPerJob",
        "PENDING QOSMaxMemoryPerNode",
        "PENDING QOSMinGRES",
        "PENDING MaxMemPerLimit",
        "PENDING BadConstraints",
        "PENDING InvalidQOS",
        "PENDING InvalidAccount",
        "PENDING QOSNotAllowed",
        "PENDING AccountNotAllowed",
        "PENDING JobHoldMaxRequeue",
        "NODE_FAIL None",
    ],
)
def test_a_job_that_slurm_will_never_start_is_cancelled_once(ask, said, held, monkeypatch):
    cancelled = []
    monkeypatch.setattr(subprocess, "run", cancelled.append)
    heard = ask({"1": held, "2": "PENDING Priority"}, {"1": "CANCELLED None"})
    assert heard[0] == {"1": "CANCELLED", "2": "PENDING"}
    assert heard[1]["1"] == "CANCELLED"
    assert cancelled == [["scancel", "1"]]
    assert said == [f"Slurm job 1 is given up, since Slurm says of it: {held}"]


@pytest.mark.parametrize(
    "reason",
    [
        "JobHeldUser",
        "Resources",
        "ReqNodeNotAvail, UnavailableNodes:node3",
        "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions",
        "QOSMaxJobsPerUserLimit",
        "QOSMaxNodePerUserLimit",
        "QOSMaxGRESPerUser",
        "AssocMaxJobsLimit",
        "AssocGrpGRES",
        "MaxGRESPerAccount",
    ],
)
def test_a_job_whose_turn_may_still_come_is_waited_for(ask, said, reason):
    heard = ask({"1": f"PENDING {reason}", "2": "RUNNING None"})
    assert heard == [{"1": "PENDING", "2": "RUNNING"}]
    assert said == []
