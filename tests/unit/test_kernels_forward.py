"""The compiled forward pass against a float64 PyTorch composition of the same layers."""

import shutil

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from fashionlab.kernels import compiling
from fashionlab.kernels.network import CompiledNetwork

POOL, LINEAR10 = ("pool", 2), ("linear", 10)


def networks(act):
    act = ("act", act)

    def convs(*spec):
        return [("conv", outputs, k, k) for outputs, k in spec]

    a, b, c = convs((16, 3), (8, 7), (16, 5))
    d, e, f, g = convs((16, 3), (8, 5), (8, 3), (16, 5))
    return {
        "mlp1": [("linear", 64), act, LINEAR10],
        "mlp2": [("linear", 16), act, ("linear", 64), act, LINEAR10],
        "cnn3": [a, act, b, act, POOL, c, POOL, LINEAR10],
        "cnn4": [d, act, e, act, f, act, POOL, g, act, POOL, LINEAR10],
        "cnn5": [d, act, f, act, f, act, f, act, POOL, d, act, d, act, POOL, LINEAR10],
    }


def random_parameters(layers, shape, seed=0):
    """Weights and biases in PyTorch's order, scaled to keep activations near one."""
    rng, x, parameters = np.random.default_rng(seed), torch.zeros(1, *shape), []
    for kind, *options in layers:
        if kind in ("conv", "linear"):
            fan = (x.shape[1], *options[1:]) if kind == "conv" else (x[0].numel(),)
            scale = 2 / np.sqrt(np.prod(fan))
            parameters += [
                rng.normal(0, scale, (options[0], *fan)).astype(np.float32),
                rng.normal(0, 0.3, options[0]).astype(np.float32),
            ]
        x = step(x, kind, options, parameters[-2:])
    return parameters


def step(x, kind, options, parameters):
    if kind == "act":
        return {"ReLU": torch.relu, "Sigmoid": torch.sigmoid}[options[0]](x)
    if kind == "pool":
        return F.max_pool2d(x, options[0])
    weight, bias = (torch.as_tensor(p).to(x.dtype) for p in parameters)
    return F.conv2d(x, weight, bias) if kind == "conv" else F.linear(x.flatten(1), weight, bias)


def reference(layers, images, parameters):
    x, rest = torch.from_numpy(images).double(), list(parameters)
    for kind, *options in layers:
        own = [rest.pop(0), rest.pop(0)] if kind in ("conv", "linear") else []
        x = step(x, kind, options, own)
    return x.numpy()


def compiled(layers, shape, parameters):
    network = nn.ParameterList([torch.from_numpy(p.copy()) for p in parameters])
    return CompiledNetwork(network, tuple(layers), shape)


def predict(layers, images, parameters):
    network = compiled(layers, images.shape[1:], parameters)
    return network.logits(network.prepare(torch.from_numpy(images))).numpy()


def check(layers, shape, count):
    images = np.random.default_rng(1).random((count, *shape), np.float32)
    parameters = random_parameters(layers, shape)
    out, expected = predict(layers, images, parameters), reference(layers, images, parameters)
    assert out.shape == expected.shape and out.dtype == np.float32
    assert np.linalg.norm(out - expected) < 1e-5 * np.linalg.norm(expected)
    top = np.sort(expected, 1)
    clear = top[:, -1] - top[:, -2] > 1e-4
    assert (out.argmax(1) == expected.argmax(1))[clear].all() and clear.mean() > 0.9
    assert np.array_equal(out, predict(layers, images, parameters))


@pytest.mark.parametrize("act", ["ReLU", "Sigmoid"])
@pytest.mark.parametrize("name", networks("ReLU"))
def test_study_networks(name, act):
    check(networks(act)[name], (1, 28, 28), 100)


@pytest.mark.parametrize("act", ["ReLU", "Sigmoid"])
def test_odd_shapes(act):
    act = ("act", act)
    check([("conv", 5, 2, 3), act, ("conv", 7, 3, 2), POOL, act, ("linear", 3)], (1, 13, 9), 11)
    check([("conv", 3, 1, 1), ("linear", 37), act, ("linear", 25)], (2, 5, 4), 33)


