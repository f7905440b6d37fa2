"""Mends of Snakemake's Slurm plugin (2.8); the tests with a real Slurm fail without them."""

from typing import Any


def mend_plugin(plugin: Any) -> None:
    """Mend the imported plugin in place."""
    _notice_every_end(plugin)
    _say_why_groups_failed(plugin.Executor)


def _notice_every_end(plugin: Any) -> None:
    """Do not wait for ever for jobs that are gone.

    A job that Slurm cancelled in favour of another (PREEMPTED; one that goes back into the queue is
    PENDING) and one that `sacct` calls CANCELLED by somebody have failed. Of a job that Slurm has
    forgotten, Snakemake asks for the files.
    """
    query = plugin.query_job_status
    known: dict[str, str] = {}

    async def query_job_status(command: str, logger: Any) -> tuple[dict | None, float | None]:
        states, seconds = await query(command, logger)
        if states is not None:
            gone = ("CANCELLED", "PREEMPTED")
            states = {j: "CANCELLED" if s.startswith(gone) else s for j, s in states.items()}
            states = dict.fromkeys(known, "UNKNOWN") | states
            known.update(states)
        return states, seconds

    plugin.query_job_status = query_job_status


def _say_why_groups_failed(executor: Any) -> None:
    """Print the scheduler's message for a group of jobs, too: Snakemake drops it."""
    print_job_error = executor.print_job_error

    def print_error(self: Any, job_info: Any, msg: str | None = None, **details: Any) -> None:
        if msg and job_info.job.is_group():
            self.logger.error(msg)
        print_job_error(self, job_info, msg, **details)

    executor.print_job_error = print_error
