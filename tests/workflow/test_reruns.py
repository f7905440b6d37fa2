"""After a change, exactly the jobs whose results could change are run again: neither more nor less.

Each row of the table is asked of Snakemake in a dry run on a finished study in a moved folder; the
tests at the end run what a change asks for and compare contents.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import TINY, snakemake
from forked import run_snakemake

PRESET = "workflow/presets/tiny.yaml"
RUNS = "results/tiny/runs"
FIGURES = [
    "plot calibration", "plot confusion", "plot costs", "plot dataset", "plot first_weights",
    "plot forest", "plot generalisation", "plot gradients", "plot initial_gradients", "plot input_scaling",
    "plot learning_rates", "plot schedules", "plot size_and_depth",
]  # fmt: skip
REPORT = ["render_report"]
TABLES = ["collect_results", "judge_claims", "export_curves", *FIGURES, *REPORT]
IDS = {
    "activations/cnn4-relu", "activations/cnn4-sigmoid", "activations/mlp2-relu",
    "activations/mlp2-sigmoid", "generalisation/cnn5", "generalisation/mlp2",
    "input_scaling/mlp2-raw", "learning_rates/lr0.01", "learning_rates/lr0.1",
    "schedules/two_rates", "adam_baseline/adam",
}  # fmt: skip
ALL = {f"{name}/run1" for name in IDS}


def planned(folder, *arguments):
    """Return the rules that would run, once a job and plots by figure, and the trainings."""
    output = snakemake(folder, "-n", *TINY, *arguments)
    if "Nothing to be done" in output:
        return [], set()
    rules = re.findall(r"^ *(?:local)?rule (\w+):$", output, re.M)  # indented in a group
    assert rules, output
    found = re.findall(r"^ +log: results/tiny/logs/train/(\S+)\.log$", output, re.M)
    assert len(found) == rules.count("train")
    figures = re.findall(r"^ +log: results/tiny/logs/plot/(\w+)\.log$", output, re.M)
    assert len(figures) == rules.count("plot")
    others = [rule for rule in rules if rule not in ("plot", "report")]
    return sorted([*others, *(f"plot {figure}" for figure in figures)]), set(found)


def edit(folder, name, old, new):
    path = Path(folder) / name
    text = path.read_text()
    assert old in text, f"{name} has no {old!r}"
    path.write_text(text.replace(old, new, 1))


def code(name):
    """Return an edit of a Python file that changes its code and nothing that it does."""
    return (name, "\n\n\ndef ", "\n\n\nX = 1\n\n\ndef ")


def some(*ids):
    return {f"{name}/run1" for name in ids}


def without(*jobs):
    return [job for job in TABLES if job not in jobs]


MLP2 = {name for name in ALL if "mlp2" in name}
ROWS = {
    # change: edits, jobs after training, trainings
    "a figure's dpi": ([(PRESET, "dpi: 80", "dpi: 90")], FIGURES + REPORT, set()),
    "a figure's size": ([("config.yaml", "width: 7.0", "width: 6.5")], FIGURES + REPORT, set()),
    "the figures' style": ([("report/style/figures.mplstyle", "\n", "\nlines.linewidth: 3\n")], FIGURES + REPORT, set()),
    "one figure's code": ([code("report/chapters/09-cost/figures/costs.py")], ["plot costs", *REPORT], set()),
    "an experiment's title": ([("config.yaml", "title: Learning rates", "title: Rates")], FIGURES + REPORT, set()),
    "an experiment's question": ([("config.yaml", "question: Q2", "question: Q5")], REPORT, set()),
    "the plotting code": ([code("scripts/fashionlab/plotting/figure.py")], FIGURES + REPORT, set()),
    "a sentence": ([("report/chapters/02-method/text.md.j2", "\n\n", "\n\nOne more sentence.\n\n")], REPORT, set()),
    "the template": ([("report/templates/page.html.j2", "<body", "<!-- so --><body")], REPORT, set()),
    "the style sheet": ([("report/style/report.css", "{", "{ ")], REPORT, set()),
    "the notice of a demonstration": ([(PRESET, "Made for", "Made anew for")], REPORT, set()),
    "a claim's rule": ([code("report/chapters/03-generalisation/claims.py")], ["judge_claims", "plot forest", *REPORT], set()),
    "the code of tables": ([code("scripts/fashionlab/storage/tables.py")], TABLES, set()),
    "one network's layers": ([("config.yaml", "mlp2: fc16 act", "mlp2: fc17 act")], ["measure_initial_gradients", *TABLES], MLP2),
    "a learning rate added": ([(PRESET, "[0.1, 0.01]}", "[0.1, 0.01, 0.05]}")], TABLES, some("learning_rates/lr0.05")),
    "a learning rate removed": ([(PRESET, "[0.1, 0.01]}", "[0.1]}")], TABLES, set()),
    "a learning rate edited": ([(PRESET, "[0.1, 0.01]}", "[0.1, 0.02]}")], TABLES, some("learning_rates/lr0.02")),
    "epochs of one experiment": ([(PRESET, "[two_rates]}\n    epochs: 3", "[two_rates]}\n    epochs: 4")], TABLES, some("schedules/two_rates")),
    "switch epochs of one schedule": ([(PRESET, "until: 1", "until: 2")], TABLES, some("schedules/two_rates")),
    "one more run": ([(PRESET, "  generalisation:\n", "  generalisation:\n    runs: 2\n")], TABLES, {"generalisation/cnn5/run2", "generalisation/mlp2/run2"}),
    "a network added": ([(PRESET, "[mlp2, cnn5]}", "[mlp2, cnn5, mlp1]}")], TABLES, some("generalisation/mlp1")),
    "a network removed": ([(PRESET, "[mlp2, cnn5]}", "[mlp2]}")], TABLES, set()),
    "an experiment added": ([(PRESET, "experiments:\n", "experiments:\n  own: {grid: {network: [mlp1]}, epochs: 1}\n")], [*TABLES, "plot experiment_own", "plot experiment_own_confusion", "plot experiment_own_first_weights"], some("own/mlp1")),
    "an experiment removed": ([(PRESET, "  learning_rates:\n    grid: {learning_rate: [0.1, 0.01]}\n    epochs: 3\n", "  learning_rates: null\n")], without("plot learning_rates"), set()),
    "an optimiser's option": ([("config.yaml", "adam: {class: Adam}", "adam: {class: Adam, eps: 0.01}")], TABLES, some("adam_baseline/adam", "generalisation/cnn5", "generalisation/mlp2")),
    "the study's seed": ([("config.yaml", "seed: 449                 #", "seed: 450 #")], ["measure_initial_gradients", *TABLES], ALL),
    "the split's seed": ([("config.yaml", "  seed: 449\n", "  seed: 450\n")], ["split_data", "measure_initial_gradients", *TABLES], ALL),
    "the split's fraction": ([("config.yaml", "fraction: 0.1", "fraction: 0.2")], ["split_data", "measure_initial_gradients", *TABLES], ALL),
    "the code of the original's results": ([code("report/original/original.py")], ["judge_claims", *FIGURES, *REPORT], set()),
    "the training loop": ([("scripts/fashionlab/training/engine.py", "WARM_UP_CALLS = 3\n", "WARM_UP_CALLS = 3\nX = 1\n")], ["measure_initial_gradients", *TABLES], ALL),
    "the code of the split": ([code("scripts/fashionlab/data/splitting.py")], ["split_data", "measure_initial_gradients", *TABLES], ALL),
    "the code that reads data": ([code("scripts/fashionlab/data/idx.py")], ["split_data", "measure_initial_gradients", *TABLES], ALL),
}  # fmt: skip
NOTHING = {
    "comments and formatting": [
        ("config.yaml", "seed: 449 ", "seed:   449 # said otherwise\n#"),
        ("config.yaml", "  mlp1: fc64 act\n  mlp2: fc16 act fc64\n", "  mlp2: 'fc16  act fc64'\n  mlp1: fc64 act\n"),
        ("config.yaml", "  width: 7.0              # inch\n  dpi: 200", "  dpi: 200"),
        ("config.yaml", "  smoothing_steps: 300", "  width: 7.0\n  smoothing_steps: 300"),
        ("scripts/fashionlab/training/engine.py", '"""', '"""Said otherwise. '),
        ("scripts/train.py", "\n\n\ndef ", "\n\n\n# A comment.\ndef "),
    ],
    "another spelling of the same study": [
        ("config.yaml", "symmetric: [-1, 1]", "symmetric: [-1.0, 1.0]"),
        ("config.yaml", "c59f468a2f67", "C59F468A2F67"),
        ("config.yaml", "cnn4: conv3x16 ", "cnn4: conv3x3x16 "),
        ("config.yaml", "width: 7.0", "width: 7"),
    ],
    "another source of the same data": [("config.yaml", "timeout: 20 ", "timeout: 30 ")],
    "a network that no experiment uses": [("config.yaml", "networks:\n", "networks:\n  spare: fc8 act\n")],
    "other versions of packages": [
        ("envs/requirements.txt", "torch==", "torch==9."),
        ("envs/study.yaml", "torch==", "torch==9."),
    ],
}  # fmt: skip


@pytest.mark.parametrize("change", ROWS)
def test_a_change_re_runs_exactly_what_depends_on_it(study_copy, change):
    edits, after, trainings = ROWS[change]
    for name, old, new in edits:
        edit(study_copy, name, old, new)
    jobs, trained = planned(study_copy)
    assert trained == trainings
    assert jobs == sorted([*after, *["train"] * len(trainings)])


@pytest.mark.parametrize("change", NOTHING)
def test_what_changes_no_result_re_runs_nothing(study_copy, change):
    for name, old, new in NOTHING[change]:
        edit(study_copy, name, old, new)
    assert planned(study_copy) == ([], set())


def test_bytecode_beside_the_sources_re_runs_nothing(study_copy):
    for folder in {path.parent for path in study_copy.glob("report/**/*.py")}:
        (folder / "__pycache__").mkdir(exist_ok=True)
        (folder / "__pycache__" / "other.cpython-311.pyc").write_bytes(os.urandom(20))
    assert planned(study_copy) == ([], set())


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--cores", "7", "--resources", "gpu=3"),
        ("--config", "device=cuda"),
        ("--set-threads", "train=2"),
        ("--workflow-profile", "none"),
    ],
)
def test_a_moved_study_other_cores_devices_and_profiles_re_run_nothing(study_copy, arguments):
    assert planned(study_copy, *arguments) == ([], set())


def test_the_same_data_in_another_folder_re_run_nothing(study_copy, tmp_path):
    here = study_copy / "data/FashionMNIST/raw"
    elsewhere = shutil.copytree(here, tmp_path / "shared")  # and with new times
    for path in elsewhere.iterdir():
        os.utime(path)
    for folder in (here, elsewhere):
        assert planned(study_copy, "--config", f"dataset={{folder: {folder}}}") == ([], set())
    (elsewhere / "t10k-labels-idx1-ubyte").write_bytes(b"other data")
    words = refusal(study_copy, *TINY, "--config", f"dataset={{folder: {elsewhere}}}")
    assert f"{elsewhere}/t10k-labels-idx1-ubyte: not the data file of this study" in words


def test_touched_files_and_a_fresh_checkouts_times_re_run_nothing(study_copy):
    now = time.time()
    for age, path in enumerate(sorted(Path(study_copy).rglob("*"))):  # as if written in this order
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path, (now - age, now - age))
    assert planned(study_copy) == ([], set())


def test_a_lost_file_is_made_again_though_the_report_is_there(study_copy):
    results = study_copy / "results/tiny"
    (results / "figures/confusion.png").unlink()
    assert planned(study_copy)[0] == ["plot confusion", *REPORT]
    (results / "tables/trainings.csv").unlink()
    assert planned(study_copy) == (sorted(TABLES), set())
    (results / "runs/generalisation/mlp2/run1.json").unlink()
    assert planned(study_copy) == (sorted(["train", *TABLES]), some("generalisation/mlp2"))


# What must not be used is refused by name, with the command that mends it ------------------------


def refusal(folder, *arguments):
    """Return what a run that must fail says, without a traceback of Python's."""
    status, said = run_snakemake(folder, ["--cores", "2", *(arguments or TINY)], os.environ)
    assert status == 1
    assert "Traceback" not in said
    return said


