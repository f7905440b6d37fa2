"""How well the workflow scales: 1,000 trainings planned, and a finished study with nothing to do.

The sweep is a dry run. The finished study is that of config.yaml with all but empty files for its results,
which Snakemake itself marks as done: a start looks at times and records, not into the files.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]
SWEEP = {
    "experiments": {
        **dict.fromkeys(yaml.safe_load((ROOT / "config.yaml").read_text())["experiments"]),
        "sweep": {
            "grid": {
                "network": ["mlp1", "mlp2", "cnn3", "cnn4", "cnn5"],
                "activation": ["relu", "sigmoid"],
                "learning_rate": [0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 5e-4, 2e-4, 1e-4],
                "batch_size": [25, 50, 75, 100, 200],
            },
            "runs": 2,
        },
    }
}


def main() -> None:
    """Run the program."""
    from conftest import copy_project

    with tempfile.TemporaryDirectory() as scratch:
        folder = copy_project(Path(scratch))
        (folder / "sweep.yaml").write_text(yaml.safe_dump(SWEEP))
        sweep = ("-n", "--configfile", "sweep.yaml")
        met = report(folder, "dry run of 1,000 trainings", 20, *sweep)
        finish(folder)
        met &= report(folder, "finished study, nothing to do", 5)
    sys.exit(0 if met else "A goal was missed.")


def report(folder: Path, what: str, goal: int, *arguments: str) -> bool:
    """Print the median of three starts of Snakemake: wall and processor seconds, peak memory.

    Return whether it took no longer than the goal and no more than 1 GB.
    """
    measured = [start(folder, *arguments) for _ in range(3)]
    wall, processor, megabytes = map(statistics.median, zip(*measured, strict=True))
    print(
        f"{what:32}{wall:6.1f} s (goal {goal} s), {processor:5.1f} s of processor, "
        f"{megabytes:5.0f} MB",
        flush=True,
    )
    return wall <= goal and megabytes <= 1000


def start(folder: Path, *arguments: str) -> tuple[float, float, float]:
    """Return wall seconds, processor seconds and peak megabytes of a start of Snakemake."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout
    output = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    assert status == 0, output[-3000:]
    assert "Nothing to be done" in output or "sweep/mlp1-relu-lr0.1-batch25/run1" in output
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def finish(folder: Path) -> None:
    """Give every target of the study a file of next to nothing, and have Snakemake take them for done."""
    from fashionlab.storage.files import write_json, write_text
    from fashionlab.storage.reading import sealed

    command = [sys.executable, "-m", "snakemake", "--cores", "2"]
    listed = subprocess.run([*command, "--summary"], cwd=folder, capture_output=True, text=True)
    for line in listed.stdout.splitlines()[1:]:
        if not (folder / line.split("\t")[0]).exists():
            write_text(folder / line.split("\t")[0], '{"caption": ""}')
    write_json(folder / "results/split.json", sealed({}))
    subprocess.run([*command, "--touch", "--quiet"], cwd=folder, check=True)


if __name__ == "__main__":
    main()
