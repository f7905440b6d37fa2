"""What the status command makes of Grid Engine's answers. (With a real one: tests/cluster.)"""

import os
import subprocess

import pytest

from conftest import ROOT

STATUS = ROOT / "profiles/cluster-generic/status"


@pytest.fixture
def status(tmp_path):
    """What is said of job 7, of the state that `qstat` gives and what `qacct` prints each time."""

    def ask(state="", *accounts):
        queue = f"echo '7 0.5 fashion root {state} now'" if state else "true"
        for number, account in enumerate(accounts):
            (tmp_path / f"account{number}").write_text(account)
        last = len(accounts) - 1
        (tmp_path / "slept").write_text("")
        write(tmp_path / "qstat", queue)
        write(tmp_path / "qdel", "true")
        # One `sleep` is one answer of the accounting later.
        write(tmp_path / "sleep", f"echo >> {tmp_path}/slept")
        write(
            tmp_path / "qacct",
            f"n=$(wc -l < {tmp_path}/slept)\ncat {tmp_path}/account$((n < {last} ? n : {last}))",
        )
        path = f"{tmp_path}:{os.environ['PATH']}"
        done = subprocess.run(
            [STATUS, "7"], env=os.environ | {"PATH": path}, text=True, capture_output=True
        )
        return done.stdout

    return ask


def write(path, command):
    path.write_text(f"#!/bin/sh\n{command}\n")
    path.chmod(0o755)


def record(failed, exit_status):
    return f"{'=' * 62}\njobnumber 7\nfailed       {failed}\nexit_status  {exit_status}\n"


LOST = record("25  : rescheduling", 0)


def test_a_job_in_the_queue_is_running_unless_it_cannot_start(status):
    assert status("qw") == "running\n"
    assert status("r") == "running\n"
    assert status("Eqw") == "failed\n"


def test_a_job_is_judged_by_its_accounting(status):
    assert status("", record("0", 0)) == "success\n"
    assert status("", record("0", "137 (Killed)")) == "failed\n"
    assert status("", record("37  : qmaster enforced h_rt limit", 0)) == "failed\n"


def test_a_job_that_succeeded_after_its_host_was_lost_has_not_failed(status):
    assert status("", LOST + record("0", 0)) == "success\n"
    assert status("", LOST + record("0", 1)) == "failed\n"


def test_the_record_of_a_lost_host_is_not_the_end_of_its_job(status):
    assert status("", "", LOST, LOST, LOST + record("0", 0)) == "success\n"
    assert status("", LOST, LOST + record("0", 1)) == "failed\n"


def test_words_about_the_accounting_are_no_record(status):
    none_yet = "no jobs running since startup\n"  # what it says until the first job has ended
    assert status("", none_yet, record("0", 1)) == "failed\n"
    assert status("", none_yet) == "success\n"


def test_where_nobody_hears_of_the_end_the_files_are_looked_for(status):
    assert status("", "") == "success\n"
    assert status("", LOST) == "success\n"