def test_sigmoid_accuracy_and_saturation():
    x = np.concatenate([np.linspace(-100, 100, 200001), [1e30, -1e30, np.inf, -np.inf, 0, np.nan]])
    x = x.astype(np.float32)
    one, zero = np.ones((1, 1), np.float32), np.zeros(1, np.float32)
    layers = [("linear", 1), ("act", "Sigmoid")]
    out = predict(layers, x.reshape(-1, 1, 1, 1), [one, zero])[:, 0]
    exact = torch.sigmoid(torch.from_numpy(x).double()).numpy()
    assert np.isnan(out[-1])
    assert np.abs(out - exact)[:-1].max() < 2e-7
    assert out[:-1].min() >= 0 and out[:-1].max() <= 1


@pytest.mark.parametrize("act", ["ReLU", "Sigmoid"])
def test_nan_weights_give_nan_logits(act):
    layers = networks(act)["cnn4"]
    parameters = random_parameters(layers, (1, 28, 28))
    parameters[0][3, 0, 1, 1] = np.nan
    assert np.isnan(predict(layers, np.ones((5, 1, 28, 28), np.float32), parameters)).all()


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [POOL],
        [("act", "ReLU")],
        [("conv", 8, 3, 3), ("act", "Tanh")],
        [("conv", 8, 29, 3)],
        [("conv", 8, 3, 3), ("pool", 3)],
        [("linear", 4), ("conv", 1, 1, 1)],
        [("dropout", 0.5)],
        [("conv", 8, 3, 3), POOL, POOL],
        [("linear", 4), POOL],
    ],
)
def test_refuses_what_it_has_no_kernel_for(layers):
    with pytest.raises(ValueError):
        compiled(layers, (1, 28, 28), [])


def test_refuses_arrays_that_do_not_fit():
    good = [np.zeros((10, 784), np.float32), np.zeros(10, np.float32)]
    network = compiled([LINEAR10], (1, 28, 28), good)
    for images in (torch.zeros(3, 1, 27, 28), torch.zeros(0, 1, 28, 28), torch.zeros(3, 784)):
        with pytest.raises(ValueError, match="are not images of"):
            network.prepare(images)
    for parameters in (good[:1], [good[0][:, 1:], good[1]]):
        with pytest.raises(ValueError, match=r"parameters of .*, not of \[7840, 10\] numbers"):
            compiled([LINEAR10], (1, 28, 28), parameters)


def test_kept_machine_code_is_used_and_a_damaged_or_foreign_file_is_compiled_anew(
    tmp_path, monkeypatch
):
    layers, shape = (("linear", 3), ("act", "ReLU"), ("linear", 2)), (1, 2, 2)
    images, parameters = np.ones((5, *shape), np.float32), random_parameters(layers, shape)
    fresh = tmp_path / "kernels"
    monkeypatch.setattr(compiling, "KEPT", fresh)
    compiles = []
    compile_once = compiling._compile
    monkeypatch.setattr(compiling, "_compile", lambda *a: compiles.append(1) or compile_once(*a))

    def run():
        compiling.compiled_passes.cache_clear()
        return predict(layers, images, parameters)

    expected = run()
    [kept] = fresh.iterdir()
    assert np.array_equal(run(), expected)
    assert len(compiles) == 1
    whole = kept.read_bytes()
    for damage in (whole[:-1], whole[:40] + b"x" + whole[41:], b"", b"of another program"):
        kept.write_bytes(damage)
        assert np.array_equal(run(), expected)
        assert kept.read_bytes() == whole
    assert len(compiles) == 5
    one_layer = (("linear", 2),)
    predict(one_layer, images, random_parameters(one_layer, shape))
    [other] = set(fresh.iterdir()) - {kept}
    right = kept.read_bytes()
    kept.write_bytes(other.read_bytes())  # under another's name
    assert np.array_equal(run(), expected)
    assert kept.read_bytes() == right
    shutil.rmtree(fresh)
    fresh.write_text("a file where the folder should be")
    assert np.array_equal(run(), expected)
