"""What a run of the study says while it runs: a live picture in a terminal, and failures anywhere.

Snakemake's own words go to a file. Its events come through `snakemake_logger_plugin_study`, the
progress of trainings from their logs. Piped output is quiet: failures alone.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from fashionlab.running.estimate import START_SECONDS, wall_seconds
from fashionlab.training.progress import format_seconds

LAST = 10  # lines of a failed job's log, and of Snakemake's words where no job failed
LOOK = 0.5  # seconds between two looks
WAY_OUT = (
    "What is done is kept. Mend the cause and type the same command again: it goes on from here."
)


class StudyProgress:
    """A bar for the study with the time left, a line for each training that runs, ended ones above.

    ``seconds``: the estimate for each training that is to be run, by id, and ``more`` that for all
    other steps, Snakemake's start among them; ``workers``: how many trainings run side by side.
    """

    def __init__(
        self,
        plan: dict,
        seconds: dict[str, float],
        workers: int,
        more: float = 0.0,
        console: Console | None = None,
    ) -> None:
        self.logs = {name: Path(f"{plan['results']}/logs/train/{name}.log") for name in seconds}
        self.of_epochs = {training["id"]: training["epochs"] for training in plan["trainings"]}
        self.seconds, self.workers, self.more = seconds, workers, more
        self.epochs = dict.fromkeys(seconds, 0)  # that each training has done
        self.before = dict.fromkeys(seconds, 0)  # and those of them that an earlier run had done
        self.started: dict[str, float] = {}  # when, by the clock
        self.running: dict[str, str] = {}  # the last words of those that run
        self.ended: set[str] = set()
        self.steps = self.others_done = 0  # of all kinds, and those that are no training
        self.began, self.clock = time.time(), time.monotonic()
        columns = (BarColumn(bar_width=16), TextColumn("{task.percentage:3.0f} %"))
        self.bar = Progress(TextColumn("study"), *columns, TextColumn("{task.fields[left]} left"))
        self.whole = self.bar.add_task("", total=1.0, left=format_seconds(self.status()[1]))
        console = console or Console(highlight=False)
        self.picture = Live(self.bar, console=console, refresh_per_second=2)

    def job_started(self, name: str) -> None:
        """Give a training its line; its first epoch may take a while."""
        if name in self.seconds:
            self.started[name] = time.monotonic()
            self.running[name] = "starts"

    def job_done(self, name: str) -> None:
        """Say that a job is done, unless it is a training, whose log has said what came out."""
        self.look()
        if self.running.pop(name, None) or name not in self.seconds:
            self.say(f"{name}: done")
        self.ended |= {name} & self.seconds.keys()
        self.others_done += name not in self.seconds

    def look(self) -> None:
        """Read the trainings' logs and bring the picture up to date."""
        for name in [*self.running]:
            ended, words = self._read(name)
            if ended:
                self.say(f"{name}: {words}")
                self.ended.add(name)
                del self.running[name]
            elif words:
                self.running[name] = words
        done, left = self.status()
        self.bar.update(self.whole, completed=done, left=format_seconds(left))
        longest = max(map(len, self.running), default=0)
        lines = [Text(f"  {name:{longest}}  {words}") for name, words in self.running.items()]
        self.picture.update(Group(self.bar, *lines))

    def say(self, words: str) -> None:
        """Print a line above the picture."""
        self.picture.console.print(words, markup=False)

    def _read(self, name: str) -> tuple[bool, str]:
        """Note how many epochs a training has done; return whether it ended, and its last words."""
        log = self.logs[name]
        if not log.is_file() or log.stat().st_mtime < self.began:
            return False, ""
        text = log.read_text("utf-8", "replace")
        if match := re.search(r": goes on after epoch (\d+) of", text):
            self.before[name] = self.epochs[name] = int(match[1])
        last = (text.splitlines() or [""])[-1]
        if match := re.search(r": ((\d+) of \d+ epochs.*?)(?:  \S+ \w+ left)?$", last):
            self.epochs[name] = int(match[2])
            return False, match[1]
        ended = re.search(r": (test accuracy .*|diverged .*)", last)
        return bool(ended), ended[1] if ended else ""

    def _seconds_of(self, name: str) -> tuple[float, float]:
        """Return the seconds that this run needs for a training in all, and how many are left.

        Until the next epoch is told, the time that passes counts for it, but for no more than it.
        """
        an_epoch = (self.seconds[name] - START_SECONDS) / self.of_epochs[name]
        total = START_SECONDS + (self.of_epochs[name] - self.before[name]) * an_epoch
        if name not in self.running:
            return total, 0.0 if name in self.ended else total
        new = self.epochs[name] - self.before[name]
        done = START_SECONDS + new * an_epoch if new else 0.0
        news = START_SECONDS + (new + 1) * an_epoch
        passed = time.monotonic() - self.started[name]
        return total, max(0.0, total - max(done, min(passed, news)))

    def status(self) -> tuple[float, float]:
        """Return the share of this run that is done, and the seconds left for it.

        The pace so far corrects the estimate, the more the longer the run has lasted.
        """
        totals, left = zip(*map(self._seconds_of, self.seconds), strict=True)
        total = wall_seconds(totals, self.workers) + self.more
        others = self.steps - len(self.seconds) + 1  # and Snakemake's start
        share = (self.others_done + 1) / others if self.steps and others > 0 else 0.0
        rest = wall_seconds(left, self.workers) + self.more * max(0.0, 1 - share)
        done = 1 - rest / total
        pace = (time.monotonic() - self.clock) / (total - rest) if done > 0.02 else 1.0
        trust = min(1.0, done / 0.2)
        return done, rest * (trust * pace + 1 - trust)


