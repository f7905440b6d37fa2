"""What a run of the study says while it runs: progress in a terminal, and failures anywhere.

Snakemake's own words go to a file and are read from there, as are the logs of the trainings. So
several trainings side by side share the terminal in whole lines, and piped output is quiet.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from fashionlab.training.progress import format_seconds

LAST = 10  # lines of a failed job's log, and of Snakemake's words where no job failed
PAUSE = 5.0  # seconds between two lines of one training
WAY_OUT = (
    "What is done is kept. Mend the cause and type the same command again: it goes on from here."
)


class StudyProgress:
    """How far the trainings are, by their logs, and when all of them will be done.

    ``seconds``: the estimate for each training that is to be run, by id. ``wall_seconds`` makes of
    such estimates the time that trainings side by side take.
    """

    def __init__(self, plan: dict, seconds: dict[str, float], wall_seconds: Callable) -> None:
        self.logs = {name: Path(f"{plan['results']}/logs/train/{name}.log") for name in seconds}
        self.seconds, self.wall_seconds = seconds, wall_seconds
        self.done = dict.fromkeys(seconds, 0.0)  # share of each training
        self.shown = dict.fromkeys(seconds, 0.0)  # when its last line was shown
        self.start, self.clock = time.time(), time.monotonic()

    def news(self) -> Iterator[str]:
        """Yield a line for each training that is an epoch further and was silent for a while."""
        for name, log in self.logs.items():
            share, text = self._read(log)
            quiet = time.monotonic() - self.shown[name] > PAUSE or share == 1
            if share > self.done[name] and quiet:
                self.done[name], self.shown[name] = share, time.monotonic()
                yield f"{self.status()}  {name:34} {text}"

    def _read(self, log: Path) -> tuple[float, str]:
        """Return the share of a training that is done, and the last words of its log."""
        if not log.is_file() or log.stat().st_mtime < self.start:
            return 0.0, ""
        last = (log.read_text("utf-8", "replace").splitlines() or [""])[-1]
        if match := re.search(r": (epoch +(\d+)/(\d+).*?)(?:  \S+ \w+ left)?$", last):
            return min(int(match[2]) / int(match[3]), 0.999), match[1]
        ended = re.search(r": (test accuracy .*|diverged .*)", last)
        return (1.0, ended[1]) if ended else (0.0, "")

    def status(self) -> str:
        """Return the share of all trainings that is done, and the time left for them."""
        total = self.wall_seconds(self.seconds.values())
        rest = self.wall_seconds((1 - self.done[name]) * s for name, s in self.seconds.items())
        pace = (time.monotonic() - self.clock) / (total - rest) if rest < 0.97 * total else 1.0
        return f"{100 * (total - rest) / total:3.0f} % {format_seconds(rest * pace):>9} left"


class Follower:
    """Follows a running Snakemake by the file that its words go to."""

    def __init__(self, words: Path, progress: StudyProgress | None) -> None:
        self.words, self.progress = words, progress
        self.position, self.rest, self.rule = 0, "", ""
        self.failed = False

    def follow(self, process: subprocess.Popen) -> int:
        """Say what happens until Snakemake ends; return its exit status."""
        while True:
            status = process.poll()  # first: what was written before its end is read below
            for line in self._new_lines():
                self._read(line)
            for news in self.progress.news() if self.progress else ():
                print(news, flush=True)
            if status is not None:
                if status:
                    self._say_end()
                return status
            time.sleep(0.5)

    def _new_lines(self) -> list[str]:
        with open(self.words, encoding="utf-8", errors="replace") as file:
            file.seek(self.position)
            *lines, self.rest = (self.rest + file.read()).split("\n")
            self.position = file.tell()
        return lines

    def _read(self, line: str) -> None:
        if match := re.match(r"(?:Error in (?:local)?rule |Finished jobid: .*Rule: )(\w+)", line):
            self.rule = match[1]
        elif match := re.match(r"    log: ([^\s,]+).*check log", line):
            self._say_failure(Path(match[1]))
        elif self.progress and self.rule != "train" and re.match(r"\d+ of \d+ steps", line):
            print(f"step {line.partition(' steps')[0]}: {self.rule}", flush=True)

    def _say_failure(self, log: Path) -> None:
        self.failed = True
        lines = log.read_text("utf-8", "replace").splitlines() if log.is_file() else []
        print(f"\n{self.rule} failed. The end of {log}:", file=sys.stderr)
        print(
            *(f"  {line}" for line in lines[-LAST:] or ["(empty)"]), "", sep="\n", file=sys.stderr
        )

    def _say_end(self) -> None:
        if not self.failed:
            lines = self.words.read_text("utf-8", "replace").splitlines()
            errors = [n for n, line in enumerate(lines) if re.search(r"(Error|Exception)\b", line)]
            print(*lines[errors[-1] if errors else -LAST :][:LAST], sep="\n", file=sys.stderr)
        print(f"{WAY_OUT}\nSnakemake's own words: {self.words}", file=sys.stderr)
