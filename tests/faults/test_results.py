"""Result files are refused by name unless they are whole, untouched and of this configuration."""

import json

import pytest

from fashionlab.storage.results import read_result, write_result

RESULT = {
    "specification": {"a": 1},
    "specification_sha256": "s",
    "learning_rate": [],
    "rates": [],
    "records": {"loss": [1.0, None]},
    "final": {"test_accuracy": 90.0},
    "predictions": {"test": {"predicted": [1]}},
    "diverged": None,
    "weights_sha256": "w",
}


@pytest.fixture
def path(tmp_path):
    write_result(tmp_path / "run1.json", RESULT)
    return tmp_path / "run1.json"


def test_what_is_written_is_read(path):
    assert read_result(path, "s") == RESULT


def test_the_same_result_is_the_same_bytes(path, tmp_path):
    write_result(tmp_path / "again.json", dict(reversed(list(RESULT.items()))))
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def replaced(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda p: p.write_text(p.read_text()[:50]), "not complete JSON", id="torn"),
        pytest.param(lambda p: p.write_text(""), "not complete JSON", id="emptied"),
        pytest.param(lambda p: p.write_text("[]"), "not of this version", id="a list"),
        pytest.param(
            lambda p: p.write_text(json.dumps(RESULT)), "not of this version", id="without checksum"
        ),
        pytest.param(lambda p: replaced(p, "90.0", "91.0"), "was altered", id="another number"),
        pytest.param(lambda p: replaced(p, "90.0", "NaN"), "NaN is no number", id="NaN"),
    ],
)
def test_a_damaged_result_is_refused_by_name_with_the_command_that_mends_it(path, damage, message):
    damage(path)
    with pytest.raises(ValueError, match=message) as caught:
        read_result(path, "s")
    assert str(path) in str(caught.value)
    assert f"rm {path}" in str(caught.value)


def test_a_missing_result_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="run1.json"):
        read_result(tmp_path / "run1.json", "s")


def test_a_result_of_another_configuration_is_refused(path):
    with pytest.raises(ValueError, match="another configuration"):
        read_result(path, "other")