def test_an_altered_result_is_refused(study_copy):
    result = study_copy / RUNS / "generalisation/mlp2/run1.json"
    content = json.loads(result.read_text())
    content["final"]["test_accuracy"] = 99.9
    result.write_text(json.dumps(content))
    output = refusal(study_copy)
    assert "generalisation/mlp2/run1.json: was altered" in output
    assert f"rm {RUNS}/generalisation/mlp2/run1.json" in output


def test_altered_weights_are_refused(study_copy):
    weights = study_copy / RUNS / "generalisation/mlp2/run1.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    output = refusal(study_copy)
    assert "run1.safetensors: are not the weights of" in output
    assert f"rm {RUNS}/generalisation/mlp2/run1.json" in output


def test_an_altered_split_is_refused_and_trains_nothing(study_copy):
    split = study_copy / "results/tiny/split.json"
    content = json.loads(split.read_text())
    content["validation"][0], content["train"][0] = content["train"][0], content["validation"][0]
    split.write_text(json.dumps(content))
    output = refusal(study_copy)
    assert "results/tiny/split.json: was altered" in output
    assert "rm results/tiny/split.json" in output
    assert "train" not in re.findall(r"^rule (\w+):", output, re.M)


def test_a_lost_split_is_made_again_and_trains_nothing(study_copy):
    split = study_copy / "results/tiny/split.json"
    content = split.read_text()
    split.unlink()
    (study_copy / "results/tiny/report/report.html").unlink()
    output = snakemake(study_copy, *TINY)
    assert split.read_text() == content
    assert "rule train:" not in output
    assert "rule render_report:" in output


