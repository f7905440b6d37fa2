"""The split: complete, disjoint, in proportion to the classes, and the same for the same seed."""

import hashlib
import json
import struct
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import split_data
from fashionlab.data.idx import FILES
from fashionlab.data.splitting import describe_split, split
from fashionlab.running.integrity import check_seal

PROGRAM = split_data.__file__


def specification(**changes):
    return {"validation_fraction": 0.1, "seed": 449, "images": None, "classes": 10, **changes}


def balanced(count=1000, classes=10):
    return np.random.default_rng(0).permutation(np.arange(count) % classes).astype(np.uint8)


def test_the_study_has_5400_training_and_600_validation_images_a_class():
    content = describe_split(balanced(60_000), balanced(10_000), specification())
    assert content["class_counts"] == {
        "train": [5400] * 10, "validation": [600] * 10, "test": [1000] * 10
    }  # fmt: skip
    assert len(json.dumps(content)) < 1_000_000  # Snakemake compares larger files by their age


@settings(deadline=None)
@given(
    sizes=st.lists(st.integers(2, 300), min_size=2, max_size=6),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32 - 1),
)
def test_parts_are_complete_disjoint_ascending_and_in_proportion(sizes, fraction, seed):
    labels = np.repeat(np.arange(len(sizes), dtype=np.uint8), sizes)
    try:
        train, validation = split(
            labels, specification(validation_fraction=fraction, seed=seed, classes=len(sizes))
        )
    except ValueError as error:
        assert "validation_fraction" in str(error)  # noqa: PT017
        assume(False)
    assert sorted([*train, *validation]) == list(range(len(labels)))
    assert np.all(np.diff(train) > 0)
    assert np.all(np.diff(validation) > 0)
    assert len(validation) == round(fraction * len(labels))
    shares = np.bincount(labels[validation]) / len(validation)
    assert np.all(np.abs(shares - np.array(sizes) / len(labels)) * len(validation) < 1 + 1e-9)


def test_the_seed_alone_decides():
    def train(seed):
        return split(balanced(), specification(seed=seed))[0].tolist()

    assert train(449) == train(449)
    assert train(449) != train(450)


def test_subset_is_a_stratified_sample_split_in_the_same_proportion():
    labels = balanced(6000)
    train, validation = split(labels, specification(images=500))
    assert not set(train) & set(validation)
    assert Counter(labels[train].tolist()) == dict.fromkeys(range(10), 45)
    assert Counter(labels[validation].tolist()) == dict.fromkeys(range(10), 5)
    # Spread over the whole data set: no head of the file.
    assert train.max() > 5000


def test_a_subset_of_all_images_is_the_data_set_itself():
    whole, all_images = (split(balanced(), specification(images=n)) for n in (None, 1000))
    assert [part.tolist() for part in whole] == [part.tolist() for part in all_images]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation_fraction": 0.001}, "validation_fraction: 0.001: this draws 1 of 1000"),
        ({"validation_fraction": 0.995}, "validation_fraction: 0.995"),
        ({"validation_fraction": 1.5}, "validation_fraction: 1.5"),
        ({"images": 5}, "images: 5: this draws 5 of 1000"),
        ({"images": 1001}, "images: 1001"),
        ({"images": 995}, "images: 995"),
        ({"images": 20}, "validation_fraction: 0.1: this draws 2 of 20"),
    ],
)
def test_parts_too_small_for_the_classes_are_refused_by_the_key_to_change(changes, message):
    with pytest.raises(ValueError, match=message):
        split(balanced(), specification(**changes))


def test_class_too_rare_for_the_validation_part_is_refused():
    labels = np.repeat(np.array([0, 1], np.uint8), [2, 998])
    with pytest.raises(ValueError, match="class 0 has too few for both parts"):
        split(labels, specification(classes=2, validation_fraction=0.01))


# The program -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    for part, count in (("train", 200), ("test", 40)):
        labels = balanced(count)
        (folder / FILES[part][0]).write_bytes(
            struct.pack(">4I", 0x803, count, 2, 2) + bytes(4 * count)
        )
        (folder / FILES[part][1]).write_bytes(struct.pack(">2I", 0x801, count) + labels.tobytes())
    return folder


def data_of(folder):
    """Return what a specification says of the data."""
    files = sorted(folder.iterdir())
    checksums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {"sha256": checksums, "dataset_images": 200, "image_size": [2, 2]}


def arguments(folder, **changes):
    text = json.dumps(specification(**data_of(folder) | changes))
    output = folder.parent / "split.json"
    return ["--dataset-folder", folder, "--specification", text, "--output", output]


def refusal(folder, monkeypatch, **changes):
    """Return the message that the program ends with."""
    monkeypatch.setattr(sys, "argv", ["split_data.py", *map(str, arguments(folder, **changes))])
    with pytest.raises((ValueError, OSError)) as error:  # of which `program.run` makes an end
        split_data.main()
    assert not (folder.parent / "split.json").exists()
    return str(error.value)


def test_program_writes_the_split_with_the_hash_of_its_specification(folder):
    changes = data_of(folder) | {"note": "kept"}
    subprocess.run([sys.executable, PROGRAM, *arguments(folder, **changes)], check=True)
    content = json.loads((folder.parent / "split.json").read_text())
    assert sorted(content["train"] + content["validation"]) == list(range(200))
    assert content["class_counts"]["test"] == [4] * 10
    text = json.dumps(specification(**changes), sort_keys=True, separators=(",", ":"))
    assert content["specification_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    check_seal(folder.parent / "split.json")


def test_images_of_several_channels_are_checked_by_their_three_sizes(folder, monkeypatch):
    for part, count in (("train", 200), ("test", 40)):
        pixels = struct.pack(">5I", 0x804, count, 3, 2, 2) + bytes(12 * count)
        (folder / FILES[part][0]).write_bytes(pixels)
    told = refusal(folder, monkeypatch, **data_of(folder))
    assert "dataset: image_size: [2, 2] is not allowed: " in told
    assert told.endswith("has [3, 2, 2]")
    sizes = data_of(folder) | {"image_size": [3, 2, 2]}
    subprocess.run([sys.executable, PROGRAM, *arguments(folder, **sizes)], check=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": {"train-labels-idx1-ubyte": "0" * 64}}, "train-labels-idx1-ubyte: not the"),
        ({"dataset_images": 60_000}, "dataset: images: 60000 is not allowed: "),
        ({"image_size": [28, 28]}, "dataset: image_size: [28, 28] is not allowed: "),
        ({"classes": 9}, "dataset: classes: 9 is not allowed: "),
        ({"validation_fraction": 0.999}, "validation_fraction"),
    ],
)
def test_program_refuses_in_one_line_and_writes_nothing(folder, monkeypatch, change, message):
    told = refusal(folder, monkeypatch, **change)
    assert message in told
    assert "\n" not in told


def test_program_names_a_missing_data_file(folder, monkeypatch):
    (folder / "t10k-labels-idx1-ubyte").unlink()
    assert "t10k-labels-idx1-ubyte" in refusal(folder, monkeypatch)
