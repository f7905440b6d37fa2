"""Reading data from elsewhere within limits: seconds, bytes packed and bytes unpacked."""

import gzip
import io
import sys
import time
import zlib
from dataclasses import dataclass

PROGRESS_SECONDS = 5
OUT_OF_TIME = "stopped at the time limit of a source (source_seconds)"


class SourceError(Exception):
    """A source does not have what is wanted; the next one may."""


@dataclass(frozen=True)
class Limits:
    """What a source may cost: seconds without progress, a monotonic deadline, bytes a file."""

    timeout: float
    deadline: float
    file_bytes: int

    def remaining(self) -> float:
        """Return the seconds left to the source; raises SourceError where there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise SourceError(OUT_OF_TIME)
        return seconds


def say(text: str) -> None:
    """Tell of progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def read_plain(stream, limits: Limits, length: int) -> bytes:
    """Return all of a binary stream of about `length` bytes; raises SourceError at a limit."""
    return _read(io.BufferedReader(_Metered(stream, limits, length)), limits)


def read_gzip(stream, limits: Limits, length: int) -> bytes:
    """Return the unpacked content of a .gz stream of about `length` bytes.

    Raises SourceError at a limit and where the stream is damaged or not a .gz file.
    """
    try:
        with gzip.GzipFile(fileobj=io.BufferedReader(_Metered(stream, limits, length))) as file:
            return _read(file, limits)
    except EOFError:
        raise SourceError("cut off: the .gz file ends too early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"damaged, or not a .gz file at all ({error})") from None


def _read(file, limits: Limits) -> bytes:
    data = file.read(limits.file_bytes + 1)
    if len(data) > limits.file_bytes:
        raise SourceError(f"longer than {limits.file_bytes:,} bytes unpacked: stopped")
    return data


class _Metered(io.RawIOBase):
    """A stream of packed data that tells of its progress and stops at the limits."""

    def __init__(self, stream, limits: Limits, length: int):
        self.stream, self.limits, self.length = stream, limits, length
        self.received, self.told = 0, time.monotonic()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self.limits.remaining()
        data = self.stream.read1(len(buffer))
        buffer[: len(data)] = data
        self.received += len(data)
        if self.received > self.limits.file_bytes:
            raise SourceError(f"longer than {self.limits.file_bytes:,} bytes: stopped")
        if time.monotonic() > self.told + PROGRESS_SECONDS:
            self.told = time.monotonic()
            say(f"  {self.received / 1e6:.1f} of {self.length / 1e6:.1f} MB")
        return len(data)
