"""The paper's chapters on made-up studies: every kind of study, a chapter removed, one added."""

import re
import shutil

import pytest
from matplotlib.figure import Figure

from conftest import ROOT
from fashionlab.chapters import chapters, modules_of, planned_exports, planned_figures
from fashionlab.claims.judging import judge_all
from fashionlab.plotting.figure import render as render_figure
from fashionlab.plotting.figure import styled
from fashionlab.plotting.points import draw_outcomes
from fashionlab.rendering.markdown import Report
from fashionlab.study import Study
from made_up import Made, made_up, write

BUILT_IN = (
    "generalisation", "activations", "input_scaling", "learning_rates", "schedules", "adam_baseline",
)  # fmt: skip
EMPTY = dict.fromkeys(BUILT_IN)
OWN = {"my_own": {"title": "Mine *and* yours", "question": "Does [it](x) help?", "epochs": 3,
                  "grid": {"batch_size": [200, 50]}}}  # fmt: skip
OWN_FIGURES = ("", "_confusion", "_first_weights")
LOST = Made(diverged={1: 40, 2: 40, 3: 40})
STUDIES = {
    "one run": {},
    "three runs": {"runs": 3},
    "all diverged": {"runs": 3, "default": LOST},
    "some diverged": {"runs": 3, "cnn3": Made(diverged={1: 40}), "two_rates": LOST},
    "no generalisation": {"without": ("generalisation",)},
    "no activations": {"without": ("activations", "input_scaling")},
    "no rates": {"without": ("learning_rates",)},
    "no schedules": {"without": ("schedules",)},
    "no question 4": {"without": ("learning_rates", "schedules", "adam_baseline")},
    "no Adam for as long": {"without": ("adam_baseline",)},
    "only an own one": {"without": BUILT_IN, "config": {"experiments": OWN}},
}


def on_disk(folder, **description):
    """Return a made-up study as it is read back, with a stand-in for each figure."""
    made = made_up(**description)
    made.plan["results"] = "results"
    write(made, folder)
    study = Study.read(folder / "plan.json", folder)
    (folder / "figures").mkdir()
    for name in planned_figures(study.plan):
        (folder / "figures" / f"{name}.svg").write_text("<svg/>")
    return study


def text_of(study, source=ROOT / "report"):
    return Report(study, source).text()


def broken_links(text):
    anchors = set(re.findall(r"\{#([\w-]+)", text)) | set(re.findall(r"id=\"([\w-]+)\"", text))
    return set(re.findall(r"\]\(#([\w-]+)\)(?!\{\.soft)", text)) - anchors


@pytest.mark.parametrize("name", STUDIES)
def test_every_chapter_reads_well_in_every_kind_of_study(name, tmp_path):
    text = text_of(on_disk(tmp_path, **STUDIES[name]))
    assert not broken_links(text)
    text = text.split("# The configuration as it ran")[0]
    assert not re.search(r"\bnan\b|\bNone\b(?! of)|bound method|\binf\b|dtype", text)
    # A list that was joined twice shows as letters with commas between.
    assert not re.search(r"\b\w, \w, \w, \w, \w and", text)
    # A heading that a tag before it has drawn into the line above.


@pytest.mark.parametrize("name", ["one run", "three runs"])
def test_a_number_that_a_caption_names_is_one_of_a_table_or_of_the_text(name, tmp_path):
    text = text_of(on_disk(tmp_path, **STUDIES[name]))
    captions = re.findall(r"^::: \{#fig-[^\n]*\n(.*)\n:::$", text, re.M)
    rest = re.sub(r"^::: \{#fig-[^\n]*\n.*\n:::$", "", text, flags=re.M)
    assert len(captions) > 3
    for caption in captions:
        unknown = set(re.findall(r"\d+\.\d\d+", caption)) - set(re.findall(r"\d+\.\d\d+", rest))
        assert not unknown, caption


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name",
    [
        # As in the study that is really trained, and as where some diverged.
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("one run", "three runs")),
        *("all diverged", "some diverged", "only an own one"),
    ],
)
def test_every_figure_is_drawn_whatever_became_of_the_runs(name, tmp_path):
    study = on_disk(tmp_path, **STUDIES[name])
    for figure in planned_figures(study.plan).values():
        with styled():
            files = render_figure(figure.draw(study), 40)
        ids = re.findall(rb' id="([^"]+)"', files[".svg"])
        assert len(ids) == len(set(ids)), figure.name
        assert len(files[".svg"]) < 450_000, figure.name
        fonts = set(
            re.findall(r"font-family: ([^;\"]+)|font: [\d.]+px ([^;\"]+)", files[".svg"].decode())
        )
        assert {one.strip("'") for pair in fonts for one in pair if one} <= {"Source Sans 3"}, (
            figure.name
        )


