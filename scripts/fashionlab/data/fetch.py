"""Reading files from one source of data: an address, a folder or a Debian package.

Files come as bytes in memory, within limits; nothing is written but in a temporary folder.
"""

import contextlib
import functools
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import requests
import urllib3

from fashionlab.data.bounded import OUT_OF_TIME, Limits, SourceError, read_gzip, read_plain, say

MAX_REDIRECTS = 5
THIS_MACHINE = ("127.0.0.1", "localhost")


def fetch(source: dict[str, str], names: list[str], limits: Limits) -> Iterator[tuple[str, bytes]]:
    """Yield (name, unpacked content) of each of the files `names`, packed or not at the source.

    Raises SourceError, with the reason in a line, where the source fails or passes a limit.
    """
    if "url" in source:
        for name in names:
            url = f"{source['url'].rstrip('/')}/{name}.gz"
            yield name, _within(limits, functools.partial(_read_url, url, limits))
    elif "directory" in source:
        for name in names:
            yield name, _read_from_folder(Path(source["directory"]), name, limits)
    else:
        with _unpacked_package(source["package"], limits) as root:
            for name in names:
                yield name, _read_from_folder(root / source["path"].lstrip("/"), name, limits)


def _within(limits: Limits, task: Callable[[], bytes]) -> bytes:
    # A thread that can be left behind: name resolution and a server that sends a byte a minute
    # know of no time limit. It has nothing but memory, so leaving it harms nothing.
    outcome: Future[bytes] = Future()

    def work() -> None:
        try:
            outcome.set_result(task())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        return outcome.result(limits.remaining())
    except TimeoutError:
        raise SourceError(OUT_OF_TIME) from None


def _read_url(url: str, limits: Limits) -> bytes:
    session = requests.Session()
    session.max_redirects = MAX_REDIRECTS
    session.mount("http://", _ThisMachineAlone())
    try:
        with session.get(
            url, stream=True, timeout=limits.timeout, headers={"Accept-Encoding": "identity"}
        ) as response:
            response.raise_for_status()
            length = int(response.headers.get("Content-Length", 0))
            return read_gzip(response.raw, limits, length)
    except requests.HTTPError as error:
        raise SourceError(f"HTTP status {error.response.status_code} for {url}") from None
    except requests.exceptions.InvalidSchema:
        raise SourceError("not an https:// address, or redirected to one that is not") from None
    except requests.TooManyRedirects:
        raise SourceError(f"more than {MAX_REDIRECTS} redirects") from None
    except (requests.Timeout, urllib3.exceptions.ReadTimeoutError):
        raise SourceError(f"no answer for {limits.timeout:g} s (timeout)") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise SourceError(_innermost(error)) from None


class _ThisMachineAlone(requests.adapters.HTTPAdapter):
    """Plain http, to this machine; a redirect from elsewhere to another one is refused as well."""

    def send(self, request, *arguments, **options):
        if urllib3.util.parse_url(request.url).host not in THIS_MACHINE:
            raise requests.exceptions.InvalidSchema(request.url)
        return super().send(request, *arguments, **options)


def _innermost(error: Exception) -> str:
    # requests wraps urllib3's errors, which repeat the address before the reason.
    inner = error.args[0] if error.args else error
    reason = str(getattr(inner, "reason", inner))
    return re.sub(r"^HTTPS?Connection(Pool)?\(.*?\): ", "", reason) or type(error).__name__


def _read_from_folder(folder: Path, name: str, limits: Limits) -> bytes:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            try:
                with open(path, "rb") as file:
                    read = read_gzip if path.suffix == ".gz" else read_plain
                    return read(file, limits, path.stat().st_size)
            except OSError as error:
                raise SourceError(f"{path}: {error.strerror}") from None
    raise SourceError(
        f"has neither {name} nor {name}.gz" if folder.is_dir() else "there is no such folder"
    )


@contextlib.contextmanager
def _unpacked_package(package: str, limits: Limits) -> Iterator[Path]:
    if not re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", package):
        raise SourceError("not the name of a Debian package")
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            raise SourceError(f"{program} is not on this machine (is it Debian or Ubuntu?)")
    with tempfile.TemporaryDirectory() as folder:
        apt = ["apt-get", "-qq", "-o", f"Acquire::http::Timeout={limits.timeout:g}"]
        try:
            _run([*apt, "download", package], folder, limits)
        except SourceError:
            # No lists of packages, or old ones; fresh ones of our own need no administrator.
            apt += ["-o", f"Dir::State::lists={folder}/lists", "-o", f"Dir::Cache={folder}/cache"]
            say("  fetching apt's lists of packages")
            Path(folder, "lists/partial").mkdir(parents=True)
            Path(folder, "cache/archives/partial").mkdir(parents=True)
            _run([*apt, "update"], folder, limits)
            _run([*apt, "download", package], folder, limits)
        for archive in Path(folder).glob("*.deb"):
            _run(["dpkg-deb", "-x", str(archive), f"{folder}/unpacked"], folder, limits)
        yield Path(folder, "unpacked")


def _run(command: list[str], folder: str, limits: Limits) -> None:
    try:
        subprocess.run(
            command, cwd=folder, env={**os.environ, "LC_ALL": "C"}, timeout=limits.remaining(),
            stdin=subprocess.DEVNULL, capture_output=True, check=True, encoding="utf-8",
            errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise SourceError(OUT_OF_TIME) from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or [f"exit status {error.returncode}"]
        raise SourceError(f"{command[0]}: {lines[-1]}") from None
