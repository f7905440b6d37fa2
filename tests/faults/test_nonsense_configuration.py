"""Whatever stands in a configuration, it is refused in sentences or makes a plan that can be run."""

import contextlib
import copy
import os
import re
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from fashionlab.chapters import planned_figures
from fashionlab.config.layers import ConfigurationError
from fashionlab.config.schema_check import printable
from fashionlab.planning.notation import parse_network
from fashionlab.planning.planned import training_cost
from fashionlab.running.study import load_plan

CONFIG = yaml.safe_load(Path("config.yaml").read_text(encoding="utf-8"))
EXAMPLES = int(os.environ.get("FUZZ", 200))
ODD_NAMES = ["$(touch x)", "<script>alert(1)</script>", "../../x", "a b", "--help", "", "\n", "relu\n", "ä", "x" * 300]  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(ODD_NAMES),
    st.sampled_from(["1e-3", "auto", "null", "cnn4", "two_rates", "relu", "~", "0x10", "conv3x16"]),
    st.text(max_size=12), st.integers(-3, 60), st.dates(), st.sampled_from([2**64, 10**19, 10**400, -(10**400), 1e300]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3),
    max_leaves=6,
)
TOKENS = st.one_of(
    st.sampled_from(["act", "pool", "conv3x16", "conv3x5x16", "fc64", "conv0x1", "fc0", "fc-1"]),
    st.builds("conv{}x{}".format, st.integers(0, 40), st.integers(0, 99999)),
    st.builds("conv{}x{}x{}".format, st.integers(0, 40), st.integers(0, 40), st.integers(0, 99)),
    st.builds("fc{}".format, st.integers(-1, 9999999)), st.sampled_from(ODD_NAMES), st.text(max_size=5),
)  # fmt: skip


def places(node, path=()):
    """Yield the path of every value of a configuration."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def spoil(config, data, merged):
    """Replace, remove or add something, anywhere; return the keys that a refusal may name.

    What a merged file does not say stays as it is, so there a null removes.
    """
    *parents, last = data.draw(st.sampled_from(sorted(places(config), key=str)))
    node = config
    for key in parents:
        node = node[key]
    match data.draw(st.sampled_from(["replace", "replace", "remove", "add"])):
        case "replace":
            node[last] = data.draw(VALUES)
        case "remove" if merged:
            node[last] = None
        case "remove":
            del node[last]
        case "add" if isinstance(node, dict):
            sibling, last = node[last], data.draw(SCALARS)
            node[last] = data.draw(VALUES | st.just(copy.deepcopy(sibling)))
        case "add":
            node.append(data.draw(VALUES))
    return {str(key).strip() for key in (*parents, last) if not isinstance(key, int)}


def plan_or_refusal(text, merged):
    """Return the plan that a file makes, or the sentences that refuse it; nothing else.

    The file is the study's own config.yaml, or one that is merged over it.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("scripts").symlink_to(ROOT / "scripts")
        Path("config.yaml").write_text(yaml.safe_dump(CONFIG) if merged else text, encoding="utf-8")
        Path("changes.yaml").write_text(text, encoding="utf-8")
        try:
            return load_plan(["changes.yaml"] if merged else [])
        except ConfigurationError as error:
            return str(error)


def check_plan(plan):
    assert plan["trainings"]
    assert planned_figures(plan)
    for training in plan["trainings"]:
        assert training["steps_per_epoch"] >= 1
        assert 1 <= training["records_per_epoch"] <= training["steps_per_epoch"]
        assert training_cost(plan, training) > 0 or plan["networks"][training["network"]]["multiplications"] < 1000  # fmt: skip
        for path in (training["result"], training["weights"], training["environment"]):
            assert Path(path).is_relative_to(plan["results"])
            assert not {"..", "~"} & set(Path(path).parts)
            assert set(path) <= set(
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-"
            )
    assert min(plan["split_sizes"].values()) >= len(plan["dataset"]["classes"])


