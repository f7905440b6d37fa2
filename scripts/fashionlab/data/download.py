"""Getting the four IDX files of a data set from the first of several sources that has them.

What a source gives is held in memory, bounded in size and time, until its checksum is right: what
is wrong, torn or too long never reaches the data folder.
"""

import contextlib
import gzip
import hashlib
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import urllib3

from fashionlab.data import idx
from fashionlab.machine import check_writable
from fashionlab.storage.files import verify_sha256, write_bytes

FILES = [name for names in idx.FILES.values() for name in names]
TIMEOUT, SOURCE_SECONDS, LARGEST_FILE_MB = 20, 600, 64
PROGRESS_SECONDS = 5
MAX_REDIRECTS = 5


class SourceError(Exception):
    """A source does not have what is wanted; the next one may."""


def download(dataset: dict[str, Any], folder: str | os.PathLike) -> None:
    """Complete the four IDX files of `dataset` in `folder` from the first sources that have them.

    `dataset` is that section of the configuration. Files that are there and right are kept.
    Raises ValueError where a file that is there is wrong, where all sources fail, and where the
    folder cannot be written (FolderError).
    """
    folder, failures = Path(folder), []
    check_writable(folder, "make it writable, or name another one as `dataset: folder:`")
    for source in dataset["sources"]:
        title = _title(source)
        if not (missing := missing_files(dataset, folder)):
            break
        say(f"{dataset['name']}: trying {title}")
        try:
            with _time_limit(dataset.get("source_seconds", SOURCE_SECONDS)):
                _complete(folder, missing, source, dataset)
        except SourceError as error:
            failures.append(f"  {title}: {error}")
            say(f"  {error}")
    if missing := missing_files(dataset, folder):
        raise ValueError(
            "\n".join([f"{dataset['name']}: no source has all its files:", *failures])
            + f"\nPut {', '.join(missing)} into {folder} (unpacked), or mend the sources or the "
            "network, and start again."
        )
    idx.load_idx_dataset(folder, len(dataset["classes"]))


def missing_files(dataset: dict[str, Any], folder: Path) -> list[str]:
    """Return the names of files that `folder` lacks; raises ValueError for one that is wrong."""
    there = [name for name in FILES if (folder / name).exists()]
    for name in there:
        verify_sha256(folder / name, dataset["sha256"][name])
    return [name for name in FILES if name not in there]


def say(text: str) -> None:
    """Tell of progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


def _title(source: dict[str, str]) -> str:
    match source:
        case {"url": url}:
            return url
        case {"directory": directory}:
            return f"folder {directory}"
        case {"package": package, "path": _}:
            return f"Debian package {package}"
        case {"torchvision": name}:
            return f"torchvision's {name}"
    raise ValueError(
        f"source {source}: give a url, a directory, a package and its path, or a data set of "
        "torchvision"
    )


def _complete(folder: Path, names: list[str], source: dict[str, str], dataset: dict) -> None:
    """Write those of some files that a source has; raises SourceError at the first it has not."""
    most = int(dataset.get("largest_file_mb", LARGEST_FILE_MB) * 2**20)
    with _opener(source, dataset.get("timeout", TIMEOUT)) as open_file:
        for name in names:
            with open_file(name) as (stream, length, packed):
                data = _read(stream, length, most)
            data = _unpacked(data, most) if packed else data
            found, expected = hashlib.sha256(data).hexdigest(), dataset["sha256"][name]
            if found != expected.lower():
                wrong = f"sha256 {found[:12]}... instead of {expected[:12]}..."
                raise SourceError(f"{name} is not the right file ({wrong})")
            say(f"  {name}: {len(data):,} bytes, checksum right")
            write_bytes(folder / name, data)


@contextlib.contextmanager
def _opener(source: dict[str, str], timeout: float) -> Iterator:
    """Give a function that opens a file of a source: a stream, its length, whether it is packed."""
    if "url" in source:
        with requests.Session() as session:
            session.max_redirects = MAX_REDIRECTS
            session.mount("http://", _ThisMachineAlone())
            yield lambda name: _open_url(session, f"{source['url'].rstrip('/')}/{name}.gz", timeout)
    elif "directory" in source:
        yield lambda name: _open_local(Path(source["directory"]), name)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            if "torchvision" in source:
                root = _from_torchvision(source["torchvision"], temporary, timeout)
            else:
                root = _unpack_package(source["package"], temporary, timeout)
                root /= source["path"].lstrip("/")
            yield lambda name: _open_local(root, name)


class _ThisMachineAlone(requests.adapters.HTTPAdapter):
    """Plain http, to this machine; a redirect from elsewhere to another one is refused as well."""

    def send(self, request, *arguments, **options):
        if urllib3.util.parse_url(request.url).host not in ("127.0.0.1", "localhost"):
            raise requests.exceptions.InvalidSchema(request.url)
        return super().send(request, *arguments, **options)


@contextlib.contextmanager
def _open_url(session: requests.Session, url: str, timeout: float) -> Iterator[tuple]:
    """Open an address, or say in a line why not."""
    options: dict[str, Any] = {"timeout": timeout, "headers": {"Accept-Encoding": "identity"}}
    try:
        with session.get(url, stream=True, **options) as response:
            response.raise_for_status()
            yield response.raw, int(response.headers.get("Content-Length", 0)), True
    except requests.HTTPError as error:
        raise SourceError(f"HTTP status {error.response.status_code} for {url}") from None
    except requests.exceptions.InvalidSchema:
        raise SourceError("not an https:// address, or redirected to one that is not") from None
    except requests.TooManyRedirects:
        raise SourceError(f"more than {MAX_REDIRECTS} redirects") from None
    except (requests.Timeout, urllib3.exceptions.ReadTimeoutError):
        raise SourceError(f"no answer for {timeout:g} s (timeout)") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        # requests wraps urllib3's errors, which repeat the address before the reason.
        inner = error.args[0] if error.args else error
        reason = str(getattr(inner, "reason", inner))
        reason = re.sub(r"^HTTPS?Connection(Pool)?\(.*?\): ", "", reason)
        raise SourceError(reason or type(error).__name__) from None


@contextlib.contextmanager
def _open_local(folder: Path, name: str) -> Iterator[tuple]:
    """Open a file of a folder, packed or not."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            try:
                with open(path, "rb") as file:
                    yield file, path.stat().st_size, path.suffix == ".gz"
                return
            except OSError as error:
                raise SourceError(f"{path}: {error.strerror}") from None
    lacks = f"has neither {name} nor {name}.gz" if folder.is_dir() else "there is no such folder"
    raise SourceError(lacks)


