"""Which GPUs are used, and by whom, with stand-ins for what PyTorch and the system say of them."""

import json
import os
import subprocess
import sys

import pytest
import torch

from fashionlab.machine import TRIED_GPUS, count_gpus
from fashionlab.running import gpus as running
from fashionlab.running.estimate import START_SECONDS, estimate_seconds, measure_speeds
from fashionlab.training import devices
from fashionlab.training.devices import choose_device, describe_environment, usable_gpus

# As PyTorch words them.
OLD_DRIVER = (
    "The NVIDIA driver on your system is too old (found version 12080). Please update your GPU "
    "driver by downloading and installing a new version from the URL: http://www.nvidia.com/"
)
NO_KERNEL = (
    "CUDA error: no kernel image is available for execution on the device\n"
    "CUDA kernel errors might be asynchronously reported at some other API call."
)
EXCLUSIVE = "CUDA error: CUDA-capable device(s) is/are busy or unavailable\nSearch for it in"
FULL = "CUDA out of memory. Tried to allocate 2.00 MiB. GPU 0 has a total capacity of 7.79 GiB"


@pytest.fixture(autouse=True)
def nothing_was_tried(monkeypatch):
    monkeypatch.delenv(TRIED_GPUS, raising=False)


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ("NoDevFiles", 0),
        ("1", 1),
        ("0, 3", 2),
        ("0,-1,1", 1),
        ("GPU-8f2c1a7e-1d3b", 1),
        ("MIG-5d3c,MIG-77aa", 1),  # CUDA shows a process one part of a GPU, whatever is named
    ],
)
def test_as_many_gpus_count_as_cuda_lets_see(monkeypatch, chosen, count):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert count_gpus() == count


@pytest.fixture
def gpus(monkeypatch):
    """A machine with as many GPUs as CUDA_VISIBLE_DEVICES names; what was set, and what fails."""

    class Machine:
        used, failures, counts = [], {}, count_gpus

    zeros = torch.zeros

    def tiny(*shape, device=None, **options):
        if not str(device).startswith("cuda"):
            return zeros(*shape, device=device, **options)
        if reason := machine.failures.get(int(str(device).partition(":")[2])):
            raise RuntimeError(reason)
        return zeros(*shape, **options)

    machine = Machine()
    machine.used = []
    machine.failures = {}
    monkeypatch.setattr(torch, "zeros", tiny)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: machine.counts())
    monkeypatch.setattr(torch.cuda, "set_device", machine.used.append)
    monkeypatch.setattr(torch.cuda, "Stream", lambda: None)
    monkeypatch.setattr(torch.cuda, "set_stream", lambda stream: None)
    machine.counts = count_gpus
    return machine