@settings(
    max_examples=EXAMPLES, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(data=st.data())
def test_a_spoilt_configuration_is_refused_or_planned(data):
    config = copy.deepcopy(CONFIG)
    merged, keys = data.draw(st.booleans()), set()
    for _ in range(data.draw(st.integers(1, 3))):
        keys |= spoil(config, data, merged)
    outcome = plan_or_refusal(yaml.safe_dump(config), merged)
    if isinstance(outcome, dict):
        check_plan(outcome)
    else:
        assert "config.yaml" in outcome or "changes.yaml" in outcome
        named = any(printable(key) in outcome for key in keys)
        assert named or re.search(r"\.yaml: line \d+: ", outcome), outcome


# Nine lines that stand for a billion values: each is nine times the one before.
BOMB = "bomb:\n- &a0 x\n" + "".join(
    f"- &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)
TEXTS = [
    "seed: 2001-13-45", "seed: 2001-11-05", "seed: !!int abc", "seed: !!bool x", "seed: !!float x",
    "seed: !!timestamp x", "seed: !!binary abc", "seed: !!set {a}", "seed: !!python/object:os.system x",
    "seed: " + "9" * 5000, "seed: .nan", "seed: 1e999", "seed: " + "[" * 3000 + "]" * 3000, "? [a]\n: b",
    "defaults: &x {runs: *x}", "defaults: &x [*x]", "- a", "a", "\t", "seed: [", "seed: 1\nseed: 2", "\0",
    "activations: {relu: {class: Hardtanh, max_val: .inf}}", "optimizers: {sgd: {class: Adam, eps: 1e-8}}",
    'demonstration: "\\x01"', 'demonstration: "a\\n\\n# b"', "results: scripts", "generalization: null", "experiments: {generalization: null}",
    "activations: {own: {class: PReLU}}", "activations: {own: {class: RReLU}}",
    "experiments: {own: {epochs: 2, grid: {epochs: [1, 2]}}}", "defaults: {runs: 1000000}",
    "schedules: {lr1: [{rate: 1, until: 1}, {rate: 2}]}\nexperiments: {own: {grid: {learning_rate: [1, lr1]}}}",
    "dataset: {timeout: 1.0e+300}", "dataset: {source_seconds: 1.0e+300}", "dataset: {images: 100000000000}",
    "dataset: {largest_file_mb: 1.0e+308}", "figures: {smoothing_steps: 100000000000000000000}",
    "results: config.yaml", "results: config.yaml/inner", "dataset: {folder: config.yaml}",
    BOMB,
    "defaults: {learning_rate: 1e-400}", "defaults: {learning_rate: 1e5}", "defaults: {runs: [1, 2]}", "experiments: []", "'': 1",
    f"networks: {{{'a' * 41}: fc16}}", f"networks: {{cnn3: {'act ' * 250} fc16}}", f"results: {'r' * 300}", "optimizers: {sgd: {class: SparseAdam}}",
    "dataset: {folder: scripts}", "dataset: {folder: /etc}", "dataset: {folder: results/runs}", f"dataset: {{folder: {'r' * 300}}}",
    "experiments: {generalization: {runs: 3}}", "experiments: {generalization: {grid: {network: [mlp1]}}}", "experiments: {own: {epochs: 2}}",
]  # fmt: skip


def shortened(text):
    text = re.sub(r"(.{1,9}?)\1{9,}", r"\1\1\1...", " ".join(text.split()))
    return text if len(text) < 50 else f"{text[:47]}..."


@pytest.mark.parametrize("text", TEXTS, ids=shortened)
def test_what_cannot_be_meant_is_refused_in_a_line(text):
    refusal = plan_or_refusal(text, merged=True)
    assert isinstance(refusal, str)
    assert refusal.startswith("changes.yaml: ")
    assert len(refusal.splitlines()) == 1
    assert len(refusal) < 400


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(TOKENS, max_size=8).map(" ".join))
def test_a_network_line_is_refused_or_read(line):
    try:
        layers = parse_network(line, (1, 28, 28), classes=10)
    except ValueError:
        return
    assert layers[-1].output_shape == (10,)
    assert all(size > 0 for layer in layers for size in layer.output_shape)
