"""Published checksums: a changed number is noticed, and nothing that is no number."""

import copy
import subprocess
import sys

import pytest

from conftest import ROOT
from fashionlab.storage.published import (
    compare,
    numbers_checksum,
    read_published,
    settings_checksum,
    write_published,
)
from fashionlab.storage.results import KEYS
from made_up import plan_of

PLAN = plan_of(2, (), {})
ONE, OTHER, *_ = PLAN["trainings"]
RESULT = dict.fromkeys(KEYS, "as it was") | {
    "records": {"loss": [2.25, 0.5]}, "final": {"test_accuracy": 80.5}, "diverged": None,
    "predictions": {"test": {"predicted": [1, 2]}},
}  # fmt: skip


def line_of(training, checksum="numbers", plan=PLAN):
    return {
        "training": training["result"].removesuffix(".json"), "checksum": checksum,
        "settings": settings_checksum(plan, training), "validation_accuracy": "80.0",
        "test_accuracy": "80.5", "torch": "2.15.0",
    }  # fmt: skip


def compared(checksums, environments=None, lines=(ONE, OTHER)):
    published = {line["settings"]: line for line in map(line_of, lines)}
    found = compare(PLAN, checksums, environments or {}, published)
    return {state: [t["id"] for t in trainings] for state, trainings in found.items()}


@pytest.mark.parametrize(
    "change",
    [
        {"records": {"loss": [2.25, 0.5000000000000001]}},
        {"final": {"test_accuracy": 80.51}},
        {"predictions": {"test": {"predicted": [1, 3]}}},
        {"weights_sha256": "other weights"},
        {"learning_rate": [{"rate": 0.1, "until": 3}]},
        {"diverged": {"epoch": 0, "step": 1}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_number_changes_the_checksum(change):
    assert numbers_checksum(RESULT | change) != numbers_checksum(RESULT)


def test_code_and_names_do_not_change_the_checksum():
    other = RESULT | {"specification": {"source": "new"}, "specification_sha256": "new"}
    assert numbers_checksum(other) == numbers_checksum(RESULT)


@pytest.mark.parametrize("key", ["source", "split"])
def test_the_fingerprint_of_code_is_no_setting(key):
    edited = copy.deepcopy(ONE)
    edited["specification"][key] = "of edited code"
    assert settings_checksum(PLAN, edited) == settings_checksum(PLAN, ONE)
    split = PLAN["split_specification"] | {"source": "of edited code"}
    resplit = PLAN | {"split_specification": split}
    assert settings_checksum(resplit, ONE) == settings_checksum(PLAN, ONE)


def test_every_setting_and_the_data_decide_what_is_compared():
    for key in ONE["specification"].keys() - {"source", "split"}:
        edited = copy.deepcopy(ONE)
        edited["specification"][key] = "another"
        assert settings_checksum(PLAN, edited) != settings_checksum(PLAN, ONE), key
    other_data = PLAN | {"split_specification": {"sha256": {"train-images-idx3-ubyte": "1"}}}
    assert settings_checksum(other_data, ONE) != settings_checksum(PLAN, ONE)


def test_trainings_are_told_apart_by_how_they_compare():
    third = PLAN["trainings"][2]
    found = compared({ONE["id"]: "numbers", OTHER["id"]: "others", third["id"]: "numbers"})
    assert found["agree"] == [ONE["id"]]
    assert found["differ"] == [OTHER["id"]]
    assert found["unpublished"] == [third["id"]]
    assert found["unfinished"] == [t["id"] for t in PLAN["trainings"][3:]]
    assert found["elsewhere"] == []


@pytest.mark.parametrize(
    ("environment", "state"),
    [
        ({"device": "cuda", "platform": "Linux x86_64"}, "elsewhere"),
        ({"device": "cpu", "platform": "Linux aarch64"}, "elsewhere"),
        ({"device": "cpu", "platform": "Linux x86_64"}, "differ"),
        ({"device": None, "platform": None}, "differ"),
    ],
)
def test_a_difference_is_a_failure_only_where_the_same_bytes_are_promised(environment, state):
    assert compared({ONE["id"]: "others"}, {ONE["id"]: environment})[state] == [ONE["id"]]
    assert compared({ONE["id"]: "numbers"}, {ONE["id"]: environment})["agree"] == [ONE["id"]]


def test_lines_are_replaced_by_settings_and_by_name_and_others_stay(tmp_path):
    path = tmp_path / "checksums.csv"
    assert read_published(path) == {}
    write_published([line_of(ONE), line_of(OTHER)], path)
    write_published([line_of(ONE, "new")], path)
    assert {row["checksum"] for row in read_published(path).values()} == {"new", "numbers"}
    resettled = line_of(ONE, "newest") | {"settings": "edited"}
    write_published([resettled], path)
    found = read_published(path)
    assert len(found) == 2
    assert found["edited"]["checksum"] == "newest"


def test_a_file_of_another_kind_is_refused_by_name(tmp_path):
    path = tmp_path / "checksums.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"checksums\.csv: its first line must be training,"):
        read_published(path)


def test_nothing_finished_is_said_and_cannot_be_published(tmp_path):
    settings = [f"results={tmp_path}/results"]
    command = [sys.executable, "scripts/verify_results.py", "--config", *settings]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "25 are not finished" in done.stdout
    done = subprocess.run([*command, "--write"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "is not finished; train the whole study before --write" in done.stderr
