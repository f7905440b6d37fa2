"""Real schedulers for tests, in namespaces of their own, and how the tests use them."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

HERE = Path(__file__).parent
NAMESPACES = ["--fork", "--uts", "--pid", "--mount-proc", "--kill-child=SIGKILL"]
SYSTEM = "/usr/sbin:/usr/bin:/usr/lib/gridengine"


def needs(*programs: str) -> pytest.MarkDecorator:
    """Return a mark that skips tests where a scheduler cannot be started, and says why.

    With ``CI`` in the environment they are run, and fail.
    """
    missing = [name for name in programs if not shutil.which(name, path=SYSTEM)]
    reason = ""
    if missing:
        reason = f"not installed: {', '.join(missing)}"
    elif os.geteuid():
        reason = "only root can start a scheduler"
    elif subprocess.run(["unshare", *NAMESPACES, "true"], capture_output=True).returncode:
        reason = "this machine allows no namespaces, in which the scheduler would run"
    return pytest.mark.skipif(bool(reason) and "CI" not in os.environ, reason=reason)


@contextlib.contextmanager
def scheduler(script: str, *namespaces: str) -> Iterator[Path]:
    """Run a scheduler; yield its folder, whose ``bin`` holds the commands of its users.

    The script is the first process of a PID namespace, so nothing outlives it, and it ends when
    its standard input closes, as it does even if this process is killed.
    Raises RuntimeError with the scheduler's logs if it does not get ready.
    """
    box = Path(tempfile.mkdtemp(prefix="box-", dir="/tmp"))  # a socket's path has 108 letters
    box.chmod(0o755)
    command = ["unshare", *NAMESPACES, *namespaces, "bash", str(HERE / script), str(box)]
    process = subprocess.Popen(
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    (box / "pid").write_text(str(process.pid))
    assert process.stdin
    assert process.stdout
    try:
        said = process.stdout.readline()
        if said != "ready\n":
            process.stdin.close()
            logs = [f"{log}:\n{log.read_text()[-2000:]}" for log in sorted(box.glob("log/*"))]
            raise RuntimeError("\n".join([said + process.stdout.read(), *logs]))
        yield box
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        shutil.rmtree(box, ignore_errors=True)


def environment(box: Path) -> dict[str, str]:
    """Return an environment in which a scheduler's commands are found, with an empty home."""
    (box / "home").mkdir(exist_ok=True)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM", "SGE"))}
    return clean | {"PATH": f"{box}/bin:{os.environ['PATH']}", "HOME": f"{box}/home"}


def ask(box: Path, *command: str) -> str:
    """Return what a scheduler's command says."""
    done = subprocess.run(command, env=environment(box), text=True, capture_output=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


@contextlib.contextmanager
def snakemake_on(box: Path, project: Path, *arguments: str) -> Iterator[subprocess.Popen]:
    """Start Snakemake on a scheduler; its output goes to ``output.txt`` in the project.

    It ends with the context, and with this process.
    """
    with open(project / "output.txt", "w", encoding="utf-8") as output:
        # A shell's background job, and so its children, would not hear SIGINT.
        within = ["setpriv", "--pdeathsig", "KILL", "env", "--default-signal=INT"]
        process = subprocess.Popen(
            [*within, sys.executable, str(HERE / "impatient.py"), *arguments],
            cwd=project, env=environment(box), stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def finished(process: subprocess.Popen, project: Path, seconds: float = 1500) -> str:
    """Return the output of a Snakemake that must succeed."""
    status = process.wait(timeout=seconds)
    output = (project / "output.txt").read_text()
    assert status == 0, output[-8000:]
    return output


def interrupt_while_it_is_busy_with(
    command: Path, process: subprocess.Popen, project: Path, kill: Callable[[int, int], None]
) -> None:
    """Interrupt a Snakemake while it waits for a command, and wait until it has noticed.

    With ``os.killpg`` the command hears it, too, as it does when a terminal sends Ctrl-C.
    """

    def is_busy() -> bool:
        with contextlib.suppress(psutil.Error):
            children = psutil.Process(process.pid).children(recursive=True)
            return any(str(command) in child.cmdline() for child in children)
        return False

    wait_for(is_busy, f"a slow {command.name}")
    kill(process.pid, signal.SIGINT)
    wait_for(lambda: "Terminating" in (project / "output.txt").read_text(), "the interruption")


def running_training(project: Path, name: str) -> psutil.Process | None:
    """Return the process of a project's training whose name matches a pattern."""
    for process in psutil.process_iter(["cmdline", "cwd"]):
        words = process.info["cmdline"] or []
        if process.info["cwd"] == str(project) and any(re.match(name, word) for word in words):
            return process
    return None


def results(project: Path) -> dict[str, bytes]:
    """Return the bytes of all trainings' results and weights, by their names."""
    runs = next(project.glob("results/*/runs"))
    files = [*runs.rglob("run?.json"), *runs.rglob("run?.safetensors")]
    return {str(path.relative_to(runs)): path.read_bytes() for path in files}


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    """Return the first true value of a condition; fail with a sentence if there is none in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.05)
    return value
