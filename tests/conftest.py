"""Fixtures of the tests that need a finished study: made once, shared by all workers."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from forked import run_snakemake
from get_browser import MISSING

for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):  # as users have it
    os.environ.pop(name, None)
ROOT = Path(__file__).resolve().parents[1]
TINY = ["--configfile", "workflow/presets/tiny.yaml"]
MEMORY = Path("/dev/shm")
# The tests make hundreds of copies of a study, 0.7 GB at once: in memory, if there is plenty.
runs_programs = MEMORY.is_dir() and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
if runs_programs and shutil.disk_usage(MEMORY).free > 4e9:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="also run the tests that take minutes")
    parser.addoption("--study", help="--study=FOLDER: a finished tiny study to use")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="slow: `make test-all` runs it")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)


def pytest_terminal_summary(terminalreporter):
    """Say aloud at the end that nobody looked at the report."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any(MISSING in str(report.longrepr) for report in skipped):
        terminalreporter.section("no browser", red=True, bold=True)
        terminalreporter.write_line(MISSING)


def snakemake(folder, *arguments, check=True, **environment):
    """Run Snakemake in a folder as a user would; return its whole output."""
    words = ["--cores", "2", *map(str, arguments)]
    status, output = run_snakemake(folder, words, os.environ | environment)
    if check:
        assert status == 0, output[-5000:]
    return output


def copy_project(folder):
    """Copy the project into an empty folder: what git has, and what took time and is here.

    That is the data, and kernels and parsed sources, which are known by their content.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for name in ("data", ".snakemake/kernels", ".snakemake/sources"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def tiny_study(tmp_path_factory, worker_id, pytestconfig):
    """A finished `tiny` study in a copy of the project; tests must leave it as it is."""
    if given := pytestconfig.getoption("--study"):
        return Path(given)
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent
    folder = base / "tiny_study"
    with FileLock(f"{folder}.lock"):
        if not (folder / "results/tiny/report/report.pdf").is_file():
            home = base / "home"
            for each in (folder, home):
                each.mkdir(exist_ok=True)
            snakemake(copy_project(folder), "--resources", "gpu=1", *TINY, HOME=str(home))
    return folder


@pytest.fixture
def study_copy(tiny_study, tmp_path):
    """A finished `tiny` study, moved to another folder, that a test may change."""
    return Path(shutil.copytree(tiny_study, tmp_path / "moved", symlinks=True))


@pytest.fixture(scope="session")
def report_dir(tiny_study):
    """The folder of a rendered report."""
    return tiny_study / "results/tiny/report"


@pytest.fixture(autouse=True)
def random_cases(request):
    """Record how many examples hypothesis has really tried, for the table in docs/faults.md."""
    if not hypothesis.is_hypothesis_test(request.function):
        yield
        return
    inner, tried = request.function.hypothesis.inner_test, 0

    @functools.wraps(inner)
    def counting(*arguments, **options):
        nonlocal tried
        inner(*arguments, **options)
        tried += 1

    request.function.hypothesis.inner_test = counting
    yield
    request.function.hypothesis.inner_test = inner
    request.node.user_properties.append(("random", tried))
