"""The training loop against independent oracles: a naive loop, scikit-learn, arithmetic."""

import argparse
import copy
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import yaml
from sklearn.metrics import accuracy_score, log_loss
from torch import nn
from torch.utils.data import DataLoader

from fashionlab.storage.files import write_json
from fashionlab.storage.reading import sealed
from fashionlab.training import session
from fashionlab.training.checkpoint import load_checkpoint, save_checkpoint
from fashionlab.training.engine import Dataset, Training
from fashionlab.training.networks import first_weight
from fashionlab.training.optimizers import learning_rate
from fashionlab.training.recorder import rounded
from fashionlab.training.seeds import batch_order, derive_seed
from fashionlab.training.session import resolve_switches, scale_pixels

NETWORKS = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))["networks"]


def specification(network="mlp2", activation="ReLU", **changes):
    return {
        "network": NETWORKS[network],
        "classes": 10,
        "activation": {"class": activation},
        "optimizer": {"class": "SGD"},
        "learning_rate": [{"rate": 0.01, "until": None}],
        "input_range": [-1, 1],
        "batch_size": 50,
        "epochs": 2,
        "record_every": 10,
        "validate": "records",
        "seed": 7,
        "run": 1,
    } | changes


def made_up_images(count, seed):
    """Ten classes of blurred stripes plus noise: learnable, and made in a moment."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, count)
    stripes = np.sin(np.arange(28)[None, :] * (labels[:, None] + 1) / 6)
    images = stripes[:, None, :] + 0.3 * generator.standard_normal((count, 28, 28))
    return Dataset(
        torch.from_numpy(images.astype(np.float32)).unsqueeze(1), torch.from_numpy(labels)
    )


@pytest.fixture(scope="module")
def data():
    torch.set_num_threads(1)
    return {"train": made_up_images(1250, 0), "validation": made_up_images(130, 1), "test": made_up_images(200, 2)}  # fmt: skip


def start(data, **changes):
    return Training(specification(**changes), data["train"], data["validation"])


def naive_training(data, spec, steps):
    """The plain way: DataLoader of pairs, eager forward and backward, torch.optim as it comes."""
    network = copy.deepcopy(Training(spec, data["train"], data["validation"]).network)
    factory = getattr(torch.optim, spec["optimizer"]["class"])
    optimizer = factory(network.parameters(), lr=spec["learning_rate"][0]["rate"])
    pairs = list(zip(data["train"].images, data["train"].labels, strict=True))
    order = batch_order(spec, 0, len(pairs)).tolist() + batch_order(spec, 1, len(pairs)).tolist()
    losses, accuracies, gradients, moves = [], [], [], []
    for images, labels in list(DataLoader(pairs, batch_sampler=order))[:steps]:
        before = first_weight(network).detach().clone()
        logits = network(images)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        accuracies.append(100 * accuracy_score(labels, logits.argmax(1)))
        gradients.append(first_weight(network).grad.norm().item())
        moves.append(
            (before - first_weight(network)).norm().item() / spec["learning_rate"][0]["rate"]
        )
    return losses, accuracies, gradients, moves, network


@pytest.mark.parametrize("network", ["mlp1", "mlp2", "cnn3", "cnn4", "cnn5"])
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_the_engine_computes_what_the_plain_way_computes(data, network, optimizer):
    # With rates ten times as large, rounding alone (float32 against float64) moves the plain way's
    # own losses by more than 1e-4 within 50 steps.
    rate = 0.003 if optimizer == "SGD" else 0.00003
    changes = {"network": network, "optimizer": {"class": optimizer}, "record_every": 1}
    changes["learning_rate"] = [{"rate": rate, "until": None}]
    training = start(data, **changes)
    training.run_epoch()
    training.run_epoch()
    losses, accuracies, gradients, moves, naive = naive_training(data, training.specification, 50)
    weights, naive_weights, first = (
        torch.cat([p.detach().flatten() for p in n.parameters()])
        for n in (training.network, naive, start(data, **changes).network)
    )
    difference = (weights - naive_weights).norm() / (naive_weights - first).norm()
    assert difference < 0.01
    assert len(training.recorder.records["loss"]) == 50
    np.testing.assert_allclose(training.recorder.records["loss"], losses, atol=1e-4)
    assert (
        np.mean(np.abs(np.subtract(training.recorder.records["train_accuracy"], accuracies))) < 0.1
    )
    np.testing.assert_allclose(
        training.recorder.records["gradient_norm"], gradients, rtol=2e-2, atol=1e-5
    )
    if optimizer == "SGD":
        np.testing.assert_allclose(
            training.recorder.records["gradient_norm"], moves, rtol=5e-3, atol=1e-4
        )


@pytest.mark.parametrize("network", ["mlp1", "cnn4"])
def test_final_results_and_predictions_agree_with_scikit_learn(data, network):
    training = start(data, network=network, epochs=1)
    training.run_epoch()
    final, predictions = training.final_results(data["test"])
    with torch.no_grad():
        logits = {name: training.network(part.images) for name, part in data.items()}
    assert predictions.keys() == {"validation", "test"}
    for name, part in data.items():
        expected = 100 * accuracy_score(part.labels, logits[name].argmax(1))
        assert final[f"{name}_accuracy"] == pytest.approx(expected)
        chances = logits[name].double().softmax(1).numpy()
        loss = log_loss(part.labels, chances, labels=range(10))
        assert final[f"{name}_loss"] == pytest.approx(loss, rel=1e-5)
        if found := predictions.get(name):
            assert found["predicted"] == logits[name].argmax(1).tolist()
            likelihood = np.log(chances[np.arange(len(part)), part.labels])
            np.testing.assert_allclose(found["log_likelihood"], likelihood, atol=6e-5)
            np.testing.assert_allclose(found["confidence"], chances.max(1), atol=6e-5)


def test_numbers_of_single_images_are_short_and_never_what_json_has_not():
    values = np.array([-1e-9, 0.123456, np.nan, -np.inf, 2.3000002], np.float32)
    assert json.dumps(rounded(values)) == "[0.0, 0.1235, null, null, 2.3]"
    assert rounded(np.array([3, 7])) == [3, 7]


def test_the_recorded_validation_accuracy_is_that_after_the_steps_update(data):
    training = start(data, network="cnn5", record_every=25, epochs=1)
    training.run_epoch()
    *_, network = naive_training(data, training.specification, 1)
    with torch.no_grad():
        predicted = network(data["validation"].images).argmax(1)
    expected = 100 * accuracy_score(data["validation"].labels, predicted)
    assert training.recorder.records["validation_accuracy"] == [pytest.approx(expected)]


def test_records_are_made_at_steps_0_10_20_of_every_epoch(data):
    training = start(data)
    training.run_epoch()
    assert len(training.recorder.records["loss"]) == math.ceil(25 / 10)
    training.run_epoch()
    assert {len(values) for values in training.recorder.records.values()} == {6}


def test_validating_once_an_epoch_is_after_its_last_step_and_stands_in_its_last_record(data):
    training = start(data, validate="epochs", learning_rate=[{"rate": 0.1, "until": None}])
    ends = []
    for _ in range(2):
        training.run_epoch()
        with torch.no_grad():
            predicted = training.network(data["validation"].images).argmax(1)
        ends.append(pytest.approx(100 * accuracy_score(data["validation"].labels, predicted)))
    first, second = ends
    expected = [None, None, first, None, None, second]
    assert training.recorder.records["validation_accuracy"] == expected


def test_an_epoch_that_diverges_after_its_last_record_has_no_validation(data):
    training = start(data, network="mlp1", validate="epochs")
    training.run_epoch()
    training.recorder.table["loss"][24] = math.nan
    training.recorder.end_epoch(1)
    assert training.recorder.records["validation_accuracy"][-1] is None
    assert training.recorder.records["loss"][-1] is not None


@pytest.mark.parametrize("activation", ["ReLU", "GELU"])  # by kernels of our own, and by PyTorch
def test_images_of_three_channels_are_trained_as_in_the_plain_way(activation):
    pixels = np.random.default_rng(3).integers(0, 256, (300, 3, 12, 12), dtype=np.uint8)
    labels = torch.from_numpy(pixels[:, 1].mean((1, 2)).argsort().argsort() // 30)
    images = Dataset(scale_pixels(pixels, (-1, 1)), labels)
    assert images.images.shape == (300, 3, 12, 12)
    line = {"network": "conv3x8 act pool conv3x4 act", "activation": {"class": activation}}
    spec = specification(record_every=1, epochs=1) | line
    training = Training(spec, images, images)
    losses, *_ = naive_training({"train": images, "validation": images}, spec | {"epochs": 2}, 6)
    training.run_epoch()
    np.testing.assert_allclose(training.recorder.records["loss"], losses, atol=1e-4)


def test_a_network_can_overfit_one_batch(data):
    one = Dataset(data["train"].images[:50], data["train"].labels[:50])
    adam = {"optimizer": {"class": "Adam"}, "learning_rate": [{"rate": 0.003, "until": None}]}
    training = Training(specification("cnn4", epochs=150, **adam), one, data["validation"])
    for _ in range(150):
        training.run_epoch()
    assert training.recorder.records["loss"][-1] < 0.05
    assert training.recorder.records["train_accuracy"][-1] == 100


def test_a_deep_sigmoid_network_stays_at_the_loss_of_guessing(data):
    training = start(data, network="cnn5", activation="Sigmoid", epochs=4)
    for _ in range(4):
        training.run_epoch()
    assert np.mean(training.recorder.records["loss"][-3:]) == pytest.approx(math.log(10), abs=0.05)


@pytest.mark.parametrize("optimizer", [{"class": "Adam"}, {"class": "SGD", "momentum": 0.9}])
def test_going_on_from_a_checkpoint_gives_identical_weights_and_records(data, tmp_path, optimizer):
    whole = start(data, network="cnn3", optimizer=optimizer, epochs=3)
    interrupted = start(data, network="cnn3", optimizer=optimizer, epochs=3)
    for _ in range(3):
        whole.run_epoch()
    interrupted.run_epoch()
    save_checkpoint(tmp_path / "c.safetensors", interrupted, {"total": 3.0})
    resumed = start(data, network="cnn3", optimizer=optimizer, epochs=3)
    assert load_checkpoint(tmp_path / "c.safetensors", resumed) == {"total": 3.0}
    for _ in range(2):
        resumed.run_epoch()
    assert json.dumps(resumed.recorder.records) == json.dumps(whole.recorder.records)
    for ours, theirs in zip(resumed.network.parameters(), whole.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)


COSINE = {"class": "CosineAnnealingLR", "T_max": 3}
ONE_CYCLE = {"class": "OneCycleLR", "max_lr": 0.1, "total_steps": 3}


@pytest.mark.parametrize(("line", "scheduler", "optimizer"), [
    ("conv3x4 norm act pool drop0.25 fc16 norm act", COSINE, {"class": "SGD", "momentum": 0.9}),
    ("fc16 act drop0.5", ONE_CYCLE, {"class": "Adam"}),
])  # fmt: skip
def test_norm_dropout_and_scheduler_go_on_from_a_checkpoint_bit_for_bit(
    data, tmp_path, line, scheduler, optimizer
):
    stages = [{"rate": 0.1, "until": None, "scheduler": scheduler}]
    changes = {"optimizer": optimizer, "learning_rate": stages, "epochs": 3}
    spec = specification(**changes) | {"network": line}
    whole, interrupted, resumed = (
        Training(spec, data["train"], data["validation"]) for _ in range(3)
    )
    assert whole.kernels is None
    for _ in range(3):
        whole.run_epoch()
    interrupted.run_epoch()
    save_checkpoint(tmp_path / "c.safetensors", interrupted, {})
    torch.manual_seed(99)  # of another process
    load_checkpoint(tmp_path / "c.safetensors", resumed)
    for _ in range(2):
        resumed.run_epoch()
    assert json.dumps(resumed.recorder.records) == json.dumps(whole.recorder.records)
    ours, theirs = resumed.network.state_dict(), whole.network.state_dict()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert resumed.final_results(data["test"]) == whole.final_results(data["test"])


def test_norm_and_dropout_train_and_validate_as_in_the_plain_way(data):
    line, spec = "conv3x4 norm act pool drop0.5 fc16 norm act", specification(record_every=1)
    training = Training(spec | {"network": line}, data["train"], data["validation"])
    plain = copy.deepcopy(training.network)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.01)
    torch.manual_seed(derive_seed(spec, 1, 1))
    losses = []
    for batch in batch_order(spec, 0, len(data["train"])).tolist():
        loss = F.cross_entropy(plain(data["train"].images[batch]), data["train"].labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    training.run_epoch()
    np.testing.assert_allclose(training.recorder.records["loss"], losses, rtol=1e-4)
    plain.eval()  # dropout drops nothing, the norm uses its running mean and variance
    with torch.no_grad():
        predicted = plain(data["validation"].images).argmax(1)
    expected = 100 * accuracy_score(data["validation"].labels, predicted)
    assert training.recorder.records["validation_accuracy"][-1] == pytest.approx(expected, abs=0.8)


@pytest.mark.parametrize("options", [
    {"class": "CosineAnnealingLR", "T_max": 5},
    {"class": "ExponentialLR", "gamma": 0.5},
    {"class": "OneCycleLR", "max_lr": 0.3, "total_steps": 6},
    {"class": "MultiStepLR", "milestones": [2, 4]},
])  # fmt: skip
def test_a_scheduler_sets_each_epoch_what_pytorch_sets(data, options):
    weights = nn.Linear(2, 2)
    plain = torch.optim.SGD(weights.parameters(), lr=0.1, momentum=0.9)
    keywords = {key: value for key, value in options.items() if key != "class"}
    scheduler = getattr(torch.optim.lr_scheduler, options["class"])(plain, **keywords)
    stages = [{"rate": 0.1, "until": None, "scheduler": options}]
    sgd = {"class": "SGD", "momentum": 0.9}
    training = start(data, network="mlp2", optimizer=sgd, learning_rate=stages, epochs=6)
    for epoch in range(6):
        if epoch:
            plain.step()
            scheduler.step()
        training.run_epoch()
        ours, theirs = training.optimizer.param_groups[0], plain.param_groups[0]
        assert (ours["lr"], ours["momentum"]) == (theirs["lr"], theirs["momentum"])


@pytest.mark.parametrize("content", [b"", b"torn", b"\x10\0\0\0\0\0\0\0{}"])
def test_a_torn_checkpoint_means_a_start_from_the_beginning(data, tmp_path, content):
    (tmp_path / "c.safetensors").write_bytes(content)
    training = start(data)
    assert load_checkpoint(tmp_path / "c.safetensors", training) == {}
    assert training.epoch == 0


def test_a_checkpoint_with_a_flipped_bit_means_a_start_from_the_beginning(data, tmp_path):
    path = tmp_path / "c.safetensors"
    interrupted = start(data, network="mlp1", epochs=3)
    interrupted.run_epoch()
    save_checkpoint(path, interrupted, {})
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    training = start(data, network="mlp1", epochs=3)
    before = [parameter.clone() for parameter in training.network.parameters()]
    assert load_checkpoint(path, training) == {}
    assert training.epoch == 0
    assert all(map(torch.equal, before, training.network.parameters()))


@pytest.mark.parametrize(("found", "until"), [([2], [2, 5]), ([5], None), ([6], None), ([0], None)])
def test_switches_that_leave_a_rate_without_an_epoch_are_refused(tmp_path, found, until):
    write_json(tmp_path / "switches.json", sealed({"switch_epochs": found}))
    rates = zip((0.1, 0.01, 0.001), ("auto", 5, None), strict=True)
    stages = [{"rate": rate, "until": end} for rate, end in rates]
    specification = {"learning_rate": stages, "epochs": 8}
    if until:
        resolved = resolve_switches(specification, str(tmp_path / "switches.json"))
        assert [stage["until"] for stage in resolved] == [*until, None]
    else:
        with pytest.raises(ValueError, match="switches.json: a training of 8 epochs cannot switch"):
            resolve_switches(specification, str(tmp_path / "switches.json"))


@pytest.mark.parametrize("options", [{"fused": False}, {"foreach": True}])
def test_an_optimizer_takes_the_options_that_the_engine_sets_itself(data, options):
    training = start(data, network="mlp1", optimizer={"class": "SGD"} | options)
    training.run_epoch()
    assert training.optimizer.defaults | options == training.optimizer.defaults


TRAINING = """
import json, sys
import torch
from fashionlab.training import checkpoint, session  # all that a training imports
from fashionlab.training.devices import make_repeatable
from fashionlab.training.engine import Dataset, Training
make_repeatable()
parts = [Dataset(torch.rand(100, 1, 28, 28), torch.arange(100) % 10) for _ in range(3)]
for optimizer in ("SGD", "Adam", "RMSprop"):
    asked = json.loads(sys.argv[1]) | {"optimizer": {"class": optimizer}}
    training = Training(asked, *parts[:2])
    training.run_epoch()
    training.final_results(parts[2])
    training.optimizer.load_state_dict(training.optimizer.state_dict())
