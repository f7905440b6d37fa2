"""What a run says while it runs: a live picture with the study's time left, failures with their logs."""

import io
import json
import os
import re
import subprocess
import sys
import time

import pytest
from rich.console import Console

from conftest import ROOT
from fashionlab.running.estimate import START_SECONDS
from fashionlab.running.follow import Follower, StudyProgress

WORDS = {"experiment": "a", "variant": "b", "run": "1"}
FAILURE = [
    {"event": "job_info", "jobid": 1, "rule_name": "train", "wildcards": WORDS, "log": []},
    {"event": "job_error", "jobid": 1, "rule_name": "train", "log": ["{log}"]},
]
FIGURE = [
    {
        "event": "job_info",
        "jobid": 5,
        "rule_name": "plot",
        "wildcards": {"figure": "costs"},
        "log": [],
    },
    {"event": "job_finished", "job_id": 5},
    {"event": "progress", "done": 3, "total": 7},
]


@pytest.fixture
def screen():
    return io.StringIO()


@pytest.fixture
def progress(tmp_path, screen):
    return make_progress(tmp_path, screen, {"short": 100.0, "long": 300.0})


def make_progress(folder, screen, seconds, more=0.0, width=80):
    (folder / "logs/train").mkdir(parents=True)
    plan = {"results": folder, "trainings": [{"id": name, "epochs": 10} for name in seconds]}
    console = Console(
        file=screen, width=width, force_terminal=True, color_system=None, legacy_windows=False
    )
    return StudyProgress(plan, seconds, 2, more, console)


def say(progress, name, text):
    log = progress.logs[name]
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{name}: {text}\n", encoding="utf-8")
    os.utime(log, (time.time() + 5, time.time() + 5))
    if name not in progress.running:
        progress.job_started(name)
    progress.look()


def follow(tmp_path, events, status, progress=None, words=""):
    (tmp_path / "words").write_text(words, encoding="utf-8")
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (tmp_path / "events").write_text(lines, encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({status})"])
    return Follower(tmp_path / "words", tmp_path / "events", progress).follow(process)


def shown(progress):
    """Return the lines of the picture as it stands."""
    console = progress.picture.console
    with console.capture() as captured:
        console.print(progress.picture.renderable)
    return [line.strip() for line in captured.get().splitlines()]


def test_trainings_side_by_side_have_a_line_each_below_the_bar_of_the_whole_study(progress):
    progress.job_started("short")
    say(progress, "long", "2 of 10 epochs  loss 0.7  validation 70 %  240 s left")
    study, short, long = shown(progress)
    assert short == "short  starts"
    assert long == "long   2 of 10 epochs  loss 0.7  validation 70 %"
    assert "21 %" in study, "the longest training decides when all are done"
    assert study.endswith("left")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_picture_says_all_of_it_on_a_narrow_terminal_too(width, tmp_path, screen):
    name = "activations/cnn4-sigmoid/run1"
    progress = make_progress(tmp_path, screen, {name: 100.0}, width=width)
    say(progress, name, "5 of 10 epochs  loss 2.291  validation 9.167 %  50 s left")
    study, *lines = shown(progress)
    assert re.fullmatch(r"study ━+.* 52 % .* left", study)
    told = " ".join(" ".join(lines).split())
    assert told == f"{name} 5 of 10 epochs loss 2.291 validation 9.167 %"
    assert max(map(len, [study, *lines])) <= width


def test_a_training_that_ends_leaves_the_picture_and_is_said_above_it(progress, screen):
    say(progress, "short", "9 of 10 epochs  loss 0.5  validation 80 %  5 s left")
    say(progress, "short", "test accuracy 81.25 %")
    progress.look()
    assert len(shown(progress)) == 1
    assert screen.getvalue().count("short: test accuracy 81.25 %") == 1


def test_a_training_that_had_nothing_to_do_leaves_the_picture_too(progress, screen):
    say(progress, "short", "nothing to do, run1.json is there and whole")
    progress.job_done("short")
    progress.look()
    assert len(shown(progress)) == 1
    assert "short: done" in screen.getvalue()


def test_a_log_of_an_earlier_run_is_no_progress(progress):
    progress.job_started("long")
    progress.logs["long"].write_text("long: test accuracy 81.25 %\n", encoding="utf-8")
    os.utime(progress.logs["long"], (0, 0))
    progress.look()
    assert shown(progress)[1:] == ["long  starts"]


def test_between_two_epochs_the_time_left_runs_down_for_one_epoch_at_most(progress):
    progress.job_started("long")
    left = []
    for seconds in range(0, 300, 10):
        progress.clock = progress.started["long"] = time.monotonic() - seconds
        left.append(progress.status()[1])
    assert left[:4] == pytest.approx([300, 290, 280, 270], abs=1)
    start_and_epoch = START_SECONDS + (300 - START_SECONDS) / 10
    assert progress.status()[0] == pytest.approx(start_and_epoch / 300)


def test_what_an_earlier_run_had_trained_is_no_pace_of_this_one(progress):
    say(progress, "short", "test accuracy 81.25 %")
    progress.clock = time.monotonic() - 30
    told = "goes on after epoch 8 of 10\nlong: 9 of 10 epochs  loss 1  validation 1 %"
    say(progress, "long", told)
    an_epoch = (300 - START_SECONDS) / 10
    assert progress.status()[1] == pytest.approx(30 * an_epoch / (100 - an_epoch), abs=1)


def test_the_end_is_not_reached_before_the_last_step(tmp_path, screen):
    progress = make_progress(tmp_path, screen, {"only": 100.0}, more=50.0)
    say(progress, "only", "test accuracy 81.25 %")
    follow(tmp_path, FIGURE, 0, progress)
    done, left = progress.status()
    assert 0.66 < done < 0.9
    assert left > 0


def test_a_training_that_ends_sets_the_bar_back_by_nothing(tmp_path, screen):
    progress = make_progress(tmp_path, screen, {"only": 100.0}, more=50.0)
    progress.steps = 7
    say(progress, "only", "10 of 10 epochs  loss 0.5  validation 80 %  0 s left")
    before, _ = progress.status()
    say(progress, "only", "test accuracy 81.25 %")
    assert progress.status()[0] >= before > 0.6


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
    assert "plot costs: done" in screen.getvalue()


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
