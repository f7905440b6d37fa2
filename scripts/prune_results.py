"""List results of trainings and figures that left the configuration, and delete them after a yes.

They are in no table, figure or report; all they do is take up room. A variant that comes back into
the configuration after this is trained again.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from fashionlab.chapters import planned_exports, planned_figures
from fashionlab.program import option_parser, run
from fashionlab.running.one_run import lock_folder, lock_results
from fashionlab.running.study import load_plan, parse_in_project
from fashionlab.sources import ROOT

# What a folder of results holds of each training or figure: a folder, and the endings of files.
OF_TRAININGS = {
    "curves": (".svg", ".png"),
    "runs": (".json", ".safetensors", ".environment.json"),
    "switches": (".json",),
    "benchmarks/train": (".tsv",),
    "logs/train": (".log",),
    "logs/find_switch_epochs": (".log",),
}
OF_FIGURES = {"figures": (".svg", ".png", ".json"), "logs/plot": (".log",)}


def main() -> None:
    """Run the program."""
    parser = option_parser(__doc__)
    parser.add_argument("--yes", action="store_true", help="delete without asking")
    arguments = parse_in_project(parser)
    plan = load_plan(arguments.configfile, arguments.config)
    lock_folder(ROOT)
    results = Path(plan["results"])
    lock_results(results)
    files = superfluous_files(plan, results)
    if not files:
        print(f"{results}/ has nothing that is not in the configuration.")
        return
    size = sum(path.stat().st_size for path in files) / 1e6
    for name, count in sorted(Counter(files.values()).items()):
        print(f"{name}  ({count} file{'s' * (count > 1)})")
    question = f"Not in {' + '.join(['config.yaml', *arguments.configfile])}: delete these "
    if arguments.yes or agreed(f"{question}{len(files)} files, {size:.1f} MB? [y/N] "):
        delete(files, results)
        print("Deleted.")
    else:
        print("Nothing was deleted.")


def superfluous_files(plan: dict, results: Path) -> dict[Path, str]:
    """Return the files that the plan does not have, and the training or figure of each."""
    names = {folder: {t["id"] for t in plan["trainings"]} for folder in OF_TRAININGS}
    names |= {folder: set(planned_figures(plan)) for folder in OF_FIGURES}
    names |= {"exports": set(planned_exports(plan))}
    names |= {"splits": {Path(training["split"]).stem for training in plan["trainings"]}}
    endings = OF_TRAININGS | OF_FIGURES | dict.fromkeys(("exports", "splits"), (".json",))
    found = {}
    for folder in names:
        for path in sorted((results / folder).rglob("*")):
            name = path.relative_to(results / folder).as_posix()
            for ending in sorted(endings[folder], key=len, reverse=True):
                name = name.removesuffix(ending)
            if path.is_file() and name not in names[folder]:
                found[path] = name
    return found


def agreed(question: str) -> bool:
    """Return whether somebody answers a question with yes; nobody there is a no."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def delete(files: Iterable[Path], results: Path) -> None:
    """Delete files, and the folders that this leaves empty."""
    for path in files:
        path.unlink()
        for folder in path.parents:
            if folder == results or any(folder.iterdir()):
                break
            folder.rmdir()


if __name__ == "__main__":
    run(main)