print([name for name in sys.modules if name in ("torch._dynamo", "torch._inductor")])
"""


@pytest.mark.parametrize("activation", ["ReLU", "Tanh"])  # by the kernels, and by PyTorch
def test_a_training_does_not_import_pytorchs_compiler(activation):
    asked = json.dumps(specification(activation=activation, epochs=1))
    command = [sys.executable, "-c", TRAINING, asked]
    found = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": "scripts"}, capture_output=True, text=True
    )
    assert (found.stdout, found.stderr) == ("[]\n", "")


def test_a_training_that_diverges_ends_as_a_result_that_says_at_which_step(data):
    huge = [{"rate": 1e30, "until": None}]
    training = start(data, network="mlp1", learning_rate=huge, epochs=3)
    training.run_epoch()
    assert training.diverged == {"epoch": 0, "step": 1}
    final, predictions = training.final_results(data["test"])
    training.recorder.pad()
    assert predictions is None
    assert set(final.values()) == {None}
    assert all(len(values) == 9 for values in training.recorder.records.values())
    assert training.recorder.records["loss"][0] is not None
    assert training.recorder.records["loss"][1:] == [None] * 8


def test_a_schedule_equals_the_constant_rate_up_to_its_switch(data):
    stages = [{"rate": 0.1, "until": 2}, {"rate": 0.01, "until": None}]
    constant = start(data, network="cnn4", learning_rate=[{"rate": 0.1, "until": None}], epochs=3)
    scheduled = start(data, network="cnn4", learning_rate=stages, epochs=3)
    for _ in range(3):
        constant.run_epoch()
        scheduled.run_epoch()
    assert constant.recorder.records["loss"][:6] == scheduled.recorder.records["loss"][:6]
    assert constant.recorder.records["loss"][7:] != scheduled.recorder.records["loss"][7:]


def test_runs_differ_in_weights_and_order_and_variants_of_a_run_do_not(data):
    first, second = start(data), start(data, run=2)
    assert not torch.equal(first_weight(first.network), first_weight(second.network))
    assert torch.equal(first_weight(start(data, epochs=9).network), first_weight(first.network))
    orders = [batch_order(specification(run=run), 0, 1250) for run in (1, 2)]
    assert not np.array_equal(*orders)
    assert sorted(orders[0].ravel()) == list(range(1250))


def test_a_schedules_rate_changes_with_its_switch_epoch():
    stages = [
        {"rate": 0.1, "until": 7},
        {"rate": 0.01, "until": 14},
        {"rate": 0.001, "until": None},
    ]
    rates = [learning_rate(stages, epoch) for epoch in (0, 6, 7, 13, 14, 29)]
    assert rates == [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]


@pytest.mark.parametrize(("seconds", "epochs"), [(1e9, [1, 4]), (0.0, [1, 2, 3, 4])])
def test_checkpoints_are_some_seconds_apart_but_the_first_and_the_last_are_written(
    data, tmp_path, monkeypatch, seconds, epochs
):
    """On a GPU an epoch may take less time than a checkpoint."""
    written = []
    monkeypatch.setattr(session, "load_data", lambda *_: data)
    monkeypatch.setattr(session, "save_checkpoint", lambda _, t, used: written.append(t.epoch))
    monkeypatch.setattr(session, "CHECKPOINT_SECONDS", seconds)
    names = ("result", "weights", "environment", "checkpoints", "dataset_folder", "split")
    given = argparse.Namespace(**{name: str(tmp_path / name) for name in names})
    given.name, given.device, given.progress, given.switches = "t", "cpu", None, None
    spec = specification(network="mlp2", epochs=4, validate="epochs")
    given.specification = json.dumps(spec)
    session.train(given, spec, "0" * 64)
    assert written == epochs