class Follower:
    """Follows a running Snakemake by the files that its words and its events go to."""

    def __init__(self, words: Path, events: Path, progress: StudyProgress | None) -> None:
        self.words, self.events, self.progress = words, events, progress
        self.position, self.rest = 0, ""
        self.jobs: dict[int, str] = {}  # by the numbers that Snakemake gives them
        self.failed: set[int] = set()

    def follow(self, process: subprocess.Popen) -> int:
        """Say what happens until Snakemake ends; return its exit status."""
        if self.progress:
            self.progress.picture.start()
        try:
            while True:
                status = process.poll()  # first: what was written before its end is read below
                for event in self._new_events():
                    self._read(event)
                if self.progress:
                    self.progress.look()
                if status is not None:
                    break
                time.sleep(LOOK)
        finally:
            if self.progress:
                self.progress.picture.stop()
        if status:
            self._say_end()
        return status

    def _new_events(self) -> list[dict]:
        if not self.events.is_file():
            return []
        with open(self.events, encoding="utf-8", errors="replace") as file:
            file.seek(self.position)
            *lines, self.rest = (self.rest + file.read()).split("\n")
            self.position = file.tell()
        return [json.loads(line) for line in lines]

    def _read(self, event: dict) -> None:
        if event["event"] == "job_info":
            rule, wildcards = event["rule_name"], event["wildcards"]
            training = rule == "train" and "{experiment}/{variant}/run{run}".format(**wildcards)
            self.jobs[event["jobid"]] = training or " ".join([rule, *wildcards.values()])
            if self.progress:
                self.progress.job_started(self.jobs[event["jobid"]])
        elif event["event"] == "job_error" and event["jobid"] not in self.failed:
            self.failed.add(event["jobid"])
            for log in event["log"]:
                self._say_failure(event["rule_name"], Path(log))
            if self.progress:
                self.progress.running.pop(self.jobs[event["jobid"]], None)
        elif event["event"] == "progress" and self.progress:
            self.progress.steps = event["total"]
        elif event["event"] == "job_finished" and self.progress:
            self.progress.job_done(self.jobs[event["job_id"]])

    def _say_failure(self, rule: str, log: Path) -> None:
        lines = log.read_text("utf-8", "replace").splitlines() if log.is_file() else []
        print(f"\n{rule} failed. The end of {log}:", file=sys.stderr)
        print(
            *(f"  {line}" for line in lines[-LAST:] or ["(empty)"]), "", sep="\n", file=sys.stderr
        )

    def _say_end(self) -> None:
        if not self.failed:
            lines = self.words.read_text("utf-8", "replace").splitlines()
            errors = [n for n, line in enumerate(lines) if re.search(r"(Error|Exception)\b", line)]
            print(*lines[errors[-1] if errors else -LAST :][:LAST], sep="\n", file=sys.stderr)
        print(f"{WAY_OUT}\nSnakemake's own words: {self.words}", file=sys.stderr)
