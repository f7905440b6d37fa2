"""What a run says while it runs: progress with the study's time left, failures with their logs."""

import os
import subprocess
import sys
import time
from functools import partial

import pytest

from fashionlab.running.estimate import wall_seconds
from fashionlab.running.follow import Follower, StudyProgress

WORDS = """\
Error in rule train:
    jobid: 1
    output: runs/a.json
    log: {log} (check log file(s) for error details)
    shell: ...
Finished jobid: 5 (Rule: plot)
3 of 7 steps (43%) done
"""


@pytest.fixture
def progress(tmp_path):
    logs = tmp_path / "logs/train"
    logs.mkdir(parents=True)
    seconds = {"short": 100.0, "long": 300.0}
    return StudyProgress({"results": tmp_path}, seconds, partial(wall_seconds, workers=2))


def say(progress, name, text):
    log = progress.logs[name]
    log.write_text(f"{name}: goes on after epoch 1 of 10\n{name}: {text}\n")
    os.utime(log, (time.time() + 5, time.time() + 5))


def follow(tmp_path, words, status, progress=None):
    path = tmp_path / "snakemake.log"
    path.write_text(words)
    process = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({status})"])
    return Follower(path, progress).follow(process)


def test_trainings_side_by_side_have_a_line_each_with_the_share_of_the_whole_study(progress):
    say(progress, "short", "epoch 5/10  loss 0.5  validation 80 %  50 s left")
    say(progress, "long", "epoch 2/10  loss 0.7  validation 70 %  240 s left")
    first, second = progress.news()
    assert "short" in first
    assert "epoch 5/10  loss 0.5  validation 80 %" in first
    assert not first.endswith("left"), "the training's own time would be taken for the study's"
    assert second.startswith(" 20 % "), "the longest training decides when all are done"
    assert not list(progress.news()), "nothing new, nothing said"


def test_the_end_of_a_training_is_said_at_once(progress):
    say(progress, "short", "epoch 9/10  loss 0.5  validation 80 %  5 s left")
    assert list(progress.news())
    say(progress, "short", "test accuracy 81.25 %")
    assert "test accuracy 81.25 %" in next(progress.news())
    assert progress.done["short"] == 1


def test_a_log_of_an_earlier_run_is_no_progress(progress):
    say(progress, "long", "test accuracy 81.25 %")
    os.utime(progress.logs["long"], (0, 0))
    assert not list(progress.news())


def test_a_failed_job_shows_the_end_of_its_log_and_the_way_out(tmp_path, capfd):
    log = tmp_path / "a.log"
    log.write_text("".join(f"line {n}\n" for n in range(30)))
    assert follow(tmp_path, WORDS.format(log=log), 1) == 1
    out, err = capfd.readouterr()
    assert "train failed" in err
    assert "line 29" in err
    assert "line 5\n" not in err
    assert "type the same command again" in err
    assert "rule" not in err
    assert not out, "piped output is quiet"


def test_steps_are_said_in_a_terminal(tmp_path, progress, capfd):
    assert follow(tmp_path, "Finished jobid: 5 (Rule: plot)\n3 of 7 steps (43%) done\n", 0, progress) == 0  # fmt: skip
    assert "step 3 of 7: plot" in capfd.readouterr().out


def test_what_stops_snakemake_itself_is_said(tmp_path, capfd):
    words = "Building DAG of jobs...\nMissingRuleException:\nNo rule to produce nonsense\n"
    assert follow(tmp_path, words, 1) == 1
    assert "No rule to produce nonsense" in capfd.readouterr().err
