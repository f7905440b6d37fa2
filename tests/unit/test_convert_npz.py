"""Arrays of one's own become a data set that the study reads, or a sentence says what is wrong."""

import sys

import numpy as np
import pytest
import yaml

import convert_npz
from fashionlab.data.idx import load_idx_dataset

GENERATOR = np.random.default_rng(0)
GREY = GENERATOR.integers(0, 256, (6, 5, 7), np.uint8)
COLOURED = GENERATOR.integers(0, 256, (6, 5, 7, 3), np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2])
KERAS, MEDMNIST = convert_npz.NAMES


def convert(folder, monkeypatch, arrays, *options):
    np.savez(folder / "mine.npz", **arrays)
    options = [folder / "mine.npz", folder / "idx", "--name", "Mine", *options]
    monkeypatch.setattr(sys, "argv", ["convert_npz.py", *map(str, options)])
    convert_npz.main()
    return load_idx_dataset(folder / "idx", 3)


@pytest.mark.parametrize("names", [KERAS, MEDMNIST])
@pytest.mark.parametrize(
    ("images", "read", "size"),
    [
        (GREY, GREY, [5, 7]),
        (GREY[..., None], GREY, [5, 7]),
        (COLOURED, COLOURED.transpose(0, 3, 1, 2), [3, 5, 7]),
        (COLOURED.transpose(0, 3, 1, 2), COLOURED.transpose(0, 3, 1, 2), [3, 5, 7]),
    ],
)
def test_arrays_are_read_back_as_they_were(
    tmp_path, monkeypatch, capsys, names, images, read, size
):
    arrays = dict(zip(names, (images, LABELS[:, None], images[:3], LABELS[:3]), strict=True))
    found = convert(tmp_path, monkeypatch, arrays, "--classes", "a", "b", "c")
    assert np.array_equal(found["train"][0], read)
    assert np.array_equal(found["test"][0], read[:3])
    assert found["train"][1].tolist() == LABELS.tolist()
    section = yaml.safe_load(capsys.readouterr().out)["dataset"]
    assert section["image_size"] == size
    assert section["images"] == 6
    assert section["classes"] == ["a", "b", "c"]
    assert all(len(checksum) == 64 for checksum in section["sha256"].values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x_train": GREY / 255}, r"x_train: is float64 \[6, 5, 7\]; wanted: uint8"),
        ({"x_test": GREY[0]}, r"x_test: is uint8 \[5, 7\]; wanted"),
        ({"y_train": LABELS - 1}, "y_train: labels are whole numbers from 0"),
        ({"y_test": LABELS + 0.5}, "y_test: labels are whole numbers from 0"),
        ({"y_test": None}, "has the arrays x_train, y_train, x_test; wanted: x_train, y_train"),
    ],
)
def test_what_is_no_data_set_is_refused_with_file_and_array(tmp_path, monkeypatch, change, message):
    arrays = dict(zip(KERAS, (GREY, LABELS, GREY, LABELS), strict=True)) | change
    with pytest.raises(ValueError, match=message):
        convert(tmp_path, monkeypatch, {k: v for k, v in arrays.items() if v is not None})


def test_too_few_names_of_classes_are_refused(tmp_path, monkeypatch):
    arrays = dict(zip(KERAS, (GREY, LABELS, GREY, LABELS), strict=True))
    with pytest.raises(ValueError, match="--classes: 2 names, but labels up to 2"):
        convert(tmp_path, monkeypatch, arrays, "--classes", "a", "b")
