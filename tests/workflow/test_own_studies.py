"""Studies of one's own: README's examples as they stand there, and the messages for mistakes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from conftest import ROOT, TINY, copy_project, snakemake
from forked import run_snakemake

SECTION = (ROOT / "README.md").read_text().split("## Changing the study")[1].split("\n## ")[0]
NETWORK, EXPERIMENT, DATASET = re.findall(r"^```yaml\n(.*?)^```", SECTION, re.M | re.S)


@pytest.fixture
def project(tmp_path):
    """A copy of the project that shares the data of this one."""
    folder = copy_project(tmp_path / "project")
    return folder


def planned_trainings(folder, *arguments):
    output = snakemake(folder, "-n", *arguments)
    return set(re.findall(r"logs/train/(\S+)\.log$", output, re.M))


def write(folder, text):
    (folder / "mine.yaml").write_text(text)
    return folder


def test_readmes_network_is_trained_like_the_others(project):
    write(project, NETWORK)
    trainings = planned_trainings(project, "--configfile", "mine.yaml")
    own = {name for name in trainings if name.startswith("generalisation/")}
    assert len(own) == 12
    assert {"generalisation/wide/run1", "generalisation/wide/run2"} <= own
    target = "results/tiny/runs/generalisation/wide/run1.json"
    snakemake(project, target, *TINY, "mine.yaml")
    result = json.loads((project / target).read_text())
    assert result["specification"]["network"] == yaml.safe_load(NETWORK)["networks"]["wide"]
    assert result["final"]["test_accuracy"] > 0


def test_readmes_experiment_has_a_training_for_every_combination(project):
    trainings = planned_trainings(write(project, EXPERIMENT), "--configfile", "mine.yaml")
    own = {name for name in trainings if name.startswith("leaky_or_not/")}
    assert own == {
        f"leaky_or_not/{activation}-{rate}-batch{size}/run1"
        for activation in ("relu", "leaky")
        for rate in ("lr0.01", "halving")
        for size in (50, 100)
    }
    assert len(trainings) == 25 + len(own)


ONLY_OWN = "{generalisation: null, activations: null, input_scaling: null, learning_rates: null, schedules: null, adam_baseline: null}"  # fmt: skip


@pytest.mark.slow
def test_readmes_experiment_gets_trainings_tables_a_figure_and_a_section(project):
    write(project, EXPERIMENT)
    (project / "only.yaml").write_text(f"experiments: {ONLY_OWN}")
    snakemake(project, *TINY, "only.yaml", "mine.yaml")
    results = project / "results/tiny"
    table = pd.read_csv(results / "tables/trainings.csv")
    assert set(table["activation"]) == {"relu", "leaky"}
    assert set(table["batch_size"]) == {50, 100}
    assert set(table["learning_rate"]) == {"0.01", "halving"}
    assert set(table["optimizer"]) == {"momentum"}
    assert table["test_accuracy"].notna().all()
    rates = json.loads((results / "runs/leaky_or_not/leaky-halving-batch50/run1.json").read_text())
    assert [stage["rate"] for stage in rates["learning_rate"]] == [0.02, 0.01, 0.005]
    assert (results / "figures/experiment_leaky_or_not.svg").stat().st_size > 1000
    assert "Does a leak help?" in (results / "report/report.html").read_text()
    assert (results / "report/report.pdf").read_bytes()[:5] == b"%PDF-"


def write_digits(project):
    program = [sys.executable, "tests/digits.py", "data/digits"]
    subprocess.run(program, cwd=project, check=True)


def test_readmes_other_data_set_of_another_image_size_is_split_trained_and_collected(project):
    write_digits(write(project, DATASET))
    snakemake(project, "results/digits/summary.json", "--configfile", "mine.yaml")
    results = project / "results/digits"
    split = json.loads((results / "split.json").read_text())
    assert len(split["train"]) + len(split["validation"]) == 1437
    variants = json.loads((results / "summary.json").read_text())["variants"]
    assert variants.keys() == {"digits/mlp1", "digits/mlp2", "digits/small"}
    # Ten balanced classes: what has learnt nothing reaches about 10 %.
    assert all(variant["test_accuracy"]["mean"] > 20 for variant in variants.values())


@pytest.mark.slow
def test_readmes_other_data_set_gets_a_report_of_its_own(project):
    write_digits(write(project, DATASET))
    snakemake(project, "--configfile", "mine.yaml")
    page = (project / "results/digits/report/report.html").read_text()
    assert "Handwritten digits" in page
    assert "8 by 8" in page


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("images: 1437", "images: 1400", "dataset: images: 1400 is not allowed: data/digits/train-images-idx3-ubyte has 1437"),
        ("[8, 8]", "[8, 9]", "dataset: image_size: [8, 9] is not allowed: data/digits/train-images-idx3-ubyte has [8, 8]"),
        ("eight, nine]", "eight, nine, ten]", "dataset: classes: 11 is not allowed: data/digits/train-labels-idx1-ubyte has 10"),
        ("1192d80f", "1192d80e", "data/digits/train-images-idx3-ubyte: not the data file of this study"),
    ],
)  # fmt: skip
def test_a_data_set_that_is_not_as_configured_is_refused_before_any_job(project, old, new, message):
    write_digits(write(project, DATASET.replace(old, new)))
    assert message in refusal(project, "-n", "--configfile", "mine.yaml")


SPLITS = """
experiments:
  splits: {epochs: 1, grid: {network: [mlp2], split_seed: [449, 7]}}
