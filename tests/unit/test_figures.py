"""Each figure's program on made-up results: one run, three runs, runs that diverged."""

import functools
import importlib
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
from figure_results import make_study

from fashionlab.figures.data import FigureData
from fashionlab.figures.plotting import render, styled
from fashionlab.planning.planned import read_plan

PROGRAMS = {
    "generalisation": [],
    "weights": ["wide"],
    "gradients": [],
    "learning_rates": [],
    "schedule": ["two_rates"],
    "schedule_against_adam": [],
    "confusion": [],
    "size_and_depth": [],
    "input_scaling": [],
}
WITHOUT_CURVES = {"weights", "confusion"}
EVERY_DEEP = tuple(
    f"{experiment}/{variant}/run1"
    for experiment, variant in (
        ("generalisation", "deep"), ("activations", "deep-relu"), ("input_scaling", "raw"),
        ("learning_rates", "0.1"), ("schedules", "two_rates"), ("own_idea", "50"),
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Return folders of made-up studies by name."""
    return {
        "one": make_study(tmp_path_factory.mktemp("one")),
        "three": make_study(tmp_path_factory.mktemp("three"), runs=3),
        "diverged": make_study(tmp_path_factory.mktemp("diverged"), diverged=EVERY_DEEP),
        "all diverged": make_study(
            tmp_path_factory.mktemp("lost"),
            diverged=(*EVERY_DEEP, "generalisation/wide/run1", "own_idea/100/run1"),
        ),
        "partly": make_study(tmp_path_factory.mktemp("partly"), runs=3, diverged=EVERY_DEEP),
    }


def read(folder) -> FigureData:
    return FigureData(read_plan(folder / "plan.json"), folder / "tables", folder / "split.json")


@functools.cache
def draw(folder, program: str) -> tuple[dict[str, bytes], dict[str, str]]:
    module = importlib.import_module(f"plot_{program}")
    with styled():
        data = read(folder)
        files = render(module.draw(data, *PROGRAMS[program]), 40)
        return files, module.describe(data, *PROGRAMS[program])


def ids_of(svg: bytes) -> list[str]:
    return [node.get("id") for node in ElementTree.fromstring(svg).iter() if node.get("id")]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("study", ["one", "three", "diverged", "all diverged"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_figure_is_drawn_and_described_whatever_became_of_the_runs(studies, program, study):
    files, description = draw(studies[study], program)
    ids = ids_of(files[".svg"])
    curves = [name for name in ids if re.fullmatch(r"curve-p?\d+-[A-Za-z0-9.-]+", name)]
    assert len(ids) == len(set(ids))
    assert bool(curves) == (program not in WITHOUT_CURVES) or study == "all diverged"
    assert set(description) == {"title", "caption", "alt"}
    text = " ".join(description.values())
    assert all(description.values())
    assert not re.search(r"\bnan\b|\binf\b|None|  |\.\.", text)
    assert files[".png"].startswith(b"\x89PNG")
    assert len(files[".svg"]) < 300_000


@pytest.mark.parametrize("program", PROGRAMS)
def test_two_renderings_of_the_same_results_are_the_same_bytes(studies, program):
    assert draw(studies["one"], program) == draw.__wrapped__(studies["one"], program)


@pytest.mark.parametrize("program", PROGRAMS)
def test_all_text_is_in_the_font_of_the_report_and_has_no_date(studies, program):
    svg = draw(studies["one"], program)[0][".svg"].decode()
    fonts = set(re.findall(r"font-family: ([^;\"]+)|font: [\d.]+px ([^;\"]+)", svg))
    assert {name.strip("'") for pair in fonts for name in pair if name} == {"Source Sans 3"}
    assert "<dc:date>" not in svg


@pytest.mark.parametrize(("best", "worst"), [("wide", "deep"), ("deep", "wide")])
def test_captions_name_the_network_that_is_best_in_the_data(tmp_path, best, worst):
    folder = make_study(tmp_path, test={best: 90.0, worst: 80.0})
    for program in ("generalisation", "size_and_depth"):
        _, description = draw(folder, program)
        assert description["caption"].startswith(f"{best} has the highest test accuracy (90.25")


def test_captions_call_a_small_difference_of_one_run_a_tie(tmp_path):
    folder = make_study(tmp_path, test={"wide": 85.5})
    caption = draw(folder, "generalisation")[1]["caption"]
    assert "share the highest test accuracy" in caption
    assert "differences of less than 1\u202fpoint" in caption


def test_captions_say_which_run_diverged_and_when(studies):
    assert "deep at step 40" in draw(studies["diverged"], "generalisation")[1]["caption"]
    assert "deep (run 1) at step 40" in draw(studies["partly"], "generalisation")[1]["caption"]


def test_weights_are_those_of_the_first_layer_of_the_run_best_on_validation(studies):
    module, data = importlib.import_module("plot_weights"), read(studies["three"])
    assert module.best_training(data, "wide")["run"] == 3
    assert module.first_weights(data, "wide").shape == (6, 28, 28)
    assert module.first_weights(data, "deep").shape == (4, 3, 3)
    assert "run 3" in module.describe(data, "wide")["caption"]


def test_an_automatic_switch_is_read_from_the_result(studies):
    module, data = importlib.import_module("plot_schedule"), read(studies["one"])
    stages = data.plan["schedules"]["two_rates"]
    found = [stages[0] | {"until": 3}, stages[1]]
    result = data.training("schedules", "two_rates")["result"]
    with open(result, "w", encoding="utf-8") as file:
        json.dump({"learning_rate": found}, file)
    stages[0]["until"] = "auto"
    assert module.switches(data, "two_rates") == [(3, 0.01)]
