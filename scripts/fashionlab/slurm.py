"""Mends of Snakemake's Slurm plugin (2.8); the tests with a real Slurm fail without them."""

import re
import subprocess
from typing import Any

# What squeue says of a job that Slurm will never start, or has given up.
HOPELESS = re.compile("PENDING (launch.failed.requeued.held|PartitionTimeLimit)|NODE_FAIL")


def mend_plugin(plugin: Any) -> None:
    """Mend the imported plugin in place."""
    _notice_every_end(plugin)
    _say_why_groups_failed(plugin.Executor)


def _notice_every_end(plugin: Any) -> None:
    """Do not wait for ever for jobs that are gone or will never start.

    A job that Slurm cancelled in favour of another (PREEMPTED; one that goes back into the queue is
    PENDING) and one that `sacct` calls CANCELLED by somebody have failed. So has one that Slurm
    holds since its node could not start it, or that asks for more time than its partition allows:
    it is taken out of the queue, to be tried again. Of a job that Slurm has forgotten, Snakemake
    asks for the files.
    """
    query = plugin.query_job_status
    known: dict[str, str] = {}

    async def query_job_status(command: str, logger: Any) -> tuple[dict | None, float | None]:
        states, seconds = await query(command.replace("%i|%T", "%i|%T %r"), logger)
        if states is not None:
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

    plugin.query_job_status = query_job_status


def _say_why_groups_failed(executor: Any) -> None:
    """Print the scheduler's message for a group of jobs, too: Snakemake drops it."""
    print_job_error = executor.print_job_error

    def print_error(self: Any, job_info: Any, msg: str | None = None, **details: Any) -> None:
        if msg and job_info.job.is_group():
            self.logger.error(msg)
        print_job_error(self, job_info, msg, **details)

    executor.print_job_error = print_error
