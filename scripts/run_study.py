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
from fashionlab.config.layers import parse_settings
from fashionlab.machine import TRIED_GPUS, count_gpus
from fashionlab.program import on_end, option_parser, run
from fashionlab.running.estimate import estimate_seconds, other_seconds
from fashionlab.running.follow import Follower, StudyProgress
from fashionlab.running.one_run import (
    check_room,
    delete_parts,
    end_survivors,
    lock_folder,
    lock_results,
)
from fashionlab.running.study import (
    add_cores_option,
    is_done,
    load_study,
    parse_in_project,
    training_called,
)
from fashionlab.sources import ROOT
from fashionlab.storage.reading import damaged, read_sealed

SHOWN = 5  # variants of an experiment in the closing lines
VERDICTS = {
    "holds": "that hold",
    "does not hold": "that do not hold",
    "undecided": "left undecided",
}
GOES_ON = "the same command goes on from here."


def read_options() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = option_parser(__doc__)
    add_cores_option(parser, "how many to use")
    parser.add_argument("--training", metavar="ID", help="only this one: experiment/variant/run1")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("targets", nargs="*", default=["report"], help="files (default: report)")
    return parse_in_project(parser)


def main() -> int:
    """Run the program."""
    arguments = read_options()
    lock_folder(ROOT)
    config, plan = load_study(arguments.configfile, parse_settings(arguments.config))
    lock_results(Path(plan["results"]))
    if arguments.training:
        arguments.targets = [training_called(plan, arguments.training)["result"]]
    clear_dead_run(plan)
    check_room(Path(plan["results"]))
    on_end(stop)
    progress = announce(plan, config, arguments)
    try:
        status = run_snakemake(plan, arguments, progress)
    finally:
        end_survivors(ROOT)
        clear_dead_run(plan)
    if status < 0:
        raise RuntimeError(f"Snakemake was killed (signal {-status}); {GOES_ON}")
    if status == 0 and not arguments.dry_run:
        if arguments.training:
            from plot_training import plot  # imports matplotlib: seconds

            print(plot(plan, arguments.training))
        elif arguments.targets == ["report"]:
            print(summarise(plan))
    return status


def stop(number: int, _frame: object) -> None:
    """End the run by a signal: Ctrl-C, a scheduler's, a closed terminal's."""
    on_end(signal.SIG_IGN)  # not again while it tidies up
    print(f"run_study: stopped; {GOES_ON}", file=sys.stderr)
    sys.exit(128 + number)


def clear_dead_run(plan: dict) -> None:
    """Remove a dead run's Snakemake lock and half-written files; only for who holds the folder."""
    for lock in Path(".snakemake/locks").glob("*"):
        lock.unlink()
    delete_parts(Path(plan["results"]), Path(plan["dataset"]["folder"]), patience=0)


def announce(plan: dict, config: dict, arguments: argparse.Namespace) -> StudyProgress | None:
    """Print what will be trained and how long it takes; return what follows it in a terminal.

    Raises RuntimeError without the device that is asked for.
    """
    done = {t["id"] for t in plan["trainings"] if is_done(t)}
    if not arguments.training:
        print(show_plan.describe_plan(plan, done, every_training=False), flush=True)
    wanted = [t for t in plan["trainings"] if arguments.training in (None, t["id"])]
    missing = [t for t in wanted if t["id"] not in done]
    if arguments.dry_run or not missing:
        os.environ[TRIED_GPUS] = str(count_gpus())  # nothing will be trained: no need to try them
        return None
    seconds, workers = estimate_seconds(plan, missing, config, arguments.cores)
    more = 0.0 if arguments.training else other_seconds(plan, arguments.cores)
    print(show_plan.describe_rest(missing, seconds, workers, more), flush=True)
    return StudyProgress(plan, seconds, workers, more) if sys.stdout.isatty() else None


def run_snakemake(plan: dict, arguments: argparse.Namespace, progress: StudyProgress | None) -> int:
    """Run Snakemake to its end and return its exit status, negative if a signal killed it."""
    command = [sys.executable, "-m", "snakemake", *arguments.targets]
    command += ["--cores", str(arguments.cores), "--resources", f"gpu={max(1, count_gpus())}"]
    if arguments.configfile:
        command += ["--configfile", *arguments.configfile]
    if arguments.config:
        command += ["--config", *arguments.config]
    if arguments.dry_run:
        return subprocess.run([*command, "--dry-run", "--quiet", "rules"], check=False).returncode
    words = Path(plan["results"]) / "logs" / "snakemake.log"
    events = words.with_name("events.jsonl")
    words.parent.mkdir(parents=True, exist_ok=True)
    events.unlink(missing_ok=True)
    command += ["--logger", "study", "--logger-study-events", str(events)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}  # where the logger is found
    with open(words, "w", encoding="utf-8") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment)
    return Follower(words, events, progress).follow(process)


def summarise(plan: dict) -> str:
    """Return the closing lines: the best of each experiment, verdicts, where the report lies."""
    results = Path(plan["results"])
    lines = best_variants(plan, results / "summary.json")
    claims = read_sealed(results / "claims.json", ["claims"])["claims"]
    verdicts = []
    for verdict, words in VERDICTS.items():
        ids = [claim["id"] for claim in claims if claim["verdict"] == verdict]
        verdicts.append(f"Claims {words} ({len(ids)}): {', '.join(ids) or 'none'}")
    return "\n".join(
        ["Test accuracy:"] * bool(lines)
        + lines
        + verdicts * bool(claims)
        + [f"Report: {results}/report/report.html and {results}/report/report.pdf"]
    )


def best_variants(plan: dict, path: Path) -> list[str]:
    """Return a line an experiment, "  Learning rates: lr0.1 90.20 %, lr0.01 88.91 % and 1 more".

    The best variants of each. Raises as `read_sealed` does.
    """
    variants = read_sealed(path, ["variants"])["variants"]
    lines = []
    for experiment, section in plan["experiments"].items():
        means: dict[str, float] = {}
        for name in section["variants"]:
            try:
                mean = variants[f"{experiment}/{name}"]["test_accuracy"]["mean"]
                means |= {} if mean is None else {name: mean}
            except (KeyError, TypeError, ValueError):
                raise damaged(path, f"has no test accuracy of {name}") from None
        best = sorted(means, key=lambda name: (means[name], name), reverse=True)
        texts = ", ".join(f"{name} {means[name]:.2f} %" for name in best[:SHOWN])
        more = f" and {len(best) - SHOWN} more" if len(best) > SHOWN else ""
        if texts:
            lines.append(f"  {section['title']}: {texts}{more}")
    return lines


if __name__ == "__main__":
    run(main)
