"""One run of the study at a time in a folder, and an end to what a killed run has left there.

A run holds a lock of the operating system, which dies with it. The processes that it starts carry
a mark in their environment, so that whoever holds the lock finds those of a dead run: a training
that has outlived its Snakemake must not write beside the one that takes its place.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import psutil

from fashionlab.config.meaning import LOCK_NAME
from fashionlab.machine import FolderError, check_writable, unwritable

MARK = "FASHIONLAB_STUDY"
PATIENCE = 30.0  # seconds in which a killed process must be gone
PART = f".{'[0-9a-f]' * 16}.part"  # as `files.replacing` names what is not yet whole
HOUR = 3600.0
ROOM = 100  # MB that results may take, or files that are there for a moment


def lock_folder(folder: Path) -> None:
    """Lock a folder until this process ends; what is started from now on carries its mark.

    Ends what a dead run has left. Raises FolderError beside a live run, where that fails, in
    another user's folder, and on a file system without locks.
    """
    way_out = "make it writable, or use a clone of your own, which may share the data folder"
    lock_file(folder, ".snakemake/study.lock", way_out)
    end_survivors(folder)
    os.environ[MARK] = str(folder)


def lock_results(results: Path) -> None:
    """Lock results that lie outside of the study's folder, as `lock_folder` does that."""
    if results.is_absolute():
        way_out = "choose another folder as `results:` in config.yaml"
        lock_file(
            results, LOCK_NAME, way_out, where=f"another folder with its results in {results}"
        )


def lock_file(folder: Path, name: str, way_out: str, where: str = "this folder") -> None:
    """Lock a file until this process ends; raises FolderError, with the way out, if that fails."""
    path = folder / name
    check_writable(path.parent, way_out)
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT)  # never closed: held until the process ends
    except OSError as error:
        raise unwritable(path, error, way_out) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise FolderError(
            f"the study is already running in {where}; wait for it or stop it."
        ) from None
    except OSError as error:
        os.close(lock)
        raise FolderError(
            f"{folder}: its file system cannot lock files ({error.strerror}), without which "
            "two runs could write here at once; have it mounted with locks (Lustre: option "
            "`flock`; NFS: with a lock service), or move the study to another file system."
        ) from None


def check_room(results: Path) -> None:
    """Raise FolderError unless results and what is there for a moment can be written and have room.

    For that, Python looks for a folder itself, TMPDIR first, and Snakemake's jobs take the same.
    """
    other = "choose another folder as `results:` in config.yaml"
    check_writable(results, f"make it writable, or {other}")
    for folder, way_out in (
        (results, other),
        (Path(tempfile.gettempdir()), "name another folder for temporary files in TMPDIR"),
    ):
        if (free := shutil.disk_usage(folder).free // 10**6) < ROOM:
            raise FolderError(
                f"{folder}: {free} MB are free, {ROOM} are needed; make room, or {way_out}."
            )


def delete_parts(results: Path, data: Path, patience: float = HOUR) -> None:
    """Delete half-written files that nobody has written to for an hour; under the lock.

    No write takes that long, so none is lost of another checkout that shares the data, or of a
    cluster's job that has outlived its Snakemake. ``patience`` is the time for results alone, 0
    for who has ended all that could write them.
    """
    for paths, seconds in ((results.rglob(PART), patience), (data.glob(PART), HOUR)):
        for path in paths:
            with contextlib.suppress(OSError):  # just gone, or another user's
                if time.time() - path.stat().st_mtime >= seconds:
                    path.unlink()


def end_survivors(folder: Path) -> None:
    """Kill all processes of this folder's run but this one, and wait until they are gone.

    Every file of the study is whole or absent, so that nothing is lost by it but the time since
    the last checkpoint. Raises FolderError if one does not go.
    """
    deadline = time.monotonic() + PATIENCE
    while survivors := _marked_processes(folder):
        if time.monotonic() > deadline:
            raise FolderError(
                f"processes {survivors} of an earlier run cannot be ended; end them, or restart."
            )
        for process in survivors:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)


def _marked_processes(folder: Path) -> list[int]:
    found = []
    for process in psutil.process_iter():
        # Gone, another user's, or ended and waiting for its parent: there is nothing to read.
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(folder):
                found.append(process.pid)
    return found
