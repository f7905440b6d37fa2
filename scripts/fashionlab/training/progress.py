"""Progress of a training: a line an epoch in its log, and in a terminal if there is one.

Several trainings share a terminal, so each writes whole lines that begin with its name, and never
moves the cursor.
"""

import time
from typing import IO

BAR = 20  # characters
PAUSE = 5.0  # seconds between two lines of one training in a terminal


class Progress:
    """Reports epoch, loss, validation accuracy and the time left."""

    def __init__(self, name: str, epochs: int, done: int, terminal: str | None) -> None:
        self.name, self.epochs, self.first = name, epochs, done
        self.start = self.last_shown = time.monotonic()
        self.terminal = _open_terminal(terminal)
        if done:
            print(f"{name}: goes on after epoch {done} of {epochs}", flush=True)

    def epoch_done(self, epoch: int, records: dict[str, list[float | None]]) -> None:
        """Report an epoch (counted from 1)."""
        elapsed = time.monotonic() - self.start
        left = elapsed / (epoch - self.first) * (self.epochs - epoch)
        loss, validated = _last(records["loss"]), _last(records["validation_accuracy"])
        text = f"{epoch} of {self.epochs} epochs  loss {loss}  validation {validated} %"
        print(f"{self.name}: {text}  {format_seconds(left)} left", flush=True)
        now = time.monotonic()
        if self.terminal and (now - self.last_shown > PAUSE or epoch == self.epochs):
            self.last_shown = now
            filled = BAR * epoch // self.epochs
            bar = "━" * filled + "╌" * (BAR - filled)
            print(f"{self.name:34} {bar} {text}  {format_seconds(left)} left", file=self.terminal)

    def training_done(self, final: dict[str, float | None], diverged: dict | None) -> None:
        """Report the end of the training in its log."""
        if diverged:
            print(f"{self.name}: diverged at step {diverged['step']} (epoch {diverged['epoch']})")
        else:
            print(f"{self.name}: test accuracy {final['test_accuracy']:.2f} %")


def format_seconds(seconds: float) -> str:
    """Return a duration as 7 s, 4:05 min or 1:07 h."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02} h"


def _last(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{known[-1]:.4g}" if known else "-"


def _open_terminal(path: str | None) -> IO | None:
    try:
        stream = open(path, "a", buffering=1, encoding="utf-8") if path else None  # noqa: SIM115 - until the end
    except OSError:
        return None
    return stream if stream and stream.isatty() else None
