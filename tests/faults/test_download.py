"""Downloads end with the right files or with none, whatever a server, an archive or a folder does.

A server on this machine plays every part: the address's first folder says which.
"""

import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torchvision
import yaml

import download_data
from conftest import TINY, copy_project, snakemake
from fashionlab.data.download import FILES, download
from fashionlab.machine import FolderError
from fashionlab.running.one_run import PART, delete_parts, lock_folder

IMAGES, LABELS = FILES[:2]


def idx(array):
    return struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes()


def make_files(seed=449):
    """Return {name: content} of a small sound data set: 30 and 20 images of 5 x 4 pixels."""
    random, files = np.random.default_rng(seed), {}
    for names, count in ((FILES[:2], 30), (FILES[2:], 20)):
        files[names[0]] = idx(random.integers(0, 256, (count, 5, 4), dtype=np.uint8))
        files[names[1]] = idx(random.integers(0, 10, count, dtype=np.uint8))
    return files


GOOD, OTHER = make_files(), make_files(seed=450)
SHA256 = {name: hashlib.sha256(data).hexdigest() for name, data in GOOD.items()}
LIMIT_MB = 0.25


def flip(data):
    data = bytearray(data)
    data[len(data) // 2] ^= 0x10
    return bytes(data)


BODIES = {
    "good": lambda name: gzip.compress(GOOD[name], mtime=0),
    "html": lambda name: b"<!DOCTYPE html><title>Sign in to the network</title>",
    "wrong": lambda name: gzip.compress(OTHER[name]),
    "swapped": lambda name: gzip.compress(GOOD[LABELS if name == IMAGES else IMAGES]),
    "truncated": lambda name: gzip.compress(GOOD[name])[:-9],
    "flipped": lambda name: flip(gzip.compress(GOOD[name])),
    "empty": lambda name: b"",
    "bomb": lambda name: gzip.compress(bytes(50_000_000)),
    "long": lambda name: gzip.compress(os.urandom(1_000_000), 0),
    "longer": lambda name: gzip.compress(GOOD[name] + b"more"),
    # The first file is right, the others are not.
    "one": lambda name: gzip.compress((GOOD if name == IMAGES else OTHER)[name]),
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append(self.path)
        kind, name = self.path.strip("/").split("/")
        if kind in BODIES:
            self.answer(BODIES[kind](name.removesuffix(".gz")))
        elif kind == "together":  # nobody gets the first file before two have asked for it
            if IMAGES in name:
                self.server.barrier.wait(timeout=20)
            self.answer(BODIES["good"](name.removesuffix(".gz")))
        elif kind == "loop":
            self.answer(b"", 302, Location=self.path)
        elif kind == "downgrade":
            self.answer(b"", 302, Location="http://192.0.2.1/file.gz")
        elif kind == "cut":
            self.answer(BODIES["good"](name.removesuffix(".gz"))[:40], length=5000)
        elif kind == "silent":
            self.server.stopped.wait()
        elif kind in ("drip", "drip_headers"):
            self.wfile.write(b"HTTP/1.0 200 OK\r\n" + b"\r\n" * (kind == "drip"))
            for byte in gzip.compress(GOOD[IMAGES]):
                self.wfile.write(bytes([byte]) if kind == "drip" else b"x")
                if self.server.stopped.wait(0.1):
                    break
        else:
            self.answer(b"nothing here", 404)

    def answer(self, body, status=200, length=None, **headers):
        self.send_response(status)
        for key, value in {"Content-Length": length or len(body), **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def handle(self):
        with contextlib.suppress(ConnectionError):  # the client has had enough
            super().handle()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests, server.stopped, server.barrier = [], threading.Event(), threading.Barrier(2)
    server.source = lambda kind: {"url": f"http://127.0.0.1:{server.server_port}/{kind}/"}
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
    yield server
    server.stopped.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / "raw"


def dataset(*sources, **changes):
    return {
        "name": "Small-MNIST", "classes": list("abcdefghij"), "sha256": SHA256, "timeout": 5,
        "source_seconds": 20, "largest_file_mb": LIMIT_MB, "sources": list(sources), **changes,
    }  # fmt: skip


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_good_address_gives_the_four_files(server, folder):
    download(dataset(server.source("good")), folder)
    assert contents(folder) == GOOD


SLOW = {"silent", "drip", "drip_headers"}
FAULTS = [
    ("html", "not a .gz file"),
    ("wrong", f"{IMAGES} is not the right file"),
    ("swapped", f"{IMAGES} is not the right file"),
    ("truncated", "ends too early"),
    ("flipped", "damaged"),
    ("empty", "not the right file"),
    ("bomb", "bytes unpacked: stopped"),
    ("long", "longer than"),
    ("longer", f"{IMAGES} is not the right file"),
    ("cut", "IncompleteRead"),
    ("loop", "more than 5 redirects"),
    ("downgrade", "not an https:// address"),
    ("missing", "HTTP status 404"),
    ("silent", "no answer for 0.3 s"),
    ("drip", "time limit of a source"),
    ("drip_headers", "time limit of a source"),
]


@pytest.mark.parametrize(("kind", "message"), FAULTS, ids=[kind for kind, _ in FAULTS])
def test_faulty_source_leaves_nothing_and_is_named(server, folder, kind, message):
    limits = {"timeout": 0.3, "source_seconds": 1} if kind in SLOW else {}
    start = time.monotonic()
    with pytest.raises(ValueError, match="no source has all its files") as error:
        download(dataset(server.source(kind), **limits), folder)
    assert time.monotonic() - start < 5
    told = str(error.value)
    assert f"/{kind}/: " in told
    assert message in told
    assert f"into {folder}" in told
    assert contents(folder) == {}


@pytest.mark.parametrize("kind", [kind for kind, _ in FAULTS if kind not in SLOW])
def test_the_next_source_makes_up_for_a_faulty_one(server, folder, kind):
    download(dataset(server.source(kind), server.source("good")), folder)
    assert contents(folder) == GOOD


def test_right_files_of_a_faulty_source_are_not_fetched_twice(server, folder):
    download(dataset(server.source("one"), server.source("good")), folder)
    assert contents(folder) == GOOD
    assert [path for path in server.requests if IMAGES in path] == [f"/one/{IMAGES}.gz"]


def test_files_that_are_there_and_right_are_left_alone(server, folder):
    download(dataset(server.source("good")), folder)
    ages = [path.stat().st_mtime_ns for path in folder.iterdir()]
    download(dataset(server.source("good")), folder)
    assert len(server.requests) == 4
    assert ages == [path.stat().st_mtime_ns for path in folder.iterdir()]


def test_replaced_data_file_is_refused_and_not_overwritten(server, folder):
    folder.mkdir(parents=True)
    (folder / LABELS).write_bytes(OTHER[LABELS])
    with pytest.raises(ValueError, match=rf"{LABELS}: not the data file.*Delete it"):
        download(dataset(server.source("good")), folder)
    assert contents(folder) == {LABELS: OTHER[LABELS]}


def test_address_that_does_not_exist_fails_at_once_and_is_named(folder):
    source = {"url": "https://no-such-host.invalid/"}
    with pytest.raises(ValueError, match=r"no-such-host\.invalid/: .*no-such-host"):
        download(dataset(source, timeout=5), folder)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/",
        "http://127.0.0.1:80@192.0.2.1/",
        "http://localhost:x@192.0.2.1:80/",
        "ftp://192.0.2.1/",
        "file:///etc",
    ],
)
def test_anything_but_https_to_another_machine_is_refused(url, folder):
    with pytest.raises(ValueError, match=re.escape(f"{url}: not an https:// address")):
        download(dataset({"url": url}), folder)


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes a certificate with openssl")
def test_certificate_that_nobody_vouches_for_is_refused(server, folder, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with pytest.raises(ValueError, match="CERTIFICATE_VERIFY_FAILED"):
        download(dataset({"url": f"https://localhost:{server.server_port}/good/"}), folder)
    assert contents(folder) == {}


# Folders and packages ----------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True], ids=["unpacked", "packed"])
def test_folder_of_packed_or_unpacked_files(tmp_path, folder, packed):
    source = tmp_path / "manual"
    source.mkdir()
    for name, data in GOOD.items():
        (source / (f"{name}.gz" if packed else name)).write_bytes(
            gzip.compress(data) if packed else data
        )
    download(dataset({"directory": str(source)}), folder)
    assert contents(folder) == GOOD


def test_folders_that_lack_files_are_told_apart(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "empty" / IMAGES)  # reading a pipe would wait for ever
    sources = [{"directory": str(tmp_path / name)} for name in ("absent", "empty")]
    with pytest.raises(ValueError, match="no source") as error:
        download(dataset(*sources), folder)
    assert "absent: there is no such folder" in str(error.value)
    assert f"empty: has neither {IMAGES} nor {IMAGES}.gz" in str(error.value)


def torchvisions(monkeypatch, server, kind):
    """Let torchvision's FashionMNIST be the small data set, on a mirror of a kind."""
    files = [
        (f"{n}.gz", hashlib.md5(gzip.compress(d, mtime=0)).hexdigest()) for n, d in GOOD.items()
    ]
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", files)
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [server.source(kind)["url"]])
    return {"torchvision": "FashionMNIST"}


def test_torchvision_gets_the_files_from_its_own_mirrors(server, folder, monkeypatch):
    download(dataset(torchvisions(monkeypatch, server, "good")), folder)
    assert contents(folder) == GOOD
    assert len(set(server.requests)) == 4


@pytest.mark.parametrize(
    ("kind", "message"),
    [("wrong", "File not found or corrupted"), ("missing", "Error downloading"),
     ("html", "File not found or corrupted"), ("silent", "Error downloading|timed out"),
     ("drip", "time limit of a source")],
)  # fmt: skip
def test_a_faulty_mirror_of_torchvision_leaves_nothing_and_the_next_source_is_tried(
    server, folder, monkeypatch, kind, message
):
    source = torchvisions(monkeypatch, server, kind)
    limits = {"timeout": 0.3, "source_seconds": 2} if kind in SLOW else {}
    with pytest.raises(ValueError, match=f"torchvision's FashionMNIST: .*({message})"):
        download(dataset(source, **limits), folder)
    assert contents(folder) == {}
    download(dataset(source, server.source("good"), **limits), folder)
    assert contents(folder) == GOOD


def test_a_machine_without_torchvision_goes_on_to_the_next_source(server, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    download(dataset({"torchvision": "FashionMNIST"}, server.source("good")), folder)
    assert contents(folder) == GOOD


@pytest.fixture
def apt(tmp_path, monkeypatch):
    """Play apt-get for a package `small-mnist`; `lists` says whether it knows its packages."""
    if not shutil.which("dpkg-deb"):
        pytest.skip("needs dpkg-deb")
    tree = tmp_path / "package"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        "Package: small-mnist\nVersion: 1\nArchitecture: all\nMaintainer: N <n@example.org>\n"
        "Description: small\n"
    )
    (tree / "usr/share/small").mkdir(parents=True)
    for name, data in GOOD.items():
        (tree / "usr/share/small" / f"{name}.gz").write_bytes(gzip.compress(data))
    subprocess.run(["dpkg-deb", "-b", tree, tmp_path / "a.deb"], check=True, capture_output=True)
    programs, lists = tmp_path / "bin", tmp_path / "lists"
    programs.mkdir()
    (programs / "apt-get").write_text(
        f"""#!/bin/sh
        case "$*" in
        *update*) touch {lists} ;;
        *download\\ small-mnist) [ -e {lists} ] && cp {tmp_path}/a.deb small-mnist_1_all.deb && exit
            echo "W: a warning" >&2; echo "E: Unable to locate package" >&2; exit 100 ;;
        *download\\ hanging) exec sleep 60 ;;
        *) echo "E: No such package" >&2; exit 100 ;;
        esac
        """
    )
    (programs / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return SimpleNamespace(
        lists=lists, source={"package": "small-mnist", "path": "usr/share/small"}
    )


@pytest.mark.parametrize("known", [True, False], ids=["lists", "no lists"])
def test_package_is_unpacked_also_where_apt_has_no_lists_yet(apt, folder, known):
    if known:
        apt.lists.touch()
    download(dataset(apt.source), folder)
    assert contents(folder) == GOOD


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ("other", "apt-get: E: No such package"),
        ("hanging", "time limit"),
        ("--help", "not the name of a Debian package"),
        ("a; touch b", "not the name of a Debian package"),
    ],
)
def test_failing_package_is_told_in_a_line(apt, folder, package, message):
    with pytest.raises(ValueError, match=message):
        download(dataset({**apt.source, "package": package}, source_seconds=1), folder)
    assert contents(folder) == {}


