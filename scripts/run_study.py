"""Run the study from its present state to its report: plan first, a summary at the end.

Holds a lock of the operating system while it runs. That makes it safe to clear the lock that a
killed Snakemake leaves behind, and a second start beside a live one is refused.
"""

import argparse
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

import show_plan
from fashionlab.config_files import ConfigurationError
from fashionlab.plan import trainings_of
from fashionlab.study import ROOT, add_configuration_options, count_gpus, is_done, load_plan
from fashionlab.training.progress import format_seconds


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add_configuration_options(parser)
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("targets", nargs="*", default=["report"])
    arguments = parser.parse_args()
    os.chdir(ROOT)
    lock = take_lock(Path(".snakemake/study.lock"))
    try:
        plan = load_plan(arguments.configfile, arguments.config)
    except ConfigurationError as error:
        sys.exit(str(error))
    announce(plan, arguments)
    remove_stale_snakemake_lock()
    status = run_snakemake(arguments, lock)
    if status == 0 and arguments.targets == ["report"]:
        print(summarise(plan))
    sys.exit(status)


def take_lock(path: Path) -> IO:
    """Return the open lock file. Exits with a sentence if another run holds it."""
    path.parent.mkdir(exist_ok=True)
    lock = open(path, "w")  # noqa: SIM115 - held until the program ends
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("run_study: the study is already running in this folder; wait for it or stop it.")
    return lock


def announce(plan: dict, arguments: argparse.Namespace) -> None:
    """Print what will be trained and how long it will take."""
    done = {t["id"] for t in plan["trainings"] if is_done(t)}
    print(show_plan.describe_plan(plan, done, every_training=False), flush=True)
    missing = [t for t in plan["trainings"] if t["id"] not in done]
    if missing:
        from fashionlab.estimate import estimate_seconds

        workers = count_gpus() if arguments.device != "cpu" and count_gpus() else arguments.cores
        seconds = estimate_seconds(plan, missing, arguments.device, workers)
        print(f"To train: {len(missing)}, about {format_seconds(seconds)} here.", flush=True)


def remove_stale_snakemake_lock() -> None:
    """Clear the lock of a Snakemake that was killed; nothing else runs while we hold ours."""
    for stale in Path(".snakemake/locks").glob("*"):
        stale.unlink()


def run_snakemake(arguments: argparse.Namespace, lock: IO) -> int:
    """Run Snakemake to its end and return its exit status.

    It inherits the lock, and so keeps it should this program be killed.
    """
    command = [sys.executable, "-m", "snakemake", *arguments.targets]
    command += ["--cores", str(arguments.cores), "--resources", f"gpu={max(1, count_gpus())}"]
    command += ["--quiet", "host", "rules", "reason"]
    if arguments.configfile:
        command += ["--configfile", *arguments.configfile]
    settings = [f"device={arguments.device}"] if arguments.device != "auto" else []
    if settings := arguments.config + settings:
        command += ["--config", *settings]
    process = subprocess.Popen(command, pass_fds=[lock.fileno()])
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # Snakemake got it, too: it ends its jobs and then itself


def summarise(plan: dict) -> str:
    """Return the closing lines: best networks, verdicts, where the report lies."""
    results = Path(plan["results"])
    summary = json.loads((results / "summary.json").read_text())
    claims = json.loads((results / "claims.json").read_text())["claims"]
    lines = []
    for training in trainings_of(plan, "generalisation"):
        accuracy = summary["variants"][f"generalisation/{training['variant']}"]["test_accuracy"]
        if training["run"] == 1 and accuracy["mean"] is not None:
            lines.append((accuracy["mean"], f"{training['variant']} {accuracy['mean']:.2f} %"))
    texts = [text for _, text in sorted(lines, reverse=True)]
    verdicts = [claim["verdict"] for claim in claims]
    counts = [f"{verdicts.count(v)} {v}" for v in ("holds", "does not hold", "undecided")]
    return "\n".join(
        [f"Test accuracy: {', '.join(texts)}"] * bool(texts)
        + [f"Claims of the original: {', '.join(counts)}"]
        + [f"Report: {results}/report/report.html and {results}/report/report.pdf"]
    )


if __name__ == "__main__":
    main()
