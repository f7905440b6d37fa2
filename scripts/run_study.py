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
from functools import partial
from pathlib import Path
from typing import IO

import show_plan
from fashionlab.configuration import ConfigurationError, count_gpus
from fashionlab.follow import Follower, StudyProgress
from fashionlab.planned import trainings_of
from fashionlab.study import ROOT, is_done, load_plan, training_called
from fashionlab.training.progress import format_seconds


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--configfile", nargs="*", default=[], help="merged over config.yaml")
    parser.add_argument(
        "--cores", type=int, default=len(os.sched_getaffinity(0)), help="to use (default: all)"
    )
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--training", metavar="ID", help="only this one: experiment/variant/run1")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("targets", nargs="*", default=["report"], help="files (default: report)")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    lock = take_lock(Path(".snakemake/study.lock"))
    try:
        plan = load_plan(arguments.configfile)
    except ConfigurationError as error:
        sys.exit(f"run_study: {error}")
    try:
        if arguments.training:
            arguments.targets = [training_called(plan, arguments.training)["result"]]
        progress = announce(plan, arguments)
    except (ValueError, RuntimeError) as error:
        sys.exit(f"run_study: {error}")
    remove_stale_snakemake_lock()
    status = run_snakemake(plan, arguments, lock, progress)
    if status == 0 and arguments.targets == ["report"] and not arguments.dry_run:
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


def announce(plan: dict, arguments: argparse.Namespace) -> StudyProgress | None:
    """Print what will be trained and how long it takes; return what follows it in a terminal."""
    done = {t["id"] for t in plan["trainings"] if is_done(t)}
    if not arguments.training:
        print(show_plan.describe_plan(plan, done, every_training=False), flush=True)
    wanted = [t for t in plan["trainings"] if arguments.training in (None, t["id"])]
    missing = [t for t in wanted if t["id"] not in done]
    if arguments.dry_run or not missing:
        return None
    from fashionlab.estimate import estimate_seconds, wall_seconds

    workers = count_gpus() if arguments.device != "cpu" and count_gpus() else arguments.cores
    seconds = estimate_seconds(plan, missing, arguments.device)
    wall = partial(wall_seconds, workers=workers)
    about = format_seconds(wall(seconds.values()))
    print(f"To train: {len(missing)}, about {about} here.", flush=True)
    return StudyProgress(plan, seconds, wall) if sys.stdout.isatty() else None


def remove_stale_snakemake_lock() -> None:
    """Clear the lock of a Snakemake that was killed; nothing else runs while we hold ours."""
    for stale in Path(".snakemake/locks").glob("*"):
        stale.unlink()


def run_snakemake(
    plan: dict, arguments: argparse.Namespace, lock: IO, progress: StudyProgress | None
) -> int:
    """Run Snakemake to its end and return its exit status.

    It inherits the lock, and so keeps it should this program be killed.
    """
    command = [sys.executable, "-m", "snakemake", *arguments.targets]
    command += ["--cores", str(arguments.cores), "--resources", f"gpu={max(1, count_gpus())}"]
    if arguments.configfile:
        command += ["--configfile", *arguments.configfile]
    if arguments.device != "auto":
        command += ["--config", f"device={arguments.device}"]
    if arguments.dry_run:
        return subprocess.run([*command, "--dry-run", "--quiet", "rules"], check=False).returncode
    words = Path(plan["results"]) / "logs" / "snakemake.log"
    words.parent.mkdir(parents=True, exist_ok=True)
    with open(words, "w") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, pass_fds=[lock.fileno()]
        )
    follower = Follower(words, progress)
    while True:
        try:
            return follower.follow(process)
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