"""


def test_the_seed_of_the_split_is_a_factor_of_a_grid(project):
    (project / "only.yaml").write_text(f"experiments: {ONLY_OWN}")
    target = "results/tiny/summary.json"
    snakemake(write(project, SPLITS), target, *TINY, "only.yaml", "mine.yaml")
    results = project / "results/tiny"
    tables = {
        n: pd.read_parquet(results / f"tables/{n}.parquet") for n in ("trainings", "predictions")
    }
    assert dict(zip(tables["trainings"]["variant"], tables["trainings"]["split_seed"], strict=True)) == {
        "mlp2-split449": 449, "mlp2-split7": 7
    }  # fmt: skip
    rows = tables["predictions"][tables["predictions"]["part"] == "validation"]
    for variant, file in (("mlp2-split449", "split"), ("mlp2-split7", "splits/seed7")):
        drawn = json.loads((results / f"{file}.json").read_text())["validation"]
        assert rows[rows["variant"] == variant]["image"].tolist() == drawn
    (results / "splits/seed7.json").write_text("{}")
    assert "results/tiny/splits/seed7.json" in refusal(
        project, "-n", *TINY, "only.yaml", "mine.yaml"
    )


# What a user sees of a mistake --------------------------------------------------------------------


def refusal(folder, *arguments):
    """Return what Snakemake says to a mistake, but for what it says at every start."""
    status, said = run_snakemake(folder, ["--cores", "2", *arguments], os.environ)
    assert status == 1
    usual = ("Using workflow specific profile", "Config file config.yaml is extended")
    return "\n".join(line for line in said.splitlines() if line and not line.startswith(usual))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    folder = copy_project(tmp_path_factory.mktemp("mistakes") / "project")
    return folder


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("spilt: {seed: 1}", ["--configfile", "mine.yaml"], "mine.yaml: spilt: unknown key; did you mean 'split'?"),
        ("{}", ["--config", "device=gpu"], "--config: device: 'gpu' is not allowed: one of auto, cpu, cuda; did you mean 'cpu'?"),
        ("seed: 1\nseed: 2", ["--configfile", "mine.yaml"], "mine.yaml: line 2: key 'seed' is given twice, first in line 1"),
        ("schedules: {two_rates: [{rate: 0.3, until: auto}, {rate: 0.1}]}", ["--configfile", "mine.yaml"],
         "schedules: two_rates: until: auto needs a training of 'cnn4' with the learning rate 0.3"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_in_a_line_and_starts_nothing(scratch, text, arguments, message):
    said = refusal(write(scratch, text), *arguments)
    assert message in said
    assert len(said.splitlines()) == 1
    assert not (scratch / "results").exists()


def test_a_mistake_of_yaml_in_config_yaml_is_said_with_its_line(project):
    with open(project / "config.yaml", "a", encoding="utf-8") as file:
        file.write("networks:\n  wide: fc8\n")
    said = refusal(project)
    assert re.fullmatch(r"config\.yaml: line \d+: key 'networks' is given twice, first in line \d+", said)  # fmt: skip


def test_snakemake_refuses_files_that_it_reads_itself_and_starts_nothing(scratch):
    """In its own words: it reads them before the workflow can (docs/configuration.md)."""
    write(scratch, "a: [")
    assert "Config file is not valid JSON or YAML" in refusal(scratch, "--configfile", "mine.yaml")
    said = refusal(scratch, "--configfile", "none.yaml")
    assert re.search(r"FileNotFoundError: .*'none\.yaml'$", said)
    assert not (scratch / "results").exists()


def test_another_folder_to_work_in_is_refused_in_a_line(scratch, tmp_path):
    (tmp_path / "config.yaml").write_text((scratch / "config.yaml").read_text())
    said = refusal(scratch, "--directory", str(tmp_path))
    assert said.endswith(f"in its own folder, without --directory. First: cd {scratch}")
    assert len(said.splitlines()) == 1


def test_files_of_an_option_that_is_repeated_all_count(scratch):
    write(scratch, "seed: 5")
    (scratch / "more.yaml").write_text("spilt: {}")
    for order in (("mine.yaml", "more.yaml"), ("more.yaml", "mine.yaml")):
        options = [word for name in order for word in ("--configfile", name)]
        command = [sys.executable, "scripts/show_plan.py", *options, "--config", "a=1", "--config", "b=2"]  # fmt: skip
        done = subprocess.run(command, cwd=scratch, text=True, capture_output=True)
        for place in ("more.yaml: spilt", "--config: a", "--config: b"):
            assert f"{place}: unknown key" in done.stderr


@pytest.mark.parametrize("program", ["show_plan.py", "run_study.py", "prune_results.py"])
def test_the_other_programs_refuse_a_mistake_alike(scratch, program):
    for name, text in (("mine.yaml", "spilt: {}"), ("mine.yaml", "a: ["), ("none.yaml", "")):
        write(scratch, text)
        command = [sys.executable, f"scripts/{program}", "--configfile", name]
        done = subprocess.run(command, cwd=scratch, text=True, capture_output=True)
        assert done.returncode == 1
        assert re.match(rf"{name}: ", done.stderr)
        assert len(done.stderr.splitlines()) == 1


def test_snakemake_and_the_other_programs_merge_alike(project):
    write(project, "{seed: 5, figures: {dpi: 77}, experiments: {schedules: null}}")
    words = ["seed=6", "split={seed: 7, images: 1200}"]
    files = ["--configfile", "workflow/presets/tiny.yaml", "mine.yaml"]
    program = (
        "import sys, json; sys.path.insert(0, 'scripts')\n"
        "from fashionlab.running.study import load_plan\n"
        f"print(json.dumps(load_plan({files[1:]}, {words})))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=project, text=True, stdout=subprocess.PIPE, check=True)
    plan = json.loads(done.stdout)
    assert (plan["seed"], plan["split"]["seed"], plan["figures"]["dpi"]) == (6, 7, 77)
    snakemake(project, "results/tiny/split.json", *files, "--config", *words)
    written = json.loads((project / "results/tiny/plan.json").read_text())
    assert {key: written[key] for key in plan} == plan


def test_the_plan_says_what_will_be_trained_in_how_many_steps_and_what_is_done(tiny_study):
    command = [sys.executable, "scripts/show_plan.py", *TINY]
    done = subprocess.run(command, cwd=tiny_study, text=True, stdout=subprocess.PIPE, check=True)
    assert "done  schedules/two_rates/run1" in done.stdout
    assert done.stdout.endswith("Every training is done.\n")
    command += ["--config", "experiments={learning_rates: {runs: 2}}"]
    done = subprocess.run(command, cwd=tiny_study, text=True, stdout=subprocess.PIPE, check=True)
    assert re.search(r"^learning_rates +2 +2 +63 +2/4$", done.stdout, re.M)
    assert re.search(r"^  -     learning_rates/lr0.1/run2 +cnn4 relu sgd, rate 0.1,", done.stdout, re.M)  # fmt: skip
    assert re.search(r"^To train: 2, 126 steps, about .* on this machine\.$", done.stdout, re.M)  # fmt: skip
    assert os.path.isdir(Path(tiny_study) / "results/tiny")