def test_a_replaced_data_file_is_refused_though_nothing_is_to_be_done(study_copy):
    images = study_copy / "data/FashionMNIST/raw/train-images-idx3-ubyte"
    times = images.stat()
    content = bytearray(images.read_bytes())
    content[-1] ^= 1
    images.write_bytes(content)
    os.utime(images, ns=(times.st_atime_ns, times.st_mtime_ns))
    output = refusal(study_copy)
    assert "train-images-idx3-ubyte: not the data file of this study" in output
    assert "Delete it to have it downloaded again" in output


def test_without_snakemakes_records_results_of_an_earlier_configuration_are_refused(study_copy):
    shutil.rmtree(study_copy / ".snakemake")
    edit(study_copy, "config.yaml", "mlp2: fc16 act", "mlp2: fc17 act")
    output = refusal(study_copy)
    for name in MLP2:
        assert f"{RUNS}/{name}.json: was computed from another configuration" in output
    (command,) = set(re.findall(r"To train all of them again: (rm .*)", output))
    subprocess.run(command, shell=True, cwd=study_copy, check=True)
    assert planned(study_copy)[1] == MLP2


def test_without_snakemakes_records_no_training_is_repeated_and_no_old_table_is_kept(study_copy):
    shutil.rmtree(study_copy / ".snakemake")
    assert planned(study_copy) == (sorted(TABLES), set())
    # A dry run answers the same when it is asked again.
    assert planned(study_copy) == (sorted(TABLES), set())
    before = (study_copy / "results/tiny/summary.json").read_bytes()
    snakemake(study_copy, "results/tiny/summary.json", *TINY)
    assert (study_copy / "results/tiny/summary.json").read_bytes() == before
    assert "collect_results" not in planned(study_copy)[0]


