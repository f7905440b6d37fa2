"""Networks against compositions of torch.nn.functional and the counts of the homework."""

from itertools import pairwise
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
import yaml

from fashionlab.planning.notation import (
    count_depth,
    count_first_layer_weights,
    count_parameters,
    parse_network,
)
from fashionlab.planning.planned import linear_chains, merged_depth, merged_parameters
from fashionlab.training.networks import build_named, build_network, first_weight
from made_up import plan_of

NETWORKS = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))["networks"]
SHAPE = (1, 28, 28)


@pytest.mark.parametrize(
    ("name", "parameters", "depth"),
    [("mlp1", 50890, 2), ("mlp2", 14298, 3), ("cnn3", 11106, 4), ("cnn4", 8618, 5), ("cnn5", 7426, 7)],
)  # fmt: skip
def test_counts_agree_with_the_homework_and_with_pytorch(name, parameters, depth):
    layers = parse_network(NETWORKS[name], SHAPE, 10)
    network = build_network(NETWORKS[name], {"class": "ReLU"}, SHAPE, 10)
    assert count_parameters(layers) == parameters
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert count_depth(layers) == depth


def plain_logits(name, act, p, x):
    if name == "mlp1":
        return F.linear(act(F.linear(x.flatten(1), p[0], p[1])), p[2], p[3])
    if name == "mlp2":
        hidden = act(F.linear(x.flatten(1), p[0], p[1]))
        return F.linear(F.linear(hidden, p[2], p[3]), p[4], p[5])
    if name == "cnn3":
        x = act(F.conv2d(x, p[0], p[1]))
        x = F.max_pool2d(act(F.conv2d(x, p[2], p[3])), 2)
        x = F.max_pool2d(F.conv2d(x, p[4], p[5]), 2)
        return F.linear(x.flatten(1), p[6], p[7])
    if name == "cnn4":
        x = act(F.conv2d(x, p[0], p[1]))
        x = act(F.conv2d(x, p[2], p[3]))
        x = F.max_pool2d(act(F.conv2d(x, p[4], p[5])), 2)
        x = F.max_pool2d(act(F.conv2d(x, p[6], p[7])), 2)
        return F.linear(x.flatten(1), p[8], p[9])
    for k in (0, 2, 4):
        x = act(F.conv2d(x, p[k], p[k + 1]))
    x = F.max_pool2d(act(F.conv2d(x, p[6], p[7])), 2)
    x = act(F.conv2d(x, p[8], p[9]))
    x = F.max_pool2d(act(F.conv2d(x, p[10], p[11])), 2)
    return F.linear(x.flatten(1), p[12], p[13])


@pytest.mark.parametrize("name", list(NETWORKS))
@pytest.mark.parametrize(("activation", "function"), [("ReLU", F.relu), ("Sigmoid", torch.sigmoid)])
def test_logits_equal_a_plain_composition(name, activation, function):
    torch.manual_seed(1)
    network = build_network(NETWORKS[name], {"class": activation}, SHAPE, 10)
    images = torch.rand(7, *SHAPE) * 2 - 1
    expected = plain_logits(name, function, list(network.parameters()), images)
    torch.testing.assert_close(network(images), expected)


def test_norm_and_drop_are_pytorchs_layers_with_their_parameters_counted():
    line = "norm conv3x4 norm act pool drop0.25 fc8 norm act"
    layers = parse_network(line, (3, 8, 8), 10)
    network = build_network(line, {"class": "ReLU"}, (3, 8, 8), 10)
    names = [type(module).__name__ for module in network]
    assert names == ["BatchNorm2d", "Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Dropout",
                     "Flatten", "Linear", "BatchNorm1d", "ReLU", "Linear"]  # fmt: skip
    assert network[5].p == 0.25
    assert count_parameters(layers) == sum(p.numel() for p in network.parameters())
    assert count_depth(layers) == 3
    assert first_weight(network) is network[1].weight
    assert count_first_layer_weights(layers) == network[1].weight.numel()


def test_a_norm_or_a_drop_between_linear_layers_leaves_them_one_linear_map():
    layers = parse_network("fc16 norm drop0.5 fc8 act", SHAPE, 10)
    assert merged_depth([{"kind": layer.kind} for layer in layers]) == 2


@pytest.mark.parametrize(
    ("line", "widths"),
    [
        ("fc16 act fc64 act", [[16], [64], [10]]),
        ("fc16 act fc64", [[16], [64, 10]]),
        ("drop0.2 fc16 fc64", [[16, 64, 10]]),
        ("fc16 norm fc64 act", [[16, 64], [10]]),
    ],
)
def test_linear_layers_in_a_row_are_a_chain_and_count_as_one(line, widths):
    layers = plan_of(1, (), {"networks": {"mlp1": line}})["networks"]["mlp1"]["layers"]
    chains = linear_chains(layers)
    assert [[layer["output_shape"][0] for layer in chain] for chain in chains] == widths
    ends = [784, *(chain[-1] for chain in widths)]
    norms = 2 * 16 if "norm" in line else 0
    assert merged_parameters(layers) == sum((a + 1) * b for a, b in pairwise(ends)) + norms
    assert merged_depth(layers) == len(widths)


def test_first_weight_is_the_first_layers_weight_and_not_its_bias():
    network = build_network(NETWORKS["mlp2"], {"class": "ReLU"}, SHAPE, 10)
    assert first_weight(network).shape == (16, 784)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("conv3x16 blub", "cannot read 'blub'"),
        ("fc16 conv3x8", "needs an image"),
        ("conv29x4", "larger than its 28 x 28 input"),
        ("conv28x4 pool", "at least 2 x 2"),
        ("act", "at least one conv or fc"),
        ("conv3", "cannot read 'conv3'"),
        ("fc0", "cannot read 'fc0'"),
        ("norm drop0.5 act", "at least one conv or fc"),
        ("fc8 drop1.0", "cannot read 'drop1.0'"),
        ("fc8 drop0.0", "drops nothing"),
    ],
)
def test_a_network_line_that_cannot_be_built_is_refused_by_its_token(line, message):
    with pytest.raises(ValueError, match=message):
        parse_network(line, SHAPE, 10)


def test_a_kernel_need_not_be_square():
    layer = parse_network("conv2x5x3", SHAPE, 10)[0]
    assert layer.output_shape == (3, 27, 24)
    assert layer.parameters == (2 * 5 + 1) * 3


@pytest.mark.parametrize("options", [{"class": "Relu"}, {"class": "ReLU", "slope": 1}])
def test_an_activation_that_pytorch_does_not_have_is_refused(options):
    with pytest.raises(ValueError, match=options["class"]):
        build_named(torch.nn, options)
