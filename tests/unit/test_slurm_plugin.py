"""What the Slurm plugin hears of jobs that are gone. (With a real Slurm: tests/cluster.)"""

import asyncio
import subprocess
from types import SimpleNamespace

import pytest

from fashionlab.slurm import mend_plugin


@pytest.fixture
def said():
    """What is said to the user."""
    return []


@pytest.fixture
def ask(said):
    """What the mended plugin hears, of Slurm's answers one after the other."""

    def hear(*answers):
        left = list(answers)

        async def query_job_status(command, logger):
            assert command == "squeue --format='%i|%T %r'"
            return left.pop(0), 0.1

        executor = type("Executor", (), {"print_job_error": None})
        plugin = SimpleNamespace(query_job_status=query_job_status, Executor=executor)
        mend_plugin(plugin)
        command = "squeue --format='%i|%T'"
        logger = SimpleNamespace(error=said.append)
        return [asyncio.run(plugin.query_job_status(command, logger))[0] for _ in answers]

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


@pytest.mark.parametrize(
    "held",
    [
        "PENDING launch failed requeued held",
        "PENDING launch_failed_requeued_held",
        "PENDING PartitionTimeLimit",
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


def test_a_job_that_a_person_holds_is_waited_for(ask):
    assert ask({"1": "PENDING JobHeldUser"}) == [{"1": "PENDING"}]
