"""Show the study that the configuration describes: what will be trained, how long, what exists."""

import argparse
import sys

from fashionlab.config_files import ConfigurationError
from fashionlab.plan import trainings_of
from fashionlab.study import is_done, load_plan
from fashionlab.training.progress import format_seconds


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", nargs="*", default=[], help="merged over config.yaml")
    parser.add_argument("--cores", type=int, default=1, help="trainings side by side on a CPU")
    parser.add_argument("--gpus", type=int, default=0, help="trainings side by side on GPUs")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--trainings", action="store_true", help="list every training")
    arguments = parser.parse_args()
    try:
        plan = load_plan(arguments.configfile)
    except ConfigurationError as error:
        sys.exit(f"show_plan: {error}")
    done = {t["id"] for t in plan["trainings"] if is_done(t)}
    print(describe_plan(plan, done, arguments.trainings))
    missing = [t for t in plan["trainings"] if t["id"] not in done]
    if missing:
        from fashionlab.estimate import estimate_seconds

        workers = arguments.gpus or arguments.cores
        seconds = estimate_seconds(plan, missing, arguments.device, workers)
        print(f"To train: {len(missing)}, about {format_seconds(seconds)} on this machine.")
    else:
        print("Every training is done.")


def describe_plan(plan: dict, done: set[str], every_training: bool) -> str:
    """Return a table of the experiments, or of all trainings."""
    lines = [f"{plan['dataset']['name']}: {plan['results']}/, split {plan['split_sizes']}"]
    lines.append(f"{'experiment':24}{'variants':>9}{'runs':>6}{'steps each':>12}{'done':>9}")
    for name, experiment in plan["experiments"].items():
        own = trainings_of(plan, name)
        steps = sorted({t["epochs"] * t["steps_per_epoch"] for t in own})
        count = f"{sum(t['id'] in done for t in own)}/{len(own)}"
        lines.append(
            f"{name:24}{len(experiment['variants']):>9}{experiment['runs']:>6}"
            f"{'..'.join(f'{s:,}' for s in sorted({steps[0], steps[-1]})):>12}{count:>9}"
        )
        if every_training:
            lines += [f"  {'done' if t['id'] in done else '-':6}{t['id']}" for t in own]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
