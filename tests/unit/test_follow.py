"""What a run says while it runs: a live picture with the study's time left, failures with their logs."""

import io
import json
import os
import subprocess
import sys
import time
from functools import partial

import pytest
from rich.console import Console

from conftest import ROOT
from fashionlab.running.estimate import wall_seconds
from fashionlab.running.follow import Follower, StudyProgress

FAILURE = [
    {"event": "job_info", "jobid": 1, "rule_name": "train", "wildcards": {}, "log": []},
    {"event": "job_error", "jobid": 1, "rule_name": "train", "log": ["{log}"]},
]
FIGURE = [
    {"event": "job_info", "jobid": 5, "rule_name": "plot", "wildcards": {}, "log": []},
    {"event": "job_finished", "job_id": 5},
    {"event": "progress", "done": 3, "total": 7},
]


@pytest.fixture
def screen():
    return io.StringIO()


@pytest.fixture
def progress(tmp_path, screen):
    logs = tmp_path / "logs/train"
    logs.mkdir(parents=True)
    seconds = {"short": 100.0, "long": 300.0}
    console = Console(file=screen, width=80, force_terminal=True, highlight=False, no_color=True)
    wall = partial(wall_seconds, workers=2)
    return StudyProgress({"results": tmp_path}, seconds, wall, console=console)


def say(progress, name, text):
    log = progress.logs[name]
    log.write_text(f"{name}: goes on after epoch 1 of 10\n{name}: {text}\n", encoding="utf-8")
    os.utime(log, (time.time() + 5, time.time() + 5))


def follow(tmp_path, events, status, progress=None, words=""):
    (tmp_path / "words").write_text(words, encoding="utf-8")
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (tmp_path / "events").write_text(lines, encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({status})"])
    return Follower(tmp_path / "words", tmp_path / "events", progress).follow(process)


def shown(progress):
    """Return the lines of the picture as they stand, of fields and shares."""
    return {task.fields["what"].strip(): (task.completed, task.fields["words"]) for task in progress.bars.tasks}  # fmt: skip


def test_trainings_side_by_side_have_a_line_each_below_the_bar_of_the_whole_study(progress):
    say(progress, "short", "5 of 10 epochs  loss 0.5  validation 80 %  50 s left")
    say(progress, "long", "2 of 10 epochs  loss 0.7  validation 70 %  240 s left")
    progress.look()
    lines = shown(progress)
    assert lines["short"] == (0.5, "5 of 10 epochs  loss 0.5  validation 80 %")
    assert lines["long"][0] == 0.2
    assert lines["study"][0] == pytest.approx(0.2), "the longest training decides when all are done"
    assert lines["study"][1].endswith("left")


def test_a_training_that_ends_leaves_the_picture_and_is_said_above_it(progress, screen):
    say(progress, "short", "9 of 10 epochs  loss 0.5  validation 80 %  5 s left")
    progress.look()
    say(progress, "short", "test accuracy 81.25 %")
    progress.look()
    progress.look()
    assert "short" not in shown(progress)
    assert screen.getvalue().count("short: test accuracy 81.25 %") == 1


def test_a_log_of_an_earlier_run_is_no_progress(progress):
    say(progress, "long", "test accuracy 81.25 %")
    os.utime(progress.logs["long"], (0, 0))
    progress.look()
    assert shown(progress).keys() == {"study"}


def test_the_end_is_not_reached_before_the_last_step(tmp_path, screen):
    plan, wall = {"results": tmp_path}, partial(wall_seconds, workers=1)
    (tmp_path / "logs/train").mkdir(parents=True)
    progress = StudyProgress(plan, {"only": 100.0}, wall, more=50.0, console=Console(file=screen))
    say(progress, "only", "test accuracy 81.25 %")
    follow(tmp_path, FIGURE, 0, progress)
    done, left = progress.status()
    assert 0.66 < done < 0.9
    assert left > 0


def test_a_failed_job_shows_the_end_of_its_log_and_the_way_out(tmp_path, capfd):
    log = tmp_path / "a.log"
    log.write_text("".join(f"line {n}\n" for n in range(30)), encoding="utf-8")
    events = json.loads(json.dumps(FAILURE).replace("{log}", str(log)))
    assert follow(tmp_path, events, 1) == 1
    out, err = capfd.readouterr()
    assert "train failed" in err
    assert "line 29" in err
    assert "line 5\n" not in err
    assert "type the same command again" in err
    assert not out, "piped output is quiet"


def test_steps_are_said_in_a_terminal(tmp_path, progress, screen):
    assert follow(tmp_path, FIGURE, 0, progress) == 0
    assert "plot: done" in screen.getvalue()


def test_what_stops_snakemake_itself_is_said(tmp_path, capfd):
    words = "Building DAG of jobs...\nMissingRuleException:\nNo rule to produce nonsense\n"
    assert follow(tmp_path, [], 1, words=words) == 1
    assert "No rule to produce nonsense" in capfd.readouterr().err


def test_snakemake_itself_gives_the_events(tmp_path):
    (tmp_path / "Snakefile").write_text(
        'rule good:\n    output: "a"\n    log: "good.log"\n    shell: "touch {output}"\n'
        'rule bad:\n    input: "a"\n    output: "b"\n    log: "bad.log"\n'
        '    shell: "echo no > {log}; exit 1"\n',
        encoding="utf-8",
    )
    events = tmp_path / "events"
    command = [sys.executable, "-m", "snakemake", "b", "--cores", "1", "--logger", "study"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(
        [*command, "--logger-study-events", events], cwd=tmp_path, env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    found = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    assert [(e["rule_name"], e["log"]) for e in found if e["event"] == "job_error"] == [("bad", ["bad.log"])]  # fmt: skip
    assert {"event": "progress", "done": 1, "total": 2} in found
    names = {e["jobid"]: e["rule_name"] for e in found if e["event"] == "job_info"}
    assert [names[e["job_id"]] for e in found if e["event"] == "job_finished"] == ["good"]
