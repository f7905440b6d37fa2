"""`make verify` on a real study: this machine's numbers are the published ones, or it is said."""

import json
import re
import subprocess
import sys

import pandas as pd
import pytest

from conftest import TINY
from fashionlab.machine import has_avx2
from fashionlab.storage.files import write_json
from fashionlab.storage.reading import read_sealed, sealed
from fashionlab.storage.tables import write_table

RUN = "results/tiny/runs/generalisation/mlp2/run1"


def verify(folder, *arguments):
    command = [sys.executable, "scripts/verify_results.py", *TINY, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def change(study, **environment):
    """Let a number of a training be another in its last digit, as on another machine."""
    result = read_sealed(study / f"{RUN}.json")
    result["records"]["loss"][0] *= 1 + 2**-20
    write_json(study / f"{RUN}.json", sealed(result))
    path = study / f"{RUN}.environment.json"
    write_json(path, json.loads(path.read_text()) | environment)


def test_this_machine_trains_to_the_published_bytes(tiny_study):
    devices = [json.loads(path.read_text())["device"]
               for path in tiny_study.glob("results/tiny/runs/*/*/*.environment.json")]  # fmt: skip
    if not has_avx2():
        pytest.skip("the same bytes are promised on x86-64 processors with AVX2 and FMA")
    if set(devices) != {"cpu"}:
        pytest.skip("the same bytes are not promised on a GPU")
    done = verify(tiny_study)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n11 agree byte for byte with the published results:\n" in done.stdout
    assert not re.search("differ|no published|not finished", done.stdout)
    page = (tiny_study / "results/tiny/report/report.html").read_text("utf-8")
    assert "Eleven of eleven trainings with a published checksum agree byte for byte" in " ".join(
        page.split()
    )


def test_a_changed_number_is_told_with_the_accuracies_and_fails(study_copy):
    change(study_copy, torch="1.0")
    done = verify(study_copy)
    assert done.returncode == 1
    assert "\n1 differs from the published results:\n" in done.stdout
    line = done.stdout.split("results:\n  generalisation/mlp2/run1: ")[1].partition("\n")[0]
    assert line.startswith("the same final accuracies, other numbers on the way; PyTorch 1.0, publ")


def test_a_gpu_s_other_numbers_are_told_as_expected(study_copy):
    change(study_copy, device="cuda", device_name="NVIDIA H100")
    done = verify(study_copy)
    assert done.returncode == 0
    assert "1 differs from the published results, as is to be expected" in done.stdout
    assert "trained on NVIDIA H100" in done.stdout
    done = verify(study_copy, "--write")
    assert done.returncode == 1
    assert "was trained on NVIDIA H100" in done.stderr


def test_results_in_an_absolute_folder_are_compared_and_not_published(study_copy, tmp_path):
    scratch = (study_copy / "results/tiny").rename(tmp_path / "scratch")
    assert verify(study_copy, "--config", f"results={scratch}").returncode == 0
    done = verify(study_copy, "--write", "--config", f"results={scratch}")
    assert done.returncode == 1
    assert f"{scratch}: published results lie in the project" in done.stderr


def test_unknown_unfinished_and_damaged_trainings_are_told_apart(study_copy):
    lines = (study_copy / "report/data/checksums.csv").read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("results/tiny/runs/activations/")]
    assert len(kept) == len(lines) - 4
    (study_copy / "report/data/checksums.csv").write_text("".join(kept))
    (study_copy / f"{RUN}.json").unlink()
    done = verify(study_copy)
    assert done.returncode == 0
    assert "4 have no published checksum to be compared with:\n  activations/" in done.stdout
    assert (
        "1 is not finished, or of another configuration or code:\n  generalisation/mlp2/run1\n"
        in done.stdout
    )
    weights = study_copy / "results/tiny/runs/generalisation/cnn5/run1.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    done = verify(study_copy)
    assert done.returncode == 1
    assert "are not the weights of" in done.stderr


def test_the_maintainer_s_file_is_the_one_that_the_repository_holds(study_copy):
    published = study_copy / "report/data/checksums.csv"
    before = published.read_bytes()
    change(study_copy)
    assert "has the results of eleven trainings" in verify(study_copy, "--write").stdout
    assert published.read_bytes() != before
    assert verify(study_copy).returncode == 0


@pytest.mark.parametrize(("device", "expected"), [("cpu", False), ("cuda", True)])
def test_the_report_names_what_differs(device, expected, study_copy):
    published = study_copy / "report/data/checksums.csv"
    known = next(line for line in published.read_text().splitlines() if line.startswith(RUN))
    other = known.replace(known.split(",")[2], "0" * 64)
    published.write_text(published.read_text().replace(known, other))
    costs = pd.read_parquet(study_copy / "results/tiny/tables/costs.parquet")
    write_table(costs.assign(device=device), study_copy / "results/tiny/tables/costs", ["parquet"])
    command = [sys.executable, "scripts/render_report.py", "--plan", "results/tiny/plan.json"]
    command += ["--results", "results/tiny", "--output-dir", "again"]
    subprocess.run(command, cwd=study_copy, check=True)
    text = " ".join((study_copy / "again/report.html").read_text("utf-8").split())
    sentence = text[text.index("Ten of eleven trainings with a published checksum agree") :]
    assert "; generalisation/mlp2/run1 differs" in sentence
    assert ("expected on a GPU or another kind of processor" in sentence) is expected