# Real runs, contents compared ---------------------------------------------------------------------


def test_a_variant_leaves_every_table_is_pruned_and_comes_back_the_same(study_copy):
    results = study_copy / "results/tiny"
    tables = ["results/tiny/summary.json", *TINY]
    result = study_copy / RUNS / "learning_rates/lr0.01/run1.json"
    before = {path: path.read_bytes() for path in (study_copy / RUNS).rglob("run1.json")}
    summary = (results / "summary.json").read_bytes()

    edit(study_copy, PRESET, "[0.1, 0.01]}", "[0.1]}")
    snakemake(study_copy, *tables)
    assert result.exists()
    for name in ("tables/trainings.csv", "tables/records.csv", "tables/costs.csv", "summary.json"):
        assert "lr0.1" in (results / name).read_text()
        assert "lr0.01" not in (results / name).read_text()

    def prune(answer):
        command = [sys.executable, "scripts/prune_results.py", *TINY]
        done = subprocess.run(command, cwd=study_copy, input=answer, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    for answer in ("", "\n", "no\n"):
        assert "learning_rates/lr0.01/run1  (5 files)" in prune(answer)
        assert result.exists()
    assert "Deleted." in prune("yes\n")
    assert not result.parent.exists()
    assert "has nothing that is not in the configuration" in prune("")
    assert {path for path in before if path.exists()} == before.keys() - {result}

    edit(study_copy, PRESET, "[0.1]}", "[0.1, 0.01]}")
    snakemake(study_copy, *tables)
    assert {path: path.read_bytes() for path in before} == before
    old, new = json.loads(summary), json.loads((results / "summary.json").read_text())
    assert old["variants"] == new["variants"]


def test_a_switch_epoch_trains_that_schedule_alone_and_alters_no_other_result(study_copy):
    before = {path: path.read_bytes() for path in (study_copy / RUNS).rglob("run1.json")}
    edit(study_copy, PRESET, "until: 1", "until: 2")
    snakemake(study_copy, "results/tiny/summary.json", *TINY)
    changed = {path for path in before if path.read_bytes() != before[path]}
    assert changed == {study_copy / RUNS / "schedules/two_rates/run1.json"}


@pytest.mark.slow
def test_a_figures_dpi_changes_the_png_copies_and_nothing_that_was_computed(study_copy):
    results = study_copy / "results/tiny"
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    edit(study_copy, PRESET, "dpi: 80", "dpi: 90")
    snakemake(study_copy, *TINY)
    assert planned(study_copy) == ([], set())
    changed = {path for path in before if path.read_bytes() != before[path]}
    assert {path for path in changed if path.suffix == ".png"} == set(results.glob("figures/*.png"))
    assert not [path for path in changed if path.parts[-2] in ("tables", "exports")]
    assert not [path for path in changed if path.suffix in (".svg", ".safetensors")]
    assert results / "claims.json" not in changed


@pytest.mark.slow
def test_trainings_of_another_version_or_device_are_kept_and_named_by_the_report(study_copy):
    path = study_copy / RUNS / "generalisation/mlp2/run1.environment.json"
    path.write_text(
        json.dumps(json.loads(path.read_text()) | {"torch": "1.2.3", "device_name": "Abacus"})
    )
    assert planned(study_copy) == ([], set())
    snakemake(study_copy, *TINY, "--forcerun", "collect_results")
    summary = json.loads((study_copy / "results/tiny/summary.json").read_text())
    assert summary["environments"]["mixed"]
    page = (study_copy / "results/tiny/report/report.html").read_text()
    assert "1.2.3" in page
    assert "The trainings ran on two kinds of devices" in page
    assert "Abacus" in page


@pytest.mark.slow
def test_an_auto_switch_that_is_not_where_the_curve_stops_rising_is_refused(study_copy):
    edit(study_copy, PRESET, "until: 1", "until: auto")
    edit(study_copy, PRESET, "[0.1, 0.01]}\n    epochs: 3", "[0.1, 0.01]}\n    epochs: 6")
    edit(study_copy, PRESET, "[two_rates]}\n    epochs: 3", "[two_rates]}\n    epochs: 6")
    target = "results/tiny/summary.json"
    snakemake(study_copy, target, *TINY)
    # A result whose switch came from another curve, and that says of itself what is true.
    program = (
        "import sys; sys.path.insert(0, 'scripts')\n"
        "from pathlib import Path; import json\n"
        "from fashionlab.storage.results import write_result\n"
        "path = Path('results/tiny/runs/schedules/two_rates/run1.json')\n"
        "result = json.loads(path.read_text()); result.pop('checksum')\n"
        "result['learning_rate'][0]['until'] += 1\n"
        "write_result(path, result)\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=study_copy, check=True)
    output = refusal(study_copy, target, *TINY)
    assert "schedules/two_rates/run1.json: did not switch its rates at epochs" in output
    (command,) = set(re.findall(r"To train it again: (rm .*?)  and then", output))
    subprocess.run(command, shell=True, cwd=study_copy, check=True)
    snakemake(study_copy, target, *TINY)
    assert planned(study_copy)[1] == set()