def test_machine_without_apt_goes_on_to_the_next_source(server, folder, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    package = {"package": "small-mnist", "path": "usr/share/small"}
    with pytest.raises(ValueError, match="apt-get is not on this machine"):
        download(dataset(package), folder)
    download(dataset(package, server.source("good")), folder)
    assert contents(folder) == GOOD


def test_source_of_no_known_kind_is_refused(folder):
    with pytest.raises(ValueError, match="give a url, a directory, a package"):
        download(dataset({"torrent": "x"}), folder)


# The program -------------------------------------------------------------------------------------


def start(section, folder):
    command = [sys.executable, download_data.__file__, "--dataset", json.dumps(section)]
    return subprocess.Popen([*command, "--output-dir", folder], stderr=subprocess.PIPE, text=True)


def test_two_downloads_at_once_both_end_well(server, folder):
    programs = [start(dataset(server.source("together")), folder) for _ in range(2)]
    told = [program.communicate()[1] for program in programs]
    assert [text.count("checksum right") for text in told] == [4, 4]
    assert [program.returncode for program in programs] == [0, 0]
    assert contents(folder) == GOOD


def test_program_tells_of_all_sources_without_a_traceback(server, folder):
    program = start(dataset(server.source("html"), {"directory": "/nowhere"}), folder)
    told = program.communicate()[1]
    assert program.returncode == 1
    assert "/html/: damaged, or not a .gz file" in told
    assert "folder /nowhere: there is no such folder" in told
    assert "Traceback" not in told


@pytest.fixture
def slow_disk(tmp_path, monkeypatch):
    """A disk on which programs wait for ever for what they have written to be on it."""
    (tmp_path / "slow").mkdir()
    code = "import os, time\nos.fsync = lambda file: time.sleep(600)\n"
    (tmp_path / "slow/sitecustomize.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "slow"))


KILLS = pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name
)


def kill_when(ready, program, number):
    while not ready():
        assert program.poll() is None
        time.sleep(0.02)
    program.send_signal(number)
    told = program.communicate()[1]
    assert program.returncode != 0
    assert "Traceback" not in told


@KILLS
def test_download_killed_while_it_waits_leaves_nothing(server, folder, number):
    download(dataset(server.source("good")), folder)
    (folder / LABELS).unlink()
    program = start(dataset(server.source("drip")), folder)
    kill_when(lambda: any("drip" in path for path in server.requests), program, number)
    assert contents(folder) == {name: data for name, data in GOOD.items() if name != LABELS}


@KILLS
def test_download_killed_while_it_writes_leaves_nothing_torn(server, folder, number, slow_disk):
    program = start(dataset(server.source("good")), folder)
    kill_when(lambda: list(folder.glob(".*.part")), program, number)
    assert not [name for name in contents(folder) if name in FILES]
    left = list(folder.glob(".*"))
    assert len(left) == (number == signal.SIGKILL)  # for a later start of the study to delete
    assert [path.name for path in left] == [path.name for path in folder.glob(PART)]


def test_half_written_data_are_swept_once_nobody_writes_them(tmp_path):
    results, data = tmp_path / "results", tmp_path / "data"
    part, hour = f".{16 * 'a'}.part", time.time() - 3700
    old, new = data / part, data / part.replace("a", "b")  # of a dead download, of a live one
    foreign = [data / ".mine.part", data / "inner" / part, data / f"{16 * 'a'}.part"]
    own = results / "runs" / part
    for path in (old, new, own, *foreign):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for path in (old, *foreign):
        os.utime(path, (hour, hour))
    delete_parts(results, data)
    assert not old.exists()
    assert all(path.exists() for path in (new, own, *foreign))
    delete_parts(results, data, patience=0)
    assert not own.exists()
    assert all(path.exists() for path in (new, *foreign))


@pytest.mark.parametrize("program", ["snakemake", "run_study"])
def test_every_start_of_the_study_sweeps_the_data(program, study_copy):
    data, exported = study_copy / "data/FashionMNIST/raw", "results/tiny/exports/part2_mlp2.json"
    for name, age in (("a", 3700), ("b", 0)):
        part = data / f".{16 * name}.part"
        part.touch()
        os.utime(part, (time.time() - age,) * 2)
    if program == "snakemake":
        (study_copy / exported).unlink()
        snakemake(study_copy, exported, *TINY)
    else:
        command = [sys.executable, "scripts/run_study.py", *TINY]
        subprocess.run(command, cwd=study_copy, check=True, capture_output=True)
    assert [path.name for path in data.glob(".*.part")] == [f".{16 * 'b'}.part"]


@contextlib.contextmanager
def somebody_elses_folder():
    """A folder that can be read and not be written; root, who may write everywhere, is nobody."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        os.chmod(folder, 0o755 if root else 0o555)
        if root:
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)
            os.chmod(folder, 0o755)


def test_folder_that_cannot_be_made_or_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FolderError, match=r"file/raw: cannot be written \(Not a directory"):
        download(dataset(), tmp_path / "file" / "raw")
    with somebody_elses_folder() as folder:
        refused = rf"cannot be written \(Permission denied; owner: {re.escape(folder.owner())}\)"
        with pytest.raises(FolderError, match=refused):
            download(dataset(), folder)
        with pytest.raises(FolderError, match=f"{refused}; .* use a clone of your own"):
            lock_folder(folder)


def test_a_failed_download_deletes_no_file_that_was_there(tmp_path):
    project = copy_project(tmp_path / "project")
    raw = tmp_path / "shared"
    raw.mkdir()
    (raw / LABELS).write_bytes(GOOD[LABELS])
    own = {"folder": str(raw), "sha256": SHA256, "sources": [{"directory": "/nowhere"}]}
    (project / "own.yaml").write_text(yaml.safe_dump({"dataset": own}))
    target = ["download_data", "--configfile", "own.yaml"]
    output = snakemake(project, *target, check=False)
    assert "no source has all its files" in output
    assert "The flag" not in output, "Snakemake complains of a rule"
    assert contents(raw) == {LABELS: GOOD[LABELS]}
