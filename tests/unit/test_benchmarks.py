"""The benchmark runs: both ways of it, on the smallest network."""

import json
import subprocess
import sys

import pytest

from conftest import ROOT


@pytest.mark.parametrize("way", ["plain", "engine"])
def test_a_way_is_measured(way):
    command = [sys.executable, "tests/benchmarks/bench.py", "--measure", way, "mlp2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    measured = json.loads(done.stdout)
    assert measured["training"] > 0
    assert measured["validation"] > 0