def test_a_run_stands_at_its_own_place_however_many_there_are():
    study = made_up(runs=11)
    axes = Figure().subplots()
    draw_outcomes(axes, study, "generalisation", x="train_accuracy")
    dots = next(line for line in axes.lines if line.get_marker() == ".")
    variant = str(study.variants("generalisation").index[0])
    for values, measure in (
        (dots.get_xdata(), "train_accuracy"),
        (dots.get_ydata(), "test_accuracy"),
    ):
        expected = [study.values("generalisation", variant, measure)[run] for run in range(1, 12)]
        assert list(values) == expected


def test_an_own_experiment_has_a_chapter_with_its_question_before_the_rest(tmp_path):
    study = on_disk(tmp_path, config={"experiments": OWN})
    text = text_of(study)
    chapter = text.index(r"# Mine \*and\* yours {#experiment-my_own}")
    assert text.index("# Method {#method}") < chapter < text.index("# Cost {#cost}")
    assert r"Does \[it\](x) help?" in text
    table = text[text.index("{#tbl-experiment_my_own") :]
    assert table.index("batches of 200") < table.index("batches of 50"), "as the grid has it"


SPLITS = {"splits": {"title": "Splits", "grid": {"network": ["mlp2"], "split_seed": [449, 7, 8]}}}


def test_splits_of_several_seeds_are_said_wherever_the_split_is(tmp_path):
    text = text_of(on_disk(tmp_path, runs=3, config={"experiments": SPLITS}))
    for said in (
        "drawn with the seeds 7, 8 and 449", "split seeds 7, 8 and 449", "batch size and split see",
        "All runs but those of Splits share one split", "mlp2 with split 7", "split_seed: [449, 7, 8]",
        "Nowhere do the splits differ by more than chance explains",
        "test accuracies on several splits scatter by a standard deviation of 0.00",
    ):  # fmt: skip
        assert said in text
    assert "The highest test accuracy is that of mlp2 with split" not in text


def test_a_study_on_one_split_says_so_and_one_on_several_alone_does_not(tmp_path):
    alone = {"without": BUILT_IN, "config": {"experiments": SPLITS}}
    assert "One split" not in text_of(on_disk(tmp_path / "alone", **alone))
    grid = {"splits": {"title": "Splits", "grid": {"network": ["mlp2"], "split_seed": [449]}}}
    text = text_of(on_disk(tmp_path / "one", without=BUILT_IN, config={"experiments": grid}))
    assert "All runs share one split" in text
    assert "drawn once with seed 449" in text


