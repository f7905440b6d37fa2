"""What the Slurm plugin hears of jobs that are gone. (With a real Slurm: tests/cluster.)"""

import asyncio
from types import SimpleNamespace

from fashionlab.slurm import mend_plugin


def test_jobs_that_slurm_cancelled_or_forgot_are_over():
    answers = [
        {"1": "RUNNING", "2": "RUNNING"},
        {"1": "CANCELLED by 0", "2": "PREEMPTED"},
        None,
        {},
    ]

    async def query_job_status(command, logger):
        return answers.pop(0), 0.1

    executor = type("Executor", (), {"print_job_error": None})
    plugin = SimpleNamespace(query_job_status=query_job_status, Executor=executor)
    mend_plugin(plugin)
    heard = [asyncio.run(plugin.query_job_status("squeue", None))[0] for _ in range(4)]
    assert heard[0] == {"1": "RUNNING", "2": "RUNNING"}
    assert heard[1] == {"1": "CANCELLED", "2": "CANCELLED"}
    assert heard[2] is None, "a question without an answer says nothing about the jobs"
    assert heard[3] == {"1": "UNKNOWN", "2": "UNKNOWN"}
