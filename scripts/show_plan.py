"""Show the study that the configuration describes: what will be trained, how long, what exists."""

from fashionlab import prose
from fashionlab.config.layers import parse_settings
from fashionlab.planning.planned import trainings_of
from fashionlab.program import option_parser, run
from fashionlab.running.estimate import estimate_seconds, other_seconds, wall_seconds
from fashionlab.running.integrity import check_data
from fashionlab.running.study import add_cores_option, is_done, load_study, parse_in_project
from fashionlab.training.progress import format_seconds


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    add_cores_option(parser, "trainings at once on a CPU")
    arguments = parse_in_project(parser)
    config, plan = load_study(arguments.configfile, parse_settings(arguments.config))
    check_data(config["dataset"]["folder"], plan["split_specification"])
    done = {t["id"] for t in plan["trainings"] if is_done(t)}
    print(describe_plan(plan, done, every_training=True), flush=True)  # the estimate takes a while
    missing = [t for t in plan["trainings"] if t["id"] not in done]
    if not missing:
        print("Every training is done.")
        return
    seconds, workers = estimate_seconds(plan, missing, config, arguments.cores)
    print(describe_rest(missing, seconds, workers, other_seconds(plan, arguments.cores)))


def describe_plan(plan: dict, done: set[str], every_training: bool) -> str:
    """Return a table of the experiments, or of all trainings with their settings."""
    sizes = plan["split_sizes"]
    lines = [
        f"{plan['dataset']['name']}: {sizes['train']:,} images train, {sizes['validation']:,} "
        f"validate; results in {plan['results']}/"
    ]
    lines.append(f"{'experiment':24}{'variants':>9}{'runs':>6}{'steps each':>16}{'done':>9}")
    for name, experiment in plan["experiments"].items():
        own = trainings_of(plan, name)
        steps = sorted({steps_of(t) for t in own})
        count = f"{sum(t['id'] in done for t in own)}/{len(own)}"
        lines.append(
            f"{name:24}{len(experiment['variants']):>9}{experiment['runs']:>6}"
            f"{'..'.join(f'{s:,}' for s in sorted({steps[0], steps[-1]})):>16}{count:>9}"
        )
        if every_training:
            lines += [f"  {'done' if t['id'] in done else '-':6}{describe(t)}" for t in own]
    return "\n".join(lines)


def describe(training: dict) -> str:
    """Return a training's id and settings, as they are after all merging."""
    settings = " ".join(training[k] for k in ("network", "activation", "optimizer"))
    return (
        f"{training['id']:44} {settings}, rate {training['learning_rate']}, "
        f"{training['input_range']} inputs, {training['epochs']} "
        f"{prose.plural(training['epochs'], 'epoch')} of "
        f"{training['steps_per_epoch']:,} batches of {training['batch_size']}"
    )


def steps_of(training: dict) -> int:
    """Return the number of updates of a training."""
    return training["epochs"] * training["steps_per_epoch"]


def describe_rest(missing: list[dict], seconds: dict[str, float], workers: int, more: float) -> str:
    """Return what is left to train and how long that takes, from the seconds of each by id.

    ``more``: the seconds of the steps after the trainings.
    """
    about = format_seconds(wall_seconds(seconds.values(), workers) + more)
    steps = sum(map(steps_of, missing))
    return f"To train: {len(missing)}, {steps:,} steps, about {about} on this machine."


if __name__ == "__main__":
    run(main)
