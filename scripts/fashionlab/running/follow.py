"""What a run of the study says while it runs: a live picture in a terminal, and failures anywhere.

Snakemake's own words go to a file. Its events come through `snakemake_logger_plugin_study`, the
progress of trainings from their logs. Piped output is quiet: failures alone.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from fashionlab.training.progress import format_seconds

LAST = 10  # lines of a failed job's log, and of Snakemake's words where no job failed
LOOK = 0.5  # seconds between two looks
WAY_OUT = (
    "What is done is kept. Mend the cause and type the same command again: it goes on from here."
)


class StudyProgress:
    """A bar for the study with the time left, a line for each training that runs, ended ones above.

    ``seconds``: the estimate for each training that is to be run, by id, and ``more`` that for the
    steps that come after them. ``wall_seconds`` makes of such estimates the time that they take
    side by side.
    """

    def __init__(
        self,
        plan: dict,
        seconds: dict[str, float],
        wall_seconds: Callable,
        more: float = 0.0,
        console: Console | None = None,
    ) -> None:
        self.logs = {name: Path(f"{plan['results']}/logs/train/{name}.log") for name in seconds}
        self.seconds, self.wall_seconds, self.more = seconds, wall_seconds, more
        self.shares = dict.fromkeys(seconds, 0.0)  # of each training, how much is done
        self.steps_done = self.steps_total = 0
        self.began, self.clock = time.time(), time.monotonic()
        self.bars = Progress(
            TextColumn("{task.fields[what]}"),
            BarColumn(bar_width=16),
            TextColumn("{task.percentage:3.0f} %"),
            TextColumn("{task.fields[words]}"),
            console=console or Console(highlight=False),
            refresh_per_second=2,
        )
        self.whole = self.bars.add_task("", total=1.0, what="study", words="")
        self.running: dict[str, TaskID] = {}

    def look(self) -> None:
        """Read the trainings' logs and bring the picture up to date."""
        for name, log in self.logs.items():
            share, words = self._read(log)
            if share == 0 or self.shares[name] == 1:
                continue
            self.shares[name] = share
            if share == 1:
                self.say(f"{name}: {words}")
                if name in self.running:
                    self.bars.remove_task(self.running.pop(name))
            else:
                if name not in self.running:
                    self.running[name] = self.bars.add_task(
                        "", total=1.0, what=f"  {name}", words=""
                    )
                self.bars.update(self.running[name], completed=share, words=words)
        done, left = self.status()
        self.bars.update(self.whole, completed=done, words=f"{format_seconds(left)} left")

    def say(self, words: str) -> None:
        """Print a line above the picture."""
        self.bars.console.print(words, markup=False)

    def _read(self, log: Path) -> tuple[float, str]:
        """Return the share of a training that is done, and the last words of its log."""
        if not log.is_file() or log.stat().st_mtime < self.began:
            return 0.0, ""
        last = (log.read_text("utf-8", "replace").splitlines() or [""])[-1]
        if match := re.search(r": ((\d+) of (\d+) epochs.*?)(?:  \S+ \w+ left)?$", last):
            return min(int(match[2]) / int(match[3]), 0.999), match[1]
        ended = re.search(r": (test accuracy .*|diverged .*)", last)
        return (1.0, ended[1]) if ended else (0.0, "")

    def status(self) -> tuple[float, float]:
        """Return the share of the whole run that is done, and the seconds left for it.

        The pace so far corrects the estimate, the more the longer the run has lasted.
        """
        total = self.wall_seconds(self.seconds.values()) + self.more
        others = self.steps_total - len(self.seconds)
        after = max(0, self.steps_done - sum(share == 1 for share in self.shares.values()))
        later = self.more * (1 - after / others if others > 0 else 1)
        rest = self.wall_seconds((1 - self.shares[n]) * s for n, s in self.seconds.items()) + later
        done = 1 - rest / total if total else 1.0
        pace = (time.monotonic() - self.clock) / (total - rest) if done > 0.02 else 1.0
        trust = min(1.0, done / 0.2)
        return done, rest * (trust * pace + 1 - trust)


class Follower:
    """Follows a running Snakemake by the files that its words and its events go to."""

    def __init__(self, words: Path, events: Path, progress: StudyProgress | None) -> None:
        self.words, self.events, self.progress = words, events, progress
        self.position, self.rest = 0, ""
        self.rules: dict[int, str] = {}  # of the jobs that were started
        self.failed: set[int] = set()

    def follow(self, process: subprocess.Popen) -> int:
        """Say what happens until Snakemake ends; return its exit status."""
        if self.progress:
            self.progress.bars.start()
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
                self.progress.bars.stop()
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
            self.rules[event["jobid"]] = event["rule_name"]
        elif event["event"] == "job_error" and event["jobid"] not in self.failed:
            self.failed.add(event["jobid"])
            for log in event["log"]:
                self._say_failure(event["rule_name"], Path(log))
        elif event["event"] == "progress" and self.progress:
            self.progress.steps_done = event["done"]
            self.progress.steps_total = event["total"]
        elif event["event"] == "job_finished" and self.progress:
            rule = self.rules.get(event["job_id"], "train")
            if rule != "train":  # its end is said with what came out
                self.progress.say(f"{rule}: done")

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
