"""Images and labels are read as torchvision reads them, and no header is believed unchecked."""

import math
import struct

import numpy as np
import pytest
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st

from fashionlab.data.idx import FILES, load_idx_dataset, parse_images, read_images, read_labels


def idx(array):
    """Return the IDX file of an array of bytes."""
    return struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape) + array.tobytes()


def images(count=7, height=3, width=4):
    return np.random.default_rng(449).integers(0, 256, (count, height, width), dtype=np.uint8)


def labels(count=7, classes=10):
    return np.arange(count, dtype=np.uint8) % classes


@pytest.fixture
def folder(tmp_path):
    """Return a folder of a small sound data set."""
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for part, count in (("train", 7), ("test", 5)):
        (raw / FILES[part][0]).write_bytes(idx(images(count)))
        (raw / FILES[part][1]).write_bytes(idx(labels(count)))
    return raw


def test_data_are_those_that_torchvision_reads(folder):
    dataset = load_idx_dataset(folder, classes=10)
    for part in ("train", "test"):
        oracle = torchvision.datasets.FashionMNIST(folder.parent.parent, train=part == "train")
        np.testing.assert_array_equal(dataset[part][0], oracle.data.numpy())
        np.testing.assert_array_equal(dataset[part][1], oracle.targets.numpy())
        assert dataset[part][0].dtype == dataset[part][1].dtype == np.uint8
        assert dataset[part][0].flags.writeable


def test_images_of_several_channels_have_four_dimensions(folder):
    colours = np.random.default_rng(1).integers(0, 256, (7, 3, 5, 4), dtype=np.uint8)
    (folder / FILES["train"][0]).write_bytes(idx(colours))
    (folder / FILES["test"][0]).write_bytes(idx(colours[:5]))
    dataset = load_idx_dataset(folder, classes=10)
    np.testing.assert_array_equal(dataset["train"][0], colours)
    (folder / FILES["test"][0]).write_bytes(idx(colours[:5, 0]))
    with pytest.raises(ValueError, match="3 x 5 x 4 pixels, but test images of 5 x 4"):
        load_idx_dataset(folder, classes=10)


def header(magic, *shape, payload=0):
    return struct.pack(f">I{len(shape)}I", magic, *shape) + bytes(payload)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "too few", id="empty"),
        pytest.param(header(0x803, 7, 3)[:11], "too few", id="cut in the header"),
        pytest.param(b"\x1f\x8b" + bytes(30), "still packed", id="still packed"),
        pytest.param(
            b"<!DOCTYPE html><title>Not found</title>",
            "magic number 0x3c21444f",
            id="a page of HTML",
        ),
        pytest.param(
            header(0x801, 7, payload=70),
            "magic number 0x00000801 instead of 0x00000803",
            id="labels instead of images",
        ),
        pytest.param(
            header(0xD03, 7, 3, 4, payload=336), "magic number", id="numbers of another type"
        ),
        pytest.param(header(0x803, 0, 3, 4), "empty", id="no images"),
        pytest.param(header(0x803, 7, 0, 4), "empty", id="images without pixels"),
        pytest.param(
            header(0x803, 8, 3, 4, payload=84),
            "8 x 3 x 4 = 96 bytes, but 84 follow",
            id="one image more than there is",
        ),
        pytest.param(
            header(0x803, 6, 3, 4, payload=84),
            "6 x 3 x 4 = 72 bytes, but 84 follow",
            id="one image less than there is",
        ),
        pytest.param(
            header(0x803, *[2**32 - 1] * 3, payload=84),
            "but 84 follow",
            id="as many as can be written",
        ),
    ],
)
def test_images_with_a_lying_header_are_refused_by_name(tmp_path, content, message):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_images(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(idx(images()), "magic number", id="images instead of labels"),
        pytest.param(header(0x801, 0), "empty", id="no labels"),
        pytest.param(
            header(0x801, 9, payload=8), "but 8 follow", id="one label more than there is"
        ),
        pytest.param(
            idx(np.array([0, 9, 10, 3], np.uint8)),
            "label 10 at place 2 is out of range",
            id="a label beyond the classes",
        ),
    ],
)
def test_unsound_labels_are_refused_by_name(tmp_path, content, message):
    path = tmp_path / "labels"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        read_labels(path, classes=10)
    assert str(path) in str(error.value)


@settings(deadline=None)
@given(st.data())
def test_whatever_is_done_to_a_file_it_is_refused_or_read_as_its_header_says(data):
    content = bytearray(idx(images()))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, 15))] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(0, len(content)))]) + data.draw(st.binary())
    try:
        result = parse_images(content, "images")
    except ValueError:
        return
    shape = struct.unpack(">3I", content[4:16])
    assert content[:4] == b"\0\0\x08\x03"
    assert result.shape == shape
    assert math.prod(shape) == len(content) - 16
    assert result.tobytes() == content[16:]


def test_images_without_labels_are_refused(folder):
    (folder / FILES["test"][1]).write_bytes(idx(labels(4)))
    with pytest.raises(ValueError, match=r"5 images in t10k.*4 labels in t10k"):
        load_idx_dataset(folder, classes=10)


def test_test_images_of_another_size_are_refused(folder):
    (folder / FILES["test"][0]).write_bytes(idx(images(5, 4, 4)))
    with pytest.raises(ValueError, match="3 x 4 pixels, but test images of 4 x 4"):
        load_idx_dataset(folder, classes=10)


def test_missing_file_is_named(folder):
    (folder / FILES["test"][0]).unlink()
    with pytest.raises(FileNotFoundError, match="t10k-images-idx3-ubyte"):
        load_idx_dataset(folder, classes=10)
