"""Mends of Snakemake's Slurm plugin (2.8); the tests with a real Slurm fail without them."""

import re
import subprocess
from typing import Any

# What squeue says of a job that Slurm has given up, or will never start as it was asked for. What
# passes is waited for: busy nodes, limits on all jobs of a user, a person's hold.
HOPELESS = re.compile(
    r"NODE_FAIL|PENDING (launch.failed.requeued.held|JobHoldMaxRequeue|BadConstraints"
    r"|Invalid(Account|QOS)|(Account|QOS)NotAllowed|Partition(Node|Time)Limit|MaxMemPerLimit"
    r"|(Assoc|QOS)Max\w+Per(Job|Node)(Limit)?$|QOSMin\w+)"
)


def mend_plugin(plugin: Any) -> None:
    """Mend the imported plugin in place."""
    _notice_every_end(plugin)
    _say_why_groups_failed(plugin.Executor)


def _notice_every_end(plugin: Any) -> None:
    """Do not wait for ever for jobs that are gone or will never start.

    A job that Slurm cancelled in favour of another (PREEMPTED; one that goes back into the queue is
    PENDING) and one that `sacct` calls CANCELLED by somebody have failed. So has one that Slurm
    holds since its node could not start it, or that asks for what it cannot get: it is taken out of
    the queue, to be tried again. Of a job that Slurm has forgotten, Snakemake asks for the files.
    Where `sacct` does not answer, as without accounting, `squeue` is asked.
    """
    check, query = plugin.Executor.check_active_jobs, plugin.query_job_status
    active: list[str] = []
    known: set[str] = set()

    def check_active_jobs(self: Any, active_jobs: list) -> Any:
        active[:] = [job.external_jobid for job in active_jobs]
        return check(self, active_jobs)

    async def query_job_status(command: str, logger: Any) -> tuple[dict | None, float | None]:
        states, seconds = await query(command.replace("%i|%T", "%i|%T %r"), logger)
        if states is None and command.startswith("sacct"):
            run = command.split()[-1]
            return await query_job_status(plugin.query_job_status_squeue(run), logger)
        if states is not None:
            if command.startswith("squeue"):  # `sacct` hears of a job some time after its start
                known.update(active)
            hopeless = {j: said for j, said in states.items() if HOPELESS.match(said)}
            if hopeless:
                subprocess.run(["scancel", *hopeless])
                for j, said in hopeless.items():
                    logger.error(f"Slurm job {j} is given up, since Slurm says of it: {said}")
            states = {j: said.partition(" ")[0] for j, said in states.items()}
            gone = [*hopeless, *(j for j, s in states.items() if s in ("CANCELLED", "PREEMPTED"))]
            states |= dict.fromkeys(gone, "CANCELLED")
            states = dict.fromkeys(known, "UNKNOWN") | states
            known.update(states)
        return states, seconds

    plugin.Executor.check_active_jobs = check_active_jobs
    plugin.query_job_status = query_job_status


def _say_why_groups_failed(executor: Any) -> None:
    """Print the scheduler's message for a group of jobs, too: Snakemake drops it."""
    print_job_error = executor.print_job_error

    def print_error(self: Any, job_info: Any, msg: str | None = None, **details: Any) -> None:
        if msg and job_info.job.is_group():
            self.logger.error(msg)
        print_job_error(self, job_info, msg, **details)

    executor.print_job_error = print_error
