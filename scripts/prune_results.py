"""List results of trainings and figures that left the configuration, and delete them after a yes.

They are in no table, figure or report; all they do is take up room. A variant that comes back into
the configuration after this is trained again.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from fashionlab.config_files import ConfigurationError
from fashionlab.handout import handout_files
from fashionlab.plan import figure_names
from fashionlab.study import add_configuration_options, load_plan
from run_study import take_lock

# What a folder of results holds of each training or figure: a folder, and the endings of files.
OF_TRAININGS = {
    "runs": (".json", ".safetensors", ".environment.json"),
    "switches": (".json",),
    "benchmarks/train": (".tsv",),
    "logs/train": (".log",),
    "logs/find_switch_epochs": (".log",),
}
OF_FIGURES = {"figures": (".svg", ".png", ".json"), "logs/plot": (".log",)}


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add_configuration_options(parser)
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    arguments = parser.parse_args()
    try:
        plan = load_plan(arguments.configfile, arguments.config)
    except ConfigurationError as error:
        sys.exit(str(error))
    results = Path(plan["results"])
    _lock = take_lock(Path(".snakemake/study.lock"))
    files = superfluous_files(plan, results)
    if not files:
        print(f"{results}/ has nothing that is not in the configuration.")
        return
    size = sum(path.stat().st_size for path in files) / 1e6
    for name, count in sorted(Counter(subject(path, results) for path in files).items()):
        print(f"{name}  ({count} file{'s' * (count > 1)})")
    question = f"Not in {' + '.join(['config.yaml', *arguments.configfile])}: delete these "
    if arguments.yes or agreed(f"{question}{len(files)} files, {size:.1f} MB? [y/N] "):
        delete(files, results)
        print("Deleted.")
    else:
        print("Nothing was deleted.")


def superfluous_files(plan: dict, results: Path) -> list[Path]:
    """Return the files of trainings, figures and exports that the plan does not have."""
    names = {folder: {t["id"] for t in plan["trainings"]} for folder in OF_TRAININGS}
    names |= {folder: set(figure_names(plan)) for folder in OF_FIGURES}
    names |= {"handout": handout_files(plan).keys()}
    endings = OF_TRAININGS | OF_FIGURES | {"handout": (".json",)}
    return [
        path
        for folder in names
        for path in sorted((results / folder).rglob("*"))
        if path.is_file()
        and path.relative_to(results / folder).as_posix()
        not in {name + ending for name in names[folder] for ending in endings[folder]}
    ]


def subject(path: Path, results: Path) -> str:
    """Return the training or figure that a file belongs to, for the list."""
    parts = path.relative_to(results).parts
    folder = "runs" if parts[0] in ("switches", "benchmarks", "logs") else parts[0]
    if parts[:2] == ("logs", "plot"):
        folder = "figures"
    inner = parts[2:] if parts[0] in ("benchmarks", "logs") else parts[1:]
    return f"{results}/{folder}/{'/'.join(inner).split('.')[0]}"


def agreed(question: str) -> bool:
    """Return whether somebody answers a question with yes; nobody there is a no."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def delete(files: list[Path], results: Path) -> None:
    """Delete files, and the folders that this leaves empty."""
    for path in files:
        path.unlink()
        for folder in path.parents:
            if folder == results or any(folder.iterdir()):
                break
            folder.rmdir()


if __name__ == "__main__":
    main()