def test_a_study_of_other_data_and_experiments_has_no_word_of_the_homework(tmp_path):
    digits = {"name": "Digits", "classes": [f"digit {number}" for number in range(10)]}
    config = {"dataset": digits, "experiments": OWN}
    text = text_of(on_disk(tmp_path, without=BUILT_IN, config=config))
    assert not re.search(r"homework|original|EE449|question \d|fashion(?!lab)|# Verdicts", text)
    assert "# Mine" in text


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return a study with stand-ins for the figures that experiments without a chapter would get."""
    made = on_disk(tmp_path_factory.mktemp("study"))
    own = [f"experiment_{one}{part}" for one in BUILT_IN for part in OWN_FIGURES]
    for name in [*own, "mine"]:
        (made.results / "figures" / f"{name}.svg").write_text("<svg/>")
    return made


@pytest.fixture
def project(tmp_path):
    """Return a copy of report/ that a test may change."""
    copied = shutil.copytree(ROOT / "report", tmp_path / "report", symlinks=True)
    return copied


NAMES = sorted(path.name for path in (ROOT / "report/chapters").iterdir() if path.is_dir())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "00-abstract"])
def test_a_chapter_can_be_removed_with_its_figures_and_exports(name, study, project):
    shutil.rmtree(project / "chapters" / name)
    own = {path.stem for path in (ROOT / "report/chapters" / name).glob("figures/*.py")}
    assert not own & planned_figures(study.plan, project).keys()
    assert not any(name in module for module in modules_of(study.plan, "facts.py", project))
    text = text_of(study, project)
    assert not broken_links(text), "links to what is gone"


def test_a_chapter_is_added_by_a_folder(study, project):
    folder = project / "chapters/055-mine"
    (folder / "figures").mkdir(parents=True)
    (folder / "text.md.j2").write_text(
        '# Mine {#mine}\n\n<< best >> wins.\n\n<% call figure("mine", alt="A line.") %>It rises.<% endcall %>\n'
    )
    (folder / "summary.md.j2").write_text("And << best >> wins.")
    (folder / "facts.py").write_text(
        'def facts(study):\n    return {"best": "cnn4", "key_figures": [("1", "winner")]}\n'
    )
    (folder / "exports.py").write_text(
        'def exports(plan):\n    return {"mine_cnn4": {"loss": ("generalisation", "cnn4", "loss")}}\n'
    )
    figure = "from fashionlab.plotting.figure import empty_figure\nNEEDS = ('generalisation',)\n"
    figure += "def draw(study):\n    return empty_figure(study, 'mine')\n"
    (folder / "figures/mine.py").write_text(figure)
    (folder / "claims.py").write_text(
        "from fashionlab.claims.rows import Claim, Part, of\n"
        "A, B = (of('generalisation', network=name) for name in ('cnn4', 'mlp1'))\n"
        "CLAIMS = [Claim('9a', 'A above B.', 'mine', [Part('A', 'test_accuracy', [(A, B)])])]\n"
    )
    added = next(one for one in chapters(study.plan, project) if one.folder == folder)
    assert [one.claim.id for one in judge_all(study, added.claims())] == ["9a"]
    figures = planned_figures(study.plan, project)
    assert figures["mine"].chapter.title(study.plan) == "Mine"
    assert "mine" in str(figures["mine"].draw(study).texts[0].get_text())
    assert planned_exports(study.plan, project)["mine_cnn4"]["loss"][1] == "cnn4"
    text = text_of(study, project)
    assert "cnn4 wins." in text
    assert (
        text.index("And cnn4 wins.") < text.index("- **1** winner") < text.index("# Mine {#mine}")
    )
    (folder / "figures/costs.py").write_text(figure)
    with pytest.raises(ValueError, match="there is a figure of this name already"):
        planned_figures(study.plan, project)


def test_needs_that_are_not_a_plain_tuple_are_refused_with_their_line(project):
    module = project / "chapters/09-cost/figures/costs.py"
    module.write_text("NEEDS = tuple(['a'])\n")
    with pytest.raises(ValueError, match=r"costs\.py:1: NEEDS must be a tuple of names"):
        planned_figures(made_up().plan, project)


def test_each_run_of_a_found_switch_is_reported_by_its_own_epochs():
    schedules = {"two_rates": [{"rate": 0.1, "until": "auto"}, {"rate": 0.01}]}
    found = Made(switches={1: [12], 2: [8], 3: [7]})
    study = made_up(runs=3, config={"schedules": schedules}, two_rates=found)
    phases = study.phases("schedules", "two_rates")
    assert phases["last"].tolist() == [11, 29, 7, 29, 6, 29]
    assert phases["first"].tolist() == [0, 12, 0, 8, 0, 7]
