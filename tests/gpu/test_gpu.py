"""The engine on a GPU: its numbers, its graphs, its checkpoints, its processes.

Part of `make test` where there is a GPU that works. Without pytest, in any container with PyTorch:
python tests/gpu/test_gpu.py (each check in a process of its own; `--device cpu` tries the checks).
"""

import contextlib
import gc
import json
import os
import signal
import tempfile
import time
from pathlib import Path

import gpu_trainings as gpu
import torch
from gpu_trainings import Eager, bits, datasets, start, trained

from fashionlab.training.checkpoint import load_checkpoint, save_checkpoint
from fashionlab.training.devices import usable_gpus, why_unusable
from fashionlab.training.networks import first_weight

with contextlib.suppress(ImportError):  # a container may be without
    import pytest

    REASON = why_unusable(0) if gpu.ON_GPU else ""
    pytestmark = pytest.mark.skipif(bool(REASON), reason=f"no GPU that works: {REASON}")

RATES = {"SGD": 0.003, "Adam": 3e-5}
KINDS = [
    {"network": network, "activation": activation, "optimizer": optimizer, "rate": rate}
    for network in gpu.NETWORKS
    for activation in ("ReLU", "Sigmoid")
    for optimizer, rate in RATES.items()
][:: 1 if gpu.ON_GPU else 7]
OPTIMIZERS = [
    {"class": "SGD"}, {"class": "SGD", "momentum": 0.9}, {"class": "Adam"}, {"class": "NAdam"},
    {"class": "AdamW", "amsgrad": True}, {"class": "RMSprop"}, {"class": "Adagrad"},
    {"class": "Adam", "capturable": False},
][:: 1 if gpu.ON_GPU else 4]  # fmt: skip
EPOCHS = 2 if gpu.ON_GPU else 1


def data(**changes):
    return datasets(
        **({} if gpu.ON_GPU else {"train": 500, "validation": 100, "test": 100}) | changes
    )


def test_the_gpus_here_can_all_be_used():
    assert usable_gpus(gpu.DEVICE.type) == (torch.cuda.device_count() if gpu.ON_GPU else 0, "")


def test_graphs_compute_the_bits_of_single_kernels_and_repeat_them():
    images = data()
    for kind in KINDS:
        training = trained(images, EPOCHS, **kind)
        assert len(training._graphs) == (3 if gpu.ON_GPU else 0), kind
        assert bits(training) == bits(trained(images, EPOCHS, Eager, **kind)), kind
        assert bits(training) == bits(trained(images, EPOCHS, **kind)), kind


def test_the_engine_computes_what_a_plain_loop_computes():
    images = data()
    train, validation = images["train"], images["validation"]
    for kind in KINDS:
        training = trained(images, 1, **kind)
        plain = start(images, **kind)
        network = plain.network
        optimizer = getattr(torch.optim, kind["optimizer"])(network.parameters(), lr=kind["rate"])
        losses, norms, accuracies = [], [], []
        for step, batch in enumerate(gpu.order_of(plain)):
            logits = network(train.images[batch])
            loss = torch.nn.functional.cross_entropy(logits, train.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            if step % 10 == 0:
                norms.append(first_weight(network).grad.norm().item())
                with torch.no_grad():
                    right = network(validation.images).argmax(1) == validation.labels
                accuracies.append(100 * right.float().mean().item())
        found = training.recorder.table["loss"].tolist()
        records = training.recorder.records
        assert max(abs(a - b) for a, b in zip(found, losses, strict=True)) < 1e-4, kind
        for ours, theirs, most in (("gradient_norm", norms, 1e-3), ("validation_accuracy", accuracies, 0.5)):  # fmt: skip
            pairs = zip(records[ours], theirs, strict=True)
            assert max(abs(a - b) for a, b in pairs) < most, (kind, ours)


def test_going_on_from_a_checkpoint_gives_the_same_bits():
    images = data()
    for options in OPTIMIZERS:
        kind = {"network": "cnn3", "optimizer": options, "rate": 0.001}
        first = start(images, epochs=3, **kind)
        first.run_epoch()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "c.safetensors")
            save_checkpoint(path, first, {"seconds": 1.0})
            second = start(images, epochs=3, **kind)
            assert load_checkpoint(path, second) == {"seconds": 1.0}
        for _ in range(2):
            second.run_epoch()
        assert bits(second) == bits(trained(images, 3, **kind)), options


def test_batch_norm_and_dropout_have_the_same_bits_with_graphs_again_and_gone_on():
    images, kind = data(), {"optimizer": "Adam", "rate": 0.001, "epochs": 2}
    gpu.NETWORKS["dropped"] = "conv3x8 norm act pool drop0.5 fc16 act drop0.25"
    kind["network"] = "dropped"
    first = start(images, **kind)
    first.run_epoch()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "c.safetensors")
        save_checkpoint(path, first, {})
        second = start(images, **kind)
        load_checkpoint(path, second)
    first.run_epoch()
    second.run_epoch()
    assert bits(second) == bits(first)
    assert bits(trained(images, kind=Eager, **kind)) == bits(first)


def test_a_switch_of_the_rate_has_new_graphs_and_the_same_bits():
    images = data()
    stages = [{"rate": 0.1, "until": 1}, {"rate": 0.01, "until": 2}, {"rate": 0.001, "until": None}]
    for network, optimizer in (("cnn4", "SGD"), ("mlp2", "Adam")):
        kind = {"network": network, "optimizer": optimizer}
        switched = trained(images, 3, learning_rate=stages, **kind)
        assert bits(switched) == bits(trained(images, 3, Eager, learning_rate=stages, **kind))
        assert bits(switched) != bits(trained(images, 3, rate=0.1, **kind))