def _read(stream: Any, length: int, most: int) -> bytes:
    """Return what a stream holds; tells of its progress and stops at the limit."""
    data, told = bytearray(), time.monotonic()
    while part := stream.read1(2**16):
        data += part
        if len(data) > most:
            raise SourceError(f"longer than {most:,} bytes: stopped")
        if time.monotonic() > told + PROGRESS_SECONDS:
            told = time.monotonic()
            say(f"  {len(data) / 1e6:.1f} of {length / 1e6:.1f} MB")
    return bytes(data)


def _unpacked(data: bytes, most: int) -> bytes:
    """Return the content of a .gz file; raises SourceError where it is damaged or too long."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            content = file.read(most + 1)
    except EOFError:
        raise SourceError("cut off: the .gz file ends too early") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"damaged, or not a .gz file at all ({error})") from None
    if len(content) > most:
        raise SourceError(f"longer than {most:,} bytes unpacked: stopped")
    return content


def _from_torchvision(name: str, folder: str, timeout: float) -> Path:
    """Return the folder to which torchvision has downloaded a data set, from its own mirrors.

    Some speak plain http. It checks an MD5 before it unpacks; what counts is the SHA-256 after.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(timeout)
    try:
        from torchvision import datasets  # imports PyTorch: some seconds

        with contextlib.redirect_stdout(io.StringIO()):
            getattr(datasets, name)(folder, download=True)
    except (ImportError, RuntimeError, OSError, ValueError) as error:
        raise SourceError(" ".join(str(error).split())) from None
    finally:
        socket.setdefaulttimeout(before)
    return Path(folder, name, "raw")


def _unpack_package(package: str, folder: str, timeout: float) -> Path:
    """Return the folder to which a package of Debian or Ubuntu is unpacked, without being root."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", package):
        raise SourceError("not the name of a Debian package")
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            raise SourceError(f"{program} is not on this machine (is it Debian or Ubuntu?)")
    apt = ["apt-get", "-qq", "-o", f"Acquire::http::Timeout={timeout:g}"]
    try:
        _run([*apt, "download", package], folder)
    except SourceError:
        # No lists of packages, or old ones; fresh ones of our own need no administrator.
        apt += ["-o", f"Dir::State::lists={folder}/lists", "-o", f"Dir::Cache={folder}/cache"]
        say("  fetching apt's lists of packages")
        for place in ("lists/partial", "cache/archives/partial"):
            Path(folder, place).mkdir(parents=True)
        _run([*apt, "update"], folder)
        _run([*apt, "download", package], folder)
    for archive in Path(folder).glob("*.deb"):
        _run(["dpkg-deb", "-x", str(archive), f"{folder}/unpacked"], folder)
    return Path(folder, "unpacked")


def _run(command: list[str], folder: str) -> None:
    """Run a program, or raise SourceError with the last line of what it says."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
        capture_output=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise SourceError(f"{command[0]}: {lines[-1]}")


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise SourceError in whatever goes on after some seconds: a slow server, apt, a disk."""

    def stop(*_: object) -> None:
        raise SourceError("stopped at the time limit of a source (source_seconds)")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 5)  # again, should a library have swallowed it
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
