"""Mistakes in a configuration are refused by place, value and what is allowed."""

import copy
from pathlib import Path

import pytest
import yaml

from fashionlab.configuration import ConfigurationError, check_configuration, count_gpus
from fashionlab.study import merge

CONFIG = yaml.safe_load(Path("config.yaml").read_text())


def check(changes):
    config = copy.deepcopy(CONFIG)
    merge(config, yaml.safe_load(changes))
    return check_configuration(config)


@pytest.mark.parametrize("preset", ["quick", "tiny", "handout"])
def test_every_preset_is_sound(preset):
    check(Path(f"workflow/presets/{preset}.yaml").read_text())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ("spilt: {seed: 1}", "unknown key 'spilt'; did you mean 'split'"),
        ("split: {seeds: 1}", "split: unknown key 'seeds'; did you mean 'seed'"),
        ("split: {validation_fraction: 0}", "split: validation_fraction: 0"),
        ("split: {validation_fraction: 1.5}", "validation_fraction: 1.5"),
        ("seed: -1", "seed: -1"),
        ("seed: one", "seed: 'one' is not of type 'integer'"),
        ("device: gpu", "'gpu' is not one of auto, cpu, cuda"),
        ("networks: {cnn3: conv3x16 akt}", "networks: cnn3: cannot read 'akt'"),
        ("networks: {cnn3: conv30x16}", "larger than its 28 x 28 input"),
        ("networks: {'a b': fc16}", "'a b' does not match"),
        ("networks: {'$(touch x)': fc16}", "does not match"),
        ("networks: {'../x': fc16}", "does not match"),
        ("defaults: {learning_rate: 1e-3}", "YAML reads 1e-3 as text; write 0.001 or 1.0e-3"),
        ("defaults: {epochs: 0}", "defaults: epochs: 0"),
        ("defaults: {network: cnn9}", "network: 'cnn9' is not in networks; did you mean 'cnn"),
        ("defaults: {activation: rely}", "did you mean 'relu'"),
        ("experiments: {schedules: {epochs: 14}}", "until: 14 is not before the end of experiment"),
        ("experiments: {own: {grid: {networks: [mlp1]}}}", "did you mean 'network'"),
        ("experiments: {own: {grid: {network: [mlp1, mlp1]}}}", "a value is given twice"),
        ("schedules: {two_rates: [{rate: 0.1}, {rate: 0.01}]}", "every rate but the last needs"),
        ("schedules: {s: [{rate: 1, until: 5}, {rate: 2, until: 3}, {rate: 3}]}", "do not rise"),
        ("results: /tmp/x", "results: '/tmp/x'"),
        ("results: ../x", "results: '../x'"),
        ("dataset: {sources: [{url: 'http://x/'}]}", "http://x/"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_is_allowed(changes, message):
    with pytest.raises(ConfigurationError) as caught:
        check(changes)
    text = str(caught.value)
    assert message in text
    assert "config.yaml" in text
    assert len(text.splitlines()) <= 4


def test_an_experiment_that_is_null_is_left_out():
    assert "schedules" not in check("experiments: {schedules: null}")["experiments"]


@pytest.mark.parametrize(("chosen", "count"), [("", 0), ("-1", 0), ("2", 1), ("0,3", 2)])
def test_only_the_gpus_that_are_chosen_count(monkeypatch, chosen, count):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", chosen)
    assert count_gpus() == count
