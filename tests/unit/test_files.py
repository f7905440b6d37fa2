"""Files are whole or absent, and equal values give equal bytes."""

import hashlib
import json
import os
import stat
import threading

import pytest

from fashionlab.storage.files import (
    canonical_json,
    replacing,
    sha256_of,
    sha256_text,
    verify_sha256,
    write_bytes,
    write_json,
    write_text,
)


def test_write_makes_parent_folders_and_keeps_text_as_it_is(tmp_path):
    path = tmp_path / "a" / "b" / "text"
    write_text(path, "Zürich\r\n")
    assert path.read_bytes() == "Zürich\r\n".encode()


def test_interrupted_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "result.json"
    write_text(path, "old")

    def interrupted_write():
        with replacing(path) as file:
            file.write(b"half a fi")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_write()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["result.json"]


def test_full_disk_leaves_nothing_behind_and_names_the_file(tmp_path, monkeypatch):
    def no_space(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space.*table"):
        write_bytes(tmp_path / "table", b"data")
    assert os.listdir(tmp_path) == []


def test_reader_never_sees_a_part_of_a_file_that_is_written_again_and_again(tmp_path):
    path = tmp_path / "file"
    contents = {letter * 200_000 for letter in (b"a", b"b")}
    write_bytes(path, b"a" * 200_000)
    writer = threading.Thread(
        target=lambda: [write_bytes(path, data) for _ in range(25) for data in contents]
    )
    writer.start()
    while writer.is_alive():
        assert path.read_bytes() in contents
    writer.join()


def test_results_are_readable_for_those_whom_the_umask_allows(tmp_path):
    previous = os.umask(0o022)
    try:
        write_text(tmp_path / "file", "")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


def test_json_does_not_depend_on_the_order_of_keys(tmp_path):
    write_json(tmp_path / "1", {"b": [1, 2.5], "a": None})
    write_json(tmp_path / "2", {"a": None, "b": [1, 2.5]})
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert (tmp_path / "1").read_text().endswith("\n")
    assert json.loads((tmp_path / "1").read_text()) == {"a": None, "b": [1, 2.5]}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_json_does_not_know_are_refused_and_no_file_is_left(tmp_path, number):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "file", {"loss": [number]})
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(number)
    assert os.listdir(tmp_path) == []


def test_canonical_json_is_pinned_so_that_old_results_stay_valid():
    assert canonical_json({"b": 1, "a": [True, "ü", 0.1]}) == '{"a":[true,"\\u00fc",0.1],"b":1}'


def test_checksums_agree_with_hashlib_and_a_wrong_file_is_named(tmp_path):
    path = tmp_path / "data"
    path.write_bytes("ü".encode())
    expected = hashlib.sha256("ü".encode()).hexdigest()
    assert sha256_of(path) == sha256_text("ü") == expected
    verify_sha256(path, expected.upper())
    with pytest.raises(ValueError, match=r"data: not the data file.*Delete it"):
        verify_sha256(path, "0" * 64)
