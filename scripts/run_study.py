"""Run the study from its present state to its report: plan first, a summary at the end.

However a run ends, nothing of it goes on: a second start beside a live one is refused, and one
after a dead one first ends what that has left, clears its Snakemake's lock and goes on from there.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

import show_plan
from fashionlab.configuration import ConfigurationError
from fashionlab.one_run import FolderError, check_room, claim_folder, end_survivors
from fashionlab.plan import trainings_of
from fashionlab.reading import read_json
from fashionlab.study import ROOT, count_gpus, is_done, load_plan
from fashionlab.training.progress import format_seconds

GOES_ON = "the same command goes on from here."


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--configfile", nargs="*", default=[], help="merged over config.yaml")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("targets", nargs="*", default=["report"])
    arguments = parser.parse_args()
    os.chdir(ROOT)
    try:
        _lock = claim_folder(ROOT)
        plan = load_plan(arguments.configfile)
        clear_dead_run(Path(plan["results"]))
        check_room(Path(plan["results"]))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        announce(plan, arguments)
    except (ConfigurationError, FolderError, OSError, RuntimeError) as error:
        sys.exit(f"run_study: {error}")
    try:
        status = run_snakemake(arguments)
    finally:
        end_survivors(ROOT)
        clear_dead_run(Path(plan["results"]))
    if status < 0:
        sys.exit(f"run_study: Snakemake was killed (signal {-status}); {GOES_ON}")
    if status == 0 and arguments.targets == ["report"]:
        try:
            print(summarise(plan))
        except (ValueError, OSError) as error:
            sys.exit(f"run_study: {error}")
    sys.exit(status)


def stop(number: int, _frame: object) -> None:
    """End the run by a signal: Ctrl-C, a scheduler's, a closed terminal's."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # not again while it tidies up
    print(f"run_study: stopped; {GOES_ON}", file=sys.stderr)
    sys.exit(128 + number)


def clear_dead_run(results: Path) -> None:
    """Remove a dead run's Snakemake lock and half-written files; only for who holds the folder."""
    for stale in [*Path(".snakemake/locks").glob("*"), *results.rglob(".*.part")]:
        stale.unlink()


def announce(plan: dict, arguments: argparse.Namespace) -> None:
    """Print what will be trained and how long it will take.

    Raises ConfigurationError if PyTorch does not know what the trainings name, RuntimeError
    without the device that is asked for.
    """
    done = {t["id"] for t in plan["trainings"] if is_done(t)}
    print(show_plan.describe_plan(plan, done, every_training=False), flush=True)
    missing = [t for t in plan["trainings"] if t["id"] not in done]
    if missing:
        from fashionlab.estimate import estimate_seconds
        from fashionlab.rehearsal import rehearse

        rehearse(missing)
        workers = count_gpus() if arguments.device != "cpu" and count_gpus() else arguments.cores
        seconds = estimate_seconds(plan, missing, arguments.device, workers)
        print(f"To train: {len(missing)}, about {format_seconds(seconds)} here.", flush=True)


def run_snakemake(arguments: argparse.Namespace) -> int:
    """Run Snakemake to its end and return its exit status, negative if a signal killed it."""
    command = [sys.executable, "-m", "snakemake", *arguments.targets]
    command += ["--cores", str(arguments.cores), "--resources", f"gpu={max(1, count_gpus())}"]
    command += ["--quiet", "host", "rules", "reason"]
    if arguments.configfile:
        command += ["--configfile", *arguments.configfile]
    if arguments.device != "auto":
        command += ["--config", f"device={arguments.device}"]
    return subprocess.run(command, check=False).returncode


def summarise(plan: dict) -> str:
    """Return the closing lines: best networks, verdicts, where the report lies."""
    results = Path(plan["results"])
    summary = read_json(results / "summary.json", ["variants"])
    claims = read_json(results / "claims.json", ["claims"])["claims"]
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
