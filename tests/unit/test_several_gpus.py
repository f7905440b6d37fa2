"""Which GPUs trainings are put on, with faked ones."""

import pytest
import torch

from fashionlab.machine import count_gpus
from fashionlab.training.devices import choose_device


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ("NoDevFiles", 0),
        ("1", 1),
        ("0, 3", 2),
        ("0,-1,1", 1),
        ("GPU-8f2c1a7e-1d3b", 1),
        ("MIG-5d3c,MIG-77aa", 2),
    ],
)
def test_as_many_gpus_count_as_cuda_lets_see(monkeypatch, chosen, count):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert count_gpus() == count


@pytest.fixture
def gpus(monkeypatch):
    """A machine with as many GPUs as CUDA_VISIBLE_DEVICES names; the one that was set, last."""
    used = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count_gpus() > 0)
    monkeypatch.setattr(torch.cuda, "device_count", count_gpus)
    monkeypatch.setattr(torch.cuda, "set_device", used.append)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: None)
    monkeypatch.setattr(torch.cuda, "set_stream", lambda stream: None)
    return used


def test_each_of_several_gpus_has_a_training(gpus, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    first, first_lock = choose_device("auto", tmp_path / "locks")
    second, _second_lock = choose_device("auto", tmp_path / "locks")
    third, _third_lock = choose_device("cuda", tmp_path / "locks")
    assert [first.index, second.index, third.index] == gpus == [0, 1, 2]
    more, lock = choose_device("cuda", tmp_path / "locks")
    assert more.index in range(3)
    assert lock is None, "a fourth shares one"
    first_lock.close()
    assert choose_device("auto", tmp_path / "locks")[0].index == 0, "the next takes the free one"


def test_a_training_that_sees_one_gpu_takes_it_whatever_others_hold(gpus, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    for _ in range(2):
        assert choose_device("auto", tmp_path / "locks") == (torch.device("cuda", 0), None)


def test_without_a_visible_gpu_trainings_are_on_the_cpu(gpus, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "NoDevFiles")
    assert choose_device("auto", tmp_path / "locks") == (torch.device("cpu"), None)
    with pytest.raises(RuntimeError, match="sees no CUDA device here"):
        choose_device("cuda", tmp_path / "locks")
