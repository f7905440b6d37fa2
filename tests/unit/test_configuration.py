"""Mistakes in a configuration are refused in a line: file, key, value, what is allowed."""

import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from conftest import ROOT
from fashionlab.config import meaning
from fashionlab.config.configuration import check_configuration
from fashionlab.config.layers import (
    ConfigurationError,
    merge_layers,
    parse_settings,
    parse_yaml,
    read_layers,
    read_yaml,
)
from fashionlab.config.meaning import OF_A_STUDY, TAKEN
from fashionlab.config.schema_check import SCHEMA
from fashionlab.machine import count_gpus
from fashionlab.planning.plan import AXES, build_plan
from fashionlab.storage.files import canonical_json

LONG = "a" * 39


def check(*changes):
    layers = [*read_layers(), *(("mine.yaml", parse_yaml(text)) for text in changes)]
    return check_configuration(merge_layers(layers), layers)


def plan(changes):
    return build_plan(check(changes), "code", "code")


def refusal(changes):
    with pytest.raises(ConfigurationError) as caught:
        check(changes)
    return str(caught.value)


@pytest.mark.parametrize("preset", sorted(Path("workflow/presets").glob("*.yaml")))
def test_every_preset_is_sound(preset):
    check(preset.read_text())


def test_the_schema_is_one_and_describes_every_setting_of_a_grid():
    schema = yaml.safe_load(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    experiment = schema["properties"]["experiments"]["additionalProperties"]["properties"]
    assert experiment["grid"]["properties"].keys() == AXES.keys()
    assert (
        experiment.keys() - {"title", "question", "grid"}
        == schema["properties"]["defaults"]["properties"].keys()
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        # unknown keys
        ("spilt: {seed: 1}", "spilt: unknown key; did you mean 'split'?"),
        ("split: {seeds: 1}", "split: seeds: unknown key; did you mean 'seed'?"),
        ("experiments: {own: {grid: {networks: [mlp1]}}}", "experiments: own: grid: networks: unknown key; did you mean 'network'?"),
        ("experiments: {generalisation: {grid: {split_seed: [1, 2]}}}", "experiments: generalisation: grid: split_seed: is not for this experiment, whose chapter 03-generalisation compares on one split; ask in an experiment of your own (docs/extending.md)"),
        ("defaults: {split_seed: 1}", "defaults: split_seed: all experiments share the split; only its seed can vary, as split_seed: [1, 2] in a grid"),
        ("experiments: {own: {split_seed: 1}}", "experiments: own: split_seed: all experiments share the split; only its seed can vary, as split_seed: [1, 2] in a grid"),
        ("experiments: {own: {seed: 3, grid: {network: [mlp1]}}}", "experiments: own: seed: a study has one seed; runs: 3 trains each variant with three that come of it"),
        ("dataset: {sources: [{uri: x}]}", "dataset: sources: entry 1: uri: unknown key; did you mean 'url'?"),
        ("dataset: {sha256: {train-image: x}}", "dataset: sha256: train-image: 'train-image' is not allowed as a name; did you mean 'train-images-idx3-ubyte'?"),
        # wrong types
        ("seed: one", "seed: 'one' is not allowed: a whole number, at least 0"),
        ("defaults: {epochs: 2.0}", "defaults: epochs: 2.0 is not allowed: a whole number"),
        ("defaults: {epochs: true}", "defaults: epochs: true is not allowed: a whole number"),
        ("defaults: {learning_rate: .inf}", "learning_rate: Infinity is not allowed: a number, above 0 and at most 1,000, or a name (a learning rate"),
        ("figures: {width: .nan}", "figures: width: NaN is not allowed: a number, at least 3"),
        ("seed: 2001-11-05", "mine.yaml: seed: '2001-11-05' is not allowed: a whole number"),
        ("activations: {tanh: {class: Hardtanh, max_val: .inf}}", "mine.yaml: activations: tanh: max_val: Infinity is not allowed"),
        ("optimizers: {m: {class: Adam, betas: [.nan, 0.9]}}", "mine.yaml: optimizers: m: betas: entry 1: NaN is not allowed"),
        ("demonstration: 5", "mine.yaml: demonstration: 5 is not allowed: text"),
        ("defaults: {epochs: 1e1}", "mine.yaml: defaults: epochs: YAML reads 1e1 as text; write 10\n"),
        ("defaults: {epochs: 15e-1}", "mine.yaml: defaults: epochs: '15e-1' is not allowed: a whole number"),
        ("schedules: {two_rates: [{rate: 0.1, until: 1e0}, {rate: 0.01}]}", "entry 1: until: YAML reads 1e0 as text; write 1\n"),
        ("device: 1e3", "mine.yaml: device: '1e3' is not allowed: one of auto, cpu, cuda"),
        ("defaults: {learning_rate: 1e400}", "mine.yaml: defaults: learning_rate: '1e400' is not allowed: a number, above 0"),
        ("defaults: {learning_rate: 1e-7}", "learning_rate: YAML reads 1e-7 as text; write 1.0e-7\n"),
        ("defaults: {learning_rate: 1e-400}", "learning_rate: '1e-400' is not allowed: a number, above 0"),
        ("defaults: {learning_rate: 1e5}", "learning_rate: '1e5' is not allowed: a number, above 0 and at most 1,000"),
        ("defaults: {epochs: 1e7}", "defaults: epochs: '1e7' is not allowed: a whole number, at least 1 and at most 1,000,000"),
        ("figures: {width: 1e1}", "figures: width: YAML reads 1e1 as text; write 10 or 1.0e+1\n"),
        ("experiments: []", "experiments: [] is not allowed: a section of keys with at least one (experiments by name. Each key is optional; defaults has what is not given)\n"),
        ("experiments: {generalisation: [1]}", "experiments: generalisation: [1] is not allowed: a section of keys (settings of an experiment, or null to leave it out)\n"),
        ("experiments: {generalisation: {grid: [1]}}", "grid: [1] is not allowed: a section of keys (settings with several values; every combination is trained)\n"),
        ("experiments: {generalisation: {grid: {network: []}}}", "grid: network: [] is not allowed: a list of at least 1, each a name (networks to train)\n"),
        ("defaults: {runs: [1, 2]}", "defaults: runs: [1, 2] is not allowed: a whole number, at least 1 and at most 1,000 (independent repetitions)\n"),
        ("figures: {dpi: 1:40}", "mine.yaml: figures: dpi: '1:40' is not allowed: a whole number"),
        ("networks: []", "networks: [] is not allowed: a section of keys"),
        ("defaults: {learning_rate: 1e-3}", "defaults: learning_rate: YAML reads 1e-3 as text; write 0.001 or 1.0e-3"),
        ("experiments: {own: {grid: {learning_rate: [1e-3]}}}", "grid: learning_rate: entry 1: YAML reads 1e-3 as text"),
        ("experiments: {own: {network: [mlp1, mlp2]}}", "several values stand in an experiment's grid"),
        # negative or zero where impossible, and beyond other limits
        ("seed: -1", "seed: -1 is not allowed: a whole number, at least 0"),
        ("defaults: {epochs: 0}", "defaults: epochs: 0 is not allowed: a whole number, at least 1"),
        ("defaults: {learning_rate: 0}", "defaults: learning_rate: 0 is not allowed"),
        ("experiments: {own: {grid: {batch_size: [50, -1]}}}", "grid: batch_size: entry 2: -1 is not allowed"),
        ("split: {validation_fraction: 0}", "validation_fraction: 0 is not allowed: a number, above 0 and at most 0.9"),
        ("figures: {dpi: 10}", "figures: dpi: 10 is not allowed: a whole number, at least 50 and at most 1,200"),
        (f"seed: 1{'0' * 400}", "mine.yaml: seed: 1000"),
        (f"dataset: {{images: 1{'0' * 400}}}", "is not allowed: a whole number, at least 20 and at most 4,294,967,295"),
        (f"split: {{images: 1{'0' * 400}}}", "at least 20 and at most 4,294,967,295"),
        ("input_ranges: {unit: [0, 1.0e+300]}", "input_ranges: unit: entry 2: 1e+300 is not allowed: a number, at least -1e+38"),
        ("device: gpu", "device: 'gpu' is not allowed: one of auto, cpu, cuda; did you mean 'cpu'?"),
        # sizes that do not fit the data
        ("split: {validation_fraction: 0.0001}", "leaves 59,994 images to train and 6 to validate, but each of the 10 classes needs one"),
        ("{split: {images: 20}, defaults: {batch_size: 5}}", "validation_fraction: 0.1 leaves 18 images to train and 2 to validate"),
        ("split: {images: 59995}", "split: images: 59,995 is not allowed: from 10 (the classes) to 59,990, or null"),
        ("defaults: {batch_size: 60000}", "defaults: batch_size: 60,000 is not allowed: at most 54,000, the training images"),
        # networks
        ("networks: {cnn3: conv3x16 akt}", "networks: cnn3: 'conv3x16 akt': cannot read 'akt'; a layer is one of conv3x16"),
        ("networks: {cnn3: conv30x16}", "the kernel of 'conv30x16' is larger than its 28 x 28 input"),
        ("dataset: {image_size: [8, 8]}", "the kernel of 'conv7x8' is larger than its 6 x 6 input"),
        ("networks: {cnn3: fc999999 fc999999}", "has 1,000,793,999,215 parameters"),
        ("networks: {'a b': fc16}", "networks: a b: 'a b' is not allowed as a name: up to 40 lower-case letters, digits"),
        ("networks: {'$(touch x)': fc16}", "is not allowed as a name"),
        ("networks: {'../x': fc16}", "is not allowed as a name"),
        ("networks: {'': fc16}", "networks: '': '' is not allowed as a name: up to 40 lower-case letters"),
        ("'': 1", "mine.yaml: '': unknown key"),
        ("': ': 1", "mine.yaml: ': ': unknown key"),
        (f"networks: {{{'a' * 41}: fc16}}", "is not allowed as a name: up to 40 lower-case letters"),
        (f"networks: {{cnn3: {'act ' * 250} fc16}}", "is not allowed: a line of layers, up to 1,000 characters (its layers)"),
        # names that nothing has
        ("defaults: {network: cnn9}", "defaults: network: 'cnn9' is not in networks; did you mean 'cnn"),
        ("defaults: {activation: rely}", "'rely' is not in activations; did you mean 'relu'?"),
        ("experiments: {own: {grid: {network: [mlp1, mpl2]}}}", "experiments: own: grid: network: 'mpl2' is not in networks; did you mean 'mlp2'?"),
        ("experiments: {own: {learning_rate: two_rate}}", "'two_rate' is not in schedules; did you mean 'two_rates'?"),
        ("networks: {mlp1: null}", "grid: network: 'mlp1' is not in networks"),
        # an experiment that is likely to mean another
        ("experiments: {generalization: {runs: 3}}", "mine.yaml: experiments: generalization: is not in config.yaml, and an experiment of your own needs a grid; did you mean 'generalisation'?"),
        ("experiments: {generalization: {grid: {network: [mlp1]}}}", "experiments: generalization: did you mean 'generalisation'? If it is an experiment of your own, give it a title"),
        ("experiments: {own: {epochs: 2}}", "experiments: own: is not in config.yaml, and an experiment of your own needs a grid; known: generalisation, "),
        # the same training twice
        ("experiments: {own: {grid: {network: [mlp1, mlp1]}}}", "grid: network: mlp1 is given twice"),
        ("experiments: {own: {grid: {learning_rate: [1, 1.0]}}}", "learning_rate: lr1 is given twice"),
        # schedules
        ("experiments: {schedules: {epochs: 14}}", "schedules: three_rates: until: 14 is not before the end of experiment 'schedules': it has 14 epochs"),
        ("schedules: {two_rates: [{rate: 0.1}, {rate: 0.01}]}", "schedules: two_rates: every rate but the last needs 'until'"),
        ("schedules: {two_rates: [{rate: 0.1, until: soon}, {rate: 0.01}]}", "entry 1: until: 'soon' is not allowed: a whole number, at least 1 and at most 1,000,000, or auto"),
        ("schedules: {two_rates: [{until: 2}, {rate: 0.01}]}", "mine.yaml: schedules: two_rates: entry 1: rate: is missing"),
        ("schedules: {s: [{rate: 1, until: 5}, {rate: 2, until: 3}, {rate: 3}]}", "schedules: s: the switch epochs [5, 3] do not rise"),
        ("schedulers: {two_rates: {class: ExponentialLR, rate: 1, gamma: 0.9}}", "schedulers: two_rates: stands in schedules as well"),
        ("schedulers: {s: {class: CosineAnnealingLR, T_max: 3}}", "mine.yaml: schedulers: s: rate: is missing: a number"),
        ("schedulers: {s: {class: CosineLR, rate: 1}}\ndefaults: {learning_rate: s}", "schedulers: s: class: torch.optim.lr_scheduler has no class 'CosineLR' that can be planned; did you mean"),
        ("schedulers: {s: {class: ReduceLROnPlateau, rate: 1}}\ndefaults: {learning_rate: s}", "schedulers: s: class: torch.optim.lr_scheduler has no class 'ReduceLROnPlateau' that can be planned"),
        ("schedulers: {s: {class: OneCycleLR, rate: 1, max_lr: 1, total_steps: 3}}\nexperiments: {own: {grid: {learning_rate: [s]}, optimizer: adam, epochs: 5}}", "cannot be used with adam for 5 epochs: Tried to step 4 times"),
        ("schedulers: {s: {class: ExponentialLR, rate: 1, gamma: -1}}\nexperiments: {own: {grid: {learning_rate: [s]}}}", "its rate is -1.0 in epoch 1"),
        ("networks: {n: fc8 norm}\nexperiments: {own: {grid: {network: [n]}, batch_size: 1}}", "experiments: own: batch_size: 1 is not allowed: norm in n needs two images"),
        # texts that cannot be printed
        ("dataset: {name: ''}", "dataset: name: '' is not allowed: text of one line that is not empty (name of the data set"),
        ("dataset: {name: 猫}", "dataset: name: '猫': SourceSans3-Regular.ttf has no U+732B (CJK UNIFIED IDEOGRAPH-732B)"),
        ("demonstration: A cat 🐈", "demonstration: 'A cat 🐈': SourceSans3-Regular.ttf has no U+1F408 (CAT)"),
        ("dataset: {classes: [a, b, c, d, e, f, g, h, i, ∰]}", "dataset: classes: entry 10: '∰': SourceSans3-Regular.ttf has no U+2230"),
        ("experiments: {own: {title: שלום}}", "experiments: own: title: 'שלום': SourceSans3-Regular.ttf has no U+05D5"),
        ("experiments: {own: {question: \"\\u202eQ2\"}}", "experiments: own: question: '\\u202eQ2': SourceSans3-Regular.ttf has no U+202E"),
        ("dataset: {name: \"a\\nb\"}", "dataset: name: 'a\\nb' is not allowed: text of one line that is not empty (name of the data set, as the report gives it); up to 2,000 characters, no tab"),
        ("demonstration: \"a\\tb\"", "demonstration: 'a\\tb' is not allowed: text of one line"),
        ("dataset: {name: \"a\\u2028b\"}", "dataset: name: 'a\\u2028b' is not allowed: text of one line"),
        ("\"x\\ny\": 1", "x\\ny: unknown key"),
        ("schedules: {three_rates: [{rate: 0.1, until: auto}, {rate: 0.01, until: 2}, {rate: 0.001}]}", "mine.yaml: schedules: three_rates: after an auto switch every other one is auto, too"),
        # classes of PyTorch
        ("activations: {leaky: {class: LeekyReLU}}", "activations: leaky: class: torch.nn has no class 'LeekyReLU'; did you mean 'LeakyReLU'?"),
        ("activations: {leaky: {class: LeakyReLU, slope: 1}}", "unexpected keyword argument 'slope'"),
        ("activations: {leaky: {class: LeakyReLU, negative_slope: a}}", "must be Number, not str"),
        ("activations: {glu: {class: GLU}}", "must keep the shape"),
        ("activations: {leaky: {}}", "activations: leaky: class: is missing: the name of a class, as PyTorch spells it"),
        ("optimizers: {m: {class: SDG}}", "optimizers: m: class: torch.optim has no class 'SDG'; did you mean 'SGD'?"),
        ("optimizers: {m: {class: SGD, momentum: -1}}", "cannot be used: Invalid momentum value: -1"),
        ("optimizers: {m: {class: SGD, lr: 1}}", "optimizers: m: lr: the rate of a training stands in its learning_rate"),
        ("optimizers: {m: {class: SparseAdam}}", "cannot be used: SparseAdam does not support dense gradients"),
        ("optimizers: {m: {class: LBFGS}}", "missing 1 required positional argument: 'closure'"),
        # paths and addresses
        ("results: /", "results: '/' is not allowed"),
        ("results: /etc", "results: '/etc' has something else in it ('"),
        (f"results: {ROOT}", "results: '.' has the study itself in it"),
        (f"results: {ROOT}/scripts", "results: 'scripts' is a folder of the project"),
        ("results: ../x", "results: '../x' is not allowed"),
        (f"results: {'r' * 300}", "is not allowed: a path (folder of all results, in the repository or, as an absolute path, elsewhere); of up to 200 letters"),
        (f"results: a/{'r' * 101}", "is not allowed: a path (folder of all results, in the repository or, as an absolute path, elsewhere); of up to 200 letters"),
        (f"dataset: {{folder: {'r' * 300}}}", "is not allowed: a path (folder of the four unpacked IDX files); of up to 200 letters"),
        ("dataset: {folder: scripts}", "dataset: folder: 'scripts' is a folder of the project; choose another name"),
        ("dataset: {folder: report/data}", "dataset: folder: 'report' is a folder of the project; choose another name"),
        (f"dataset: {{folder: {ROOT}/scripts}}", "dataset: folder: 'scripts' is a folder of the project; choose another name"),
        ("dataset: {folder: /etc}", "dataset: folder: '/etc' has something else in it ('"),
        ("dataset: {folder: results/runs}", "dataset: folder: 'results/runs' lies in that of the results; choose another place"),
        (f"{{networks: {{{LONG}a: fc9, {LONG}b: fc8}}, activations: {{{LONG}: {{class: ReLU}}}}, optimizers: {{{LONG}: {{class: SGD}}}}, input_ranges: {{{LONG}: [0, 1]}}, schedules: {{{LONG}: [{{rate: 1, until: 1}}, {{rate: 2}}]}}, experiments: {{own: {{grid: {{network: [{LONG}a, {LONG}b], activation: [{LONG}], optimizer: [{LONG}], input_range: [{LONG}], learning_rate: [{LONG}], epochs: [9]}}}}}}}}", "experiments: own: grid: a variant would have a name of 208 characters, more than"),
        ("dataset: {sources: [{url: 'http://x/'}]}", "url: 'http://x/' is not allowed"),
        ("dataset: {sha256: null}", "dataset: sha256: null is not allowed: a section of keys (SHA-256 of each"),
        ("dataset: {sources: [{package: p}]}", "dataset: sources: entry 1: {\"package\": \"p\"} is not allowed: a url, a directory, a package and its path, or a data set of torchvision"),
        ("input_ranges: {unit: [0, 0]}", "input_ranges: unit: [0, 0] makes all pixels equal"),
        ("experiments: {generalisation: null, activations: null, input_scaling: null, learning_rates: null, schedules: null, adam_baseline: null}", "experiments: {} is not allowed: a section of keys with at least one"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_in_a_line_with_its_place_and_what_is_allowed(changes, message):
    text = refusal(changes)
    assert message in f"{text}\n"
    assert re.match(r"(mine|config)\.yaml: ", text)
    assert len(text.splitlines()) <= 3
    assert all(len(line) < 300 for line in text.splitlines())


def test_a_mistake_is_sought_in_the_file_that_makes_it():
    assert refusal("defaults: {epochs: 0}").startswith("mine.yaml: defaults: epochs")
    # The batch size is that of config.yaml; what does not fit it stands in the other file.
    assert refusal("split: {images: 40, validation_fraction: 0.5}").startswith("config.yaml: defaults: batch_size")  # fmt: skip


def test_no_folder_of_the_project_takes_results():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout
    folders = {name.split("/")[0] for name in listed.splitlines() if "/" in name}
    assert {name for name in folders if not name.startswith(".")} <= set(TAKEN)
    assert "'scripts' is a folder of the project" in refusal("results: scripts/mine")


def test_results_may_lie_elsewhere_and_have_one_spelling_here(tmp_path):
    assert check(f"results: {tmp_path}/mine")["results"] == f"{tmp_path}/mine"
    assert check(f"results: {ROOT}/results/mine")["results"] == "results/mine"
    (tmp_path / "mine/runs").mkdir(parents=True)
    assert check(f"results: {tmp_path}/mine")["results"] == f"{tmp_path}/mine"
    (tmp_path / "other").mkdir()
    (tmp_path / "other/thesis.tex").touch()
    assert "has something else in it ('thesis.tex'); name a folder of its own" in refusal(f"results: {tmp_path}/other")  # fmt: skip


def test_no_study_lies_where_another_keeps_its_results_and_prunes_them():
    for folder in OF_A_STUDY:
        message = f"mine.yaml: results: '{folder}' is a folder of each study's results"
        assert message in refusal(f"results: results/{folder}")
        assert message in refusal(f"results: results/tiny/{folder}/mine")
    assert check("results: results/handout_runs")["results"] == "results/handout_runs"


@pytest.mark.parametrize(
    "change",
    [
        "input_ranges: {symmetric: [-1.0, 1.0]}",
        "dataset: {sha256: {train-images-idx3-ubyte: C59F468A2F672DC815687FE0F83887768D799FD8A3F3276145D20F83AA44D888}}",
        "networks: {cnn4: ' conv3x3x16 act  conv5x5x8 act conv3x8 act pool conv5x16 act pool '}",
        "figures: {width: 7}",
        "split: {images: 60000}",
        "dataset: {images: 60000, image_size: [28, 28]}",
        "experiments: {learning_rates: {grid: {learning_rate: [0.10, 1.0e-2, 0.001]}}}",
    ],
)  # fmt: skip
def test_another_spelling_of_the_same_study_is_the_same_plan_and_trains_nothing_again(change):
    assert canonical_json(plan(change)) == canonical_json(plan("{}"))


def test_options_of_pytorch_keep_the_kind_of_their_numbers():
    options = check("activations: {leaky: {class: LeakyReLU, negative_slope: 1.0}}")["activations"]
    assert canonical_json(options["leaky"]) == '{"class":"LeakyReLU","negative_slope":1.0}'


def test_rates_keep_all_their_digits_and_close_ones_are_two():
    rates = [0.0316227766, 0.0316227, 0.1, 1e-7]
    own = plan(
        f"experiments: {{own: {{grid: {{learning_rate: {rates}}}}}}}".replace("1e-", "1.0e-")
    )
    found = [t["learning_rate"] for t in own["trainings"] if t["experiment"] == "own"]
    assert sorted(map(float, found)) == sorted(rates)
    assert "own/lr0.0316227766/run1" in {t["id"] for t in own["trainings"]}


def test_an_alias_of_yaml_is_a_copy_that_other_files_do_not_change():
    first = "experiments: {one: &c {grid: {network: [mlp1]}, epochs: 3}, two: *c}"
    both = check(first, "experiments: {one: {epochs: 5, grid: {network: [mlp2]}}}")["experiments"]
    assert both["one"] == {"grid": {"network": ["mlp2"]}, "epochs": 5}
    assert both["two"] == {"grid": {"network": ["mlp1"]}, "epochs": 3}


def test_a_leading_zero_means_nothing_in_a_file_as_on_the_command_line():
    assert parse_yaml("010") == parse_settings(["seed=010"])["seed"] == int("010")
    assert parse_yaml("0x10") == 16


def test_many_mistakes_are_not_all_listed():
    networks = ", ".join(f"n{number}: akt" for number in range(30))
    assert refusal(f"networks: {{{networks}}}").splitlines()[-1] == "... and 20 more"


@pytest.mark.parametrize(
    ("section", "name"),
    [("experiments", "schedules"), ("networks", "own"), ("activations", "own")],
)
def test_what_is_null_is_left_out(section, name):
    own = {"networks": {"own": "fc16"}, "activations": {"own": {"class": "SiLU"}}}
    base = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))
    layers = [("config.yaml", base), ("own.yaml", own), ("mine.yaml", {section: {name: None}})]
    assert name not in check_configuration(merge_layers(layers), layers)[section]


def test_a_null_that_leaves_nothing_out_is_refused():
    assert refusal("networks: {cnn6: null}") == (
        "mine.yaml: networks: cnn6: there is none to leave out; did you mean 'cnn5'?"
    )


def test_classes_of_pytorch_are_taken_with_their_options():
    check("activations: {leaky: {class: LeakyReLU, negative_slope: 0.1}, silu: {class: SiLU}}")
    check("optimizers: {m: {class: SGD, momentum: 0.9, nesterov: true}, w: {class: AdamW}}")


def test_letters_signs_and_accents_of_many_languages_may_be_printed():
    check("dataset: {name: Füße · č ő ş ≤ 3 × µ – „Ж“ αβγ Tiếng Việt €}")


def test_the_study_itself_is_checked_without_importing_pytorch_or_fonts():
    program = (
        "import sys; sys.path.insert(0, 'scripts')\n"
        "from fashionlab.config.configuration import load_configuration\n"
        "load_configuration()\n"
        "sys.exit(bool({'torch', 'fontTools'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: key 'a' is given twice, first in line 1"),
        ("a: {b: 1,\n c: 2, b: 3}", "line 2: key 'b' is given twice"),
        ("1: x\n", "line 1: key '1' is not text for YAML"),
        ("no: x\n", "line 1: key 'no' is not text for YAML"),
        ("? [a]\n: x\n", "is not text for YAML"),
        ("a:\n  b: [1, 2\nc: 3\n", "line 3: "),
        ("a:\n\tb: 1\n", "line 2: "),
        ("- a\n", "needs keys at its top level"),
        ("a: *b\n", "line 1: "),
        ("a: \x07\n", "is not YAML: "),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_line(text, message, tmp_path):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        read_yaml(tmp_path / "mine.yaml")
    assert f"mine.yaml: {message}" in str(caught.value) or message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_and_one_that_is_no_text_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read: No such file"):
        read_yaml(tmp_path / "none.yaml")
    (tmp_path / "mine.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="is not text in UTF-8"):
        read_yaml(tmp_path / "mine.yaml")


def test_the_order_of_merging_is_config_then_files_then_command_line(tmp_path):
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("{seed: 1, figures: {dpi: 60, width: 5}, split: {seed: 1}}")
    second.write_text("{seed: 2, figures: {dpi: 70}}")
    layers = read_layers([first, second], parse_settings(["seed=3", "split={seed: 4}"]))
    merged = merge_layers(layers)
    assert merged["seed"] == 3
    assert merged["figures"] == {"dpi": 70, "width": 5, "smoothing_steps": 300}
    assert merged["split"] == {"seed": 4, "validation_fraction": 0.1, "images": None}


def test_lists_replace_and_do_not_grow(tmp_path):
    (tmp_path / "a.yaml").write_text("experiments: {generalisation: {grid: {network: [mlp1]}}}")
    merged = merge_layers(read_layers([tmp_path / "a.yaml"]))
    assert merged["experiments"]["generalisation"]["grid"] == {"network": ["mlp1"]}


def test_numbers_that_snakemake_leaves_as_text_are_numbers():
    layers = read_layers([], {"split": {"seed": "5", "images": "null"}, "device": "cpu"})
    assert merge_layers(layers)["split"] == {"seed": 5, "images": None, "validation_fraction": 0.1}


@pytest.mark.parametrize("word", ["seed", "split={seed: 1"])
def test_a_setting_of_the_command_line_that_cannot_be_read_is_refused(word):
    with pytest.raises(ConfigurationError, match="--config: "):
        parse_settings([word])


@pytest.mark.parametrize(("chosen", "count"), [("", 0), ("-1", 0), ("2", 1), ("0,3", 2)])
def test_only_the_gpus_that_are_chosen_count(monkeypatch, chosen, count):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert count_gpus() == count


def test_a_chapter_that_names_an_experiment_under_splits_may_vary_them(tmp_path, monkeypatch):
    for name, splits in (("one", ""), ("several", '"several",')):
        facts = tmp_path / f"chapters/{name}/facts.py"
        facts.parent.mkdir(parents=True)
        facts.write_text(f'EXPERIMENTS = ("{name}",)\nSPLITS = ({splits})\n')
    monkeypatch.setattr(meaning, "REPORT", tmp_path)
    own = "experiments: {{{}: {{title: Mine, grid: {{split_seed: [1, 2]}}}}}}".format
    assert "whose chapter one compares on one split" in refusal(own("one"))
    check(own("several"))