def test_trainings_are_spread_evenly_over_several_gpus(gpus, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    taken = [choose_device("auto", tmp_path / "locks") for _ in range(7)]
    assert [device.index for device, _ in taken] == gpus.used == [0, 1, 2, 0, 1, 2, 0]
    taken[4][1].close()
    assert choose_device("cuda", tmp_path / "locks")[0].index == 1, "the next takes the free place"


def test_a_training_that_sees_one_gpu_takes_it_whatever_others_hold(gpus, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    for _ in range(2):
        assert choose_device("auto", tmp_path / "locks") == (torch.device("cuda", 0), None)


def test_without_a_visible_gpu_trainings_are_on_the_cpu(gpus, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "NoDevFiles")
    assert choose_device("auto", tmp_path / "locks") == (torch.device("cpu"), None)
    assert usable_gpus("auto") == (0, "")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (OLD_DRIVER, OLD_DRIVER),
        (NO_KERNEL, "CUDA error: no kernel image is available for execution on the device"),
        (
            EXCLUSIVE,
            "busy or unavailable; set trainings_per_gpu: 1 if the GPU is in exclusive mode",
        ),
        (
            FULL,
            "CUDA out of memory; end what else runs on the GPU, or set a smaller trainings_per_gpu",
        ),
    ],
)
def test_a_gpu_that_pytorch_cannot_use_is_told_in_a_sentence(
    gpus, monkeypatch, tmp_path, capsys, failure, said
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    gpus.failures = {0: failure}
    gpus.counts = lambda: 0 if failure == OLD_DRIVER else 1
    count, sentence = usable_gpus("auto")
    assert count == 0
    assert sentence.startswith("No GPU is used, trainings run on the CPU: ")
    assert said in sentence
    assert "\n" not in sentence
    assert choose_device("auto", tmp_path / "locks") == (torch.device("cpu"), None)
    assert capsys.readouterr().out == f"{sentence}\n"
    for asked in (lambda: usable_gpus("cuda"), lambda: choose_device("cuda", tmp_path / "locks")):
        with pytest.raises(
            RuntimeError, match="device: cuda is set, but PyTorch cannot"
        ) as refused:
            asked()
        assert said in str(refused.value)


def test_an_old_gpu_beside_a_new_one_is_left_alone(gpus, monkeypatch, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    gpus.failures = {0: NO_KERNEL}
    count, sentence = usable_gpus("auto")
    assert count == 1
    assert sentence.startswith("1 of 2 GPUs cannot be used: CUDA error: no kernel image")
    taken = [choose_device("cuda", tmp_path / "locks") for _ in range(3)]
    assert [device.index for device, _ in taken] == [1, 1, 1]


def test_a_pytorch_without_cuda_is_told_as_such(monkeypatch):
    def zeros(*_, **__):
        raise AssertionError("Torch not compiled with CUDA enabled")

    monkeypatch.setattr(torch, "zeros", zeros)
    assert devices.why_unusable(0) == "Torch not compiled with CUDA enabled"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU that works")
def test_a_gpu_that_is_only_named_leaves_all_cores_to_trainings(monkeypatch, capsys):
    """As with CUDA_VISIBLE_DEVICES copied from elsewhere: nothing is stood in for."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    training = {
        "id": "a", "network": "mlp2", "activation": "relu", "batch_size": 50, "epochs": 2,
        "steps_per_epoch": 10, "records_per_epoch": 1, "validate": "epochs",
        "specification": {
            "network": "fc8", "classes": 10, "activation": {"class": "ReLU"}, "batch_size": 50,
            "optimizer": {"class": "SGD"}, "epochs": 2, "seed": 1, "run": 1,
        },
    }  # fmt: skip
    plan = {"results": "results", "split_sizes": {"validation": 50},
            "dataset": {"image_shape": [1, 28, 28], "classes": list(range(10))}}  # fmt: skip
    config = {"device": "auto", "trainings_per_gpu": 2}
    monkeypatch.setenv(TRIED_GPUS, "")  # to have it as it was after the test
    _, workers = estimate_seconds(plan, [training], config, cores=7)
    assert workers == 7
    assert (
        "No GPU is used, trainings run on the CPU: Found no NVIDIA driver"
        in capsys.readouterr().out
    )
    assert os.environ[TRIED_GPUS] == "0"
    assert count_gpus() == 0, "what is started from here need not try again"
    with pytest.raises(RuntimeError, match="cannot use a GPU here: Found no NVIDIA driver"):
        measure_speeds(plan, [training], "cuda")


@pytest.mark.parametrize(
    ("gpus_here", "share", "cores", "workers", "epoch"),
    [(1, 1, 16, 1, 1), (1, 4, 16, 4, 4), (2, 4, 4, 4, 2), (8, 2, 2, 2, 1), (0, 4, 3, 3, 1)],
)
def test_the_estimate_is_of_what_will_run(monkeypatch, gpus_here, share, cores, workers, epoch):
    class Done:
        def __init__(self, *_, **__): ...

        def __enter__(self):
            return self

        def __exit__(self, *_): ...

        def map(self, *_):
            return [(gpus_here, "", {("n", "a", 50): (0.01, 0.0)})]

    monkeypatch.setattr("fashionlab.running.estimate.ProcessPoolExecutor", Done)
    monkeypatch.setenv(TRIED_GPUS, "")
    training = {"id": "t", "network": "n", "activation": "a", "batch_size": 50, "epochs": 10,
                "steps_per_epoch": 100, "records_per_epoch": 10, "validate": "epochs"}  # fmt: skip
    config = {"device": "auto", "trainings_per_gpu": share}
    seconds, side_by_side = estimate_seconds({}, [training], config, cores)
    assert side_by_side == workers
    assert seconds["t"] == pytest.approx(START_SECONDS + 10 * epoch), "those on a GPU take turns"


def test_the_environment_of_a_training_on_a_gpu_names_what_its_numbers_depend_on(monkeypatch):
    class Properties:
        total_memory = 80 * 2**30

    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H100")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: Properties)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda device: 300 * 2**20)
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91200)
    found = describe_environment(torch.device("cuda"))
    assert found["device_name"] == "NVIDIA H100"
    assert found["cudnn"] == "91200"
    assert (found["gpu_memory_mb"], found["peak_gpu_memory_mb"]) == (81920, 300)
    assert found["driver"] == "unknown" or found["driver"][0].isdigit()
    assert "driver" not in describe_environment(torch.device("cpu"))


# What plain Snakemake does where it starts ---------------------------------------------------------


def test_plain_snakemake_tries_a_gpu_once_and_says_why_it_is_not_used(monkeypatch, capsys):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv(TRIED_GPUS, "")
    monkeypatch.delenv(TRIED_GPUS)
    answer = json.dumps([0, "No GPU is used, trainings run on the CPU: too old."])
    calls = []

    def run(command, **_):
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, f"{answer}\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    assert running.try_gpus() == 0
    assert running.try_gpus() == 0
    assert len(calls) == 1
    assert capsys.readouterr().err == "No GPU is used, trainings run on the CPU: too old.\n"


def test_a_pytorch_that_cannot_start_is_no_gpu(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv(TRIED_GPUS, "")
    monkeypatch.delenv(TRIED_GPUS)
    (tmp_path / "torch.py").write_text("raise ImportError('libcudart.so: cannot open')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert running.try_gpus() == 0
    assert "PyTorch cannot start: ImportError: libcudart.so" in capsys.readouterr().err


# NVIDIA's MPS --------------------------------------------------------------------------------------


@pytest.fixture
def control(tmp_path, monkeypatch):
    """A stand-in for NVIDIA's program, which notes what it is asked for; a client always succeeds."""
    program = tmp_path / "bin/nvidia-cuda-mps-control"
    program.parent.mkdir()
    notes = tmp_path / "notes"
    program.write_text(
        f'#!/bin/sh\necho "$CUDA_MPS_PIPE_DIRECTORY" "$@" $(test $# -gt 0 || cat) >> {notes}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv(running.PIPES, "")
    monkeypatch.delenv(running.PIPES)
    monkeypatch.setenv("CUDA_MPS_LOG_DIRECTORY", "")
    monkeypatch.setattr(running.atexit, "register", lambda *at_exit: atexit.append(at_exit))
    monkeypatch.setattr(running, "CLIENT", "")
    atexit = []
    return atexit, notes


def test_mps_is_the_runs_own_and_ends_with_it(control):
    atexit, notes = control
    assert running.start_mps()
    folder = os.environ[running.PIPES]
    assert os.stat(folder).st_mode & 0o777 == 0o700, "nobody else's"
    (stop, *arguments) = atexit[0]
    stop(*arguments)
    assert notes.read_text().splitlines() == [f"{folder} -d", f"{folder} quit"]
    assert not os.path.exists(folder)


@pytest.mark.parametrize("client", ["raise SystemExit(1)", running.CLIENT])
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU that works")
def test_where_mps_does_not_answer_it_is_ended_and_done_without(control, monkeypatch, client):
    _, notes = control
    monkeypatch.setattr(running, "CLIENT", client)
    assert not running.start_mps()
    assert running.PIPES not in os.environ
    started, ended = notes.read_text().splitlines()
    assert (started.split()[1], ended.split()[1]) == ("-d", "quit")
    assert not os.path.exists(ended.split()[0])


def test_somebody_elses_mps_is_used_as_it_is(control, monkeypatch):
    monkeypatch.setenv(running.PIPES, "/somewhere")
    assert not running.start_mps()
    assert not control[1].exists()


def test_without_nvidias_program_there_is_no_mps(monkeypatch):
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))
    assert not running.start_mps()