def test_many_switches_take_no_more_memory():
    if not gpu.ON_GPU:
        return
    stages = [{"rate": 0.01 / (1 + n), "until": n + 1} for n in range(11)]
    stages.append({"rate": 0.001, "until": None})
    training = start(data(), network="cnn4", learning_rate=stages, epochs=12)
    reserved = []
    for _ in range(12):
        training.run_epoch()
        reserved.append(torch.cuda.memory_reserved() >> 20)
    assert reserved[-1] <= 1.2 * reserved[3] + 64, reserved


def test_a_training_that_diverges_says_where_with_graphs_and_without():
    images = data(input_range=(0, 255))
    for kind in ({"network": "mlp1", "rate": 1e30}, {"network": "cnn4", "rate": 10.0}):
        training, eager = (trained(images, EPOCHS, each, **kind) for each in (gpu.Training, Eager))
        assert training.diverged == eager.diverged
        assert json.dumps(training.recorder.records) == json.dumps(eager.recorder.records)
        final, predictions = training.final_results(images["test"])
        assert (training.diverged is None) == (predictions is not None)
        assert (training.diverged is None) == (None not in final.values())
    assert trained(images, 1, network="mlp1", rate=1e30).diverged == {"epoch": 0, "step": 1}


def test_final_accuracies_are_those_of_the_network():
    images = data()
    training = trained(images, EPOCHS, network="cnn4", optimizer="Adam", rate=0.001)
    final, _ = training.final_results(images["test"])
    with torch.no_grad():
        for name, part in images.items():
            right = (training.network(part.images).argmax(1) == part.labels).double().mean().item()
            # A batch of another size may go through another algorithm: a tie may fall otherwise.
            assert abs(final[f"{name}_accuracy"] - 100 * right) <= 0.2, name
    assert training.validation_time.seconds > 0


def test_the_collector_in_a_capture_spoils_nothing():
    images = data()
    expected = bits(trained(images, 2, network="mlp1"))
    dropped = trained(images, 2, network="mlp1")
    dropped.itself = dropped  # freed by the collector alone, and its graphs with it
    del dropped
    threshold = gc.get_threshold()
    gc.set_threshold(1, 1, 1)  # as often as it can
    try:
        assert bits(trained(images, 2, network="mlp1")) == expected
    finally:
        gc.set_threshold(*threshold)


class Waits(torch.nn.ReLU):
    """An activation that waits for the GPU, and so cannot be captured."""

    def forward(self, x):
        x.sum().item()
        return super().forward(x)


def test_a_class_that_cannot_be_captured_trains_without_graphs():
    images = data()
    torch.nn.Waits = Waits
    try:
        training = trained(images, EPOCHS, network="mlp2", activation="Waits")
    finally:
        del torch.nn.Waits
    assert not training._graphs
    assert bits(training) == bits(trained(images, EPOCHS, network="mlp2")), "and others with them"


def test_a_killed_training_goes_on_and_ends_with_the_same_files():
    spec = gpu.specification(
        "cnn4" if gpu.ON_GPU else "mlp2", optimizer="Adam", rate=0.001, epochs=6
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = gpu.write_images(folder, *(() if gpu.ON_GPU else (600, 100)))
        whole = gpu.start_program(spec, images, folder / "whole", "whole")
        said = whole.communicate(timeout=300)[0]
        assert whole.returncode == 0, said
        environment = json.loads((folder / "whole/e.json").read_text("utf-8"))
        assert environment["device"] == gpu.DEVICE.type
        assert environment["validation_seconds"] > 0
        if gpu.ON_GPU:
            assert {"driver", "cudnn", "cuda", "gpu_memory_mb"} <= environment.keys()
        broken = gpu.start_program(spec, images, folder / "broken", "broken")
        while broken.poll() is None and not list(
            (folder / "broken/checkpoints").glob("*.safetensors")
        ):
            time.sleep(0.002)
        with contextlib.suppress(ProcessLookupError):
            os.kill(broken.pid, signal.SIGKILL)
        broken.communicate()
        again = gpu.start_program(spec, images, folder / "broken", "broken")
        said = again.communicate(timeout=300)[0]
        assert again.returncode == 0, said
        assert "goes on after epoch" in said or "nothing to do" in said
        for file in ("r.json", "w"):
            assert (folder / "whole" / file).read_bytes() == (folder / "broken" / file).read_bytes()


def test_trainings_side_by_side_have_the_bits_of_one_alone():
    spec = gpu.specification(
        "cnn3" if gpu.ON_GPU else "mlp2", optimizer="Adam", rate=0.001, epochs=2
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        images = gpu.write_images(folder, *((6000, 1000) if gpu.ON_GPU else (600, 100)))
        names = ("alone", "first", "second", "third")[: 4 if gpu.ON_GPU else 3]
        for together in (names[:1], names[1:]):
            started = [gpu.start_program(spec, images, folder / each, each) for each in together]
            for process in started:
                said = process.communicate(timeout=300)[0]
                assert process.returncode == 0, said
        for file in ("r.json", "w"):
            assert len({(folder / each / file).read_bytes() for each in names}) == 1, file


if __name__ == "__main__":
    checks = {name: check for name, check in list(globals().items()) if name.startswith("test_")}
    gpu.run_parts(__file__, checks, __doc__)
