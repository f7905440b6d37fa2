# What a person names as target, checked before Snakemake looks for it: of what is not planned it
# would say in which line of its own it gave up.
import difflib

from snakemake.cli import get_argument_parser

RULES_OF_MANY = {"train": "training", "find_switch_epochs": "training", "plot": "figure"}


def complaint_about(target):
    """Return what is wrong with a target and what is near to it, or None."""
    names = {rule.name for rule in workflow.rules}
    if target in RULES_OF_MANY:
        what = RULES_OF_MANY[target]
        example = next(iter(TRAININGS.values()))["result"] if what == "training" else None
        example = example or next(iter(expand(f"{R}/figures/{{figure}}.svg", figure=FIGURES)), R)
        return f"is a rule for every {what}; name a file, such as {example}, or the target report"
    if target in names:
        return None
    makers = [rule for rule in workflow.rules if rule.is_producer(target)]
    wildcards = [dict(rule.get_wildcards(target)) for rule in makers]
    ids = ["{experiment}/{variant}/run{run}".format(**w) for w in wildcards if "run" in w]
    known = [TRAININGS[name] for name in ids if name in TRAININGS]
    switched = [training for training in known if training["switches_from"]]
    if makers and len(ids) == len(switched if "/switches/" in target else known):
        return None
    files = [f"{R}/figures/{figure}.svg" for figure in FIGURES]
    for training in TRAININGS.values():
        files += [training["result"], training["weights"]]
    files += [str(each) for rule in workflow.rules for each in rule.output if "{" not in str(each)]
    all_names = [*sorted(names - RULES_OF_MANY.keys()), *files]
    near = difflib.get_close_matches(target, all_names, n=3, cutoff=0.4) or ["report", *files[:2]]
    return f"is nothing that this study makes; near to it: {', '.join(near)}"


# Snakemake itself reads its command line for them only when all rules are read.
for target in (
    get_argument_parser().parse_known_args()[0].targets if workflow.is_main_process else []
):
    if complaint := complaint_about(target):
        sys.exit(f"{target}: {complaint}")
