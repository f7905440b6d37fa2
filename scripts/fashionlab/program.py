"""What all programs share: how they read their options, and how they end.

A mistake ends in a sentence, and a closed pipe or Ctrl-C without many words; never in a traceback.
"""

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

ERRORS = (ImportError, SystemError, OSError, ValueError, RuntimeError)  # that speak to the user


class Refusal(ValueError):
    """A mistake of the user, in words that need no program's name before them."""


def option_parser(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser that is described by the first paragraph of a program's docstring.

    There is none in a Python that was told to leave them out (``-OO``).
    """
    return argparse.ArgumentParser(description=(doc or "").split("\n\n")[0])


def run(main: Callable[[], int | None], at_once: bool = False) -> NoReturn:
    """Run a program to its end: with the status that ``main`` returns, or else with a sentence.

    ``at_once``: without what libraries do at exit, which may fail, too, and say more.
    """
    name = Path(sys.argv[0]).stem
    if isinstance(sys.stdout, io.TextIOWrapper):  # there may be none: `>&-`
        sys.stdout = _Output(sys.stdout)
    try:
        status: object = main()
    except SystemExit as end:
        status = end.code
    except KeyboardInterrupt:
        status = f"{name}: interrupted"
    except MemoryError:
        status = f"{name}: out of memory; a training needs about 1.1 GB on a CPU, more on a GPU"
    except Refusal as error:
        status = str(error)
    except ERRORS as error:
        status = f"{name}: {error}"
    if sys.stdout:
        sys.stdout.flush()
    if at_once and isinstance(status, str):
        print(status, file=sys.stderr, flush=True)
        os._exit(1)
    sys.exit(status)  # type: ignore[arg-type]


def on_end(handler: Callable | signal.Handlers) -> None:
    """Let a handler take the signals that end a program: Ctrl-C, a scheduler's, a lost terminal's.

    Those that were ignored when it started stay ignored: so `nohup` protects it.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


class _Output(io.TextIOWrapper):
    """Standard output that ends the program when nobody reads it, or its device is full."""

    def __init__(self, stdout: io.TextIOWrapper):
        super().__init__(
            stdout.buffer, stdout.encoding, "backslashreplace",
            line_buffering=stdout.line_buffering, write_through=stdout.write_through,
        )  # fmt: skip

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._end(error)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._end(error)

    def _end(self, error: OSError) -> NoReturn:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())  # Python will try again at exit
        if isinstance(error, BrokenPipeError):
            sys.exit(128 + signal.SIGPIPE)
        sys.exit(f"{Path(sys.argv[0]).stem}: standard output: {error.strerror}")
