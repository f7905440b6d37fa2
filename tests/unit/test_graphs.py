"""CUDA graphs of a training, with a stand-in for the GPU: what is captured runs when it is replayed."""

import gc
import json
import weakref

import pytest
import torch
from test_engine import made_up_images, specification

from fashionlab.training.engine import Training
from fashionlab.training.optimizers import build_optimizer, can_be_captured

STAGES = [{"rate": 0.1, "until": 1}, {"rate": 0.01, "until": None}]


class Graphs:
    """What torch.cuda offers of graphs: a capture runs nothing, a replay runs what was captured."""

    def __init__(self):
        self.capturing, self.captured, self.replays, self.collector, self.fails = (
            None,
            0,
            0,
            [],
            False,
        )

    def patch(self, monkeypatch):
        class Graph:
            replay = lambda graph: (setattr(self, "replays", self.replays + 1), graph.function())  # noqa: E731

        class Capture:
            def __init__(capture, graph, stream):
                capture.graph = graph

            def __enter__(capture):
                self.capturing = capture.graph
                self.collector.append(gc.isenabled())

            def __exit__(capture, *_):
                self.capturing = None

        monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
        monkeypatch.setattr(torch.cuda, "graph", Capture)
        monkeypatch.setattr(torch.cuda, "current_stream", lambda: None)

    def put_under(self, training):
        training._captures = True
        for name in ("step", "recorded_step", "validate"):
            setattr(training, name, self._captured_or_run(getattr(training, name)))
        return training

    def _captured_or_run(self, function):
        def call():
            if self.capturing is None:
                return function()
            if self.fails:
                raise RuntimeError("operation not permitted when stream is capturing\nand more")
            self.capturing.function, self.captured = function, self.captured + 1
            return None

        return call


@pytest.fixture
def graphs(monkeypatch):
    graphs = Graphs()
    graphs.patch(monkeypatch)
    return graphs


@pytest.fixture(scope="module")
def data():
    torch.set_num_threads(1)
    return made_up_images(2500, 0), made_up_images(130, 1)


def start(data, **changes):
    return Training(specification(**changes), *data)


def bits(training):
    weights = [parameter.tolist() for parameter in training.network.parameters()]
    return json.dumps([training.recorder.records, weights])


@pytest.mark.parametrize("fails", [False, True])
def test_with_graphs_and_where_they_cannot_be_had_the_bits_are_the_same(
    data, graphs, fails, capsys
):
    graphs.fails = fails
    plain = start(data, learning_rate=STAGES, epochs=2)
    training = graphs.put_under(start(data, learning_rate=STAGES, epochs=2))
    for _ in range(2):
        plain.run_epoch()
        training.run_epoch()
    assert bits(training) == bits(plain)
    said = capsys.readouterr().out
    if fails:
        assert said == (
            "without CUDA graphs, which step cannot be part of: "
            "operation not permitted when stream is capturing\n"
        )
        assert graphs.replays == 0
    else:
        assert said == ""
        assert graphs.captured == 3 * 2, "a graph holds its rate: new ones after the switch"
        assert graphs.replays == 2 * (50 + 5) - 3 * 3


@pytest.mark.parametrize("fails", [False, True])
def test_the_collector_is_off_during_a_capture_and_on_after_it(data, graphs, fails):
    graphs.fails = fails
    training = graphs.put_under(start(data))
    training.run_epoch()
    assert graphs.collector
    assert not any(graphs.collector)
    assert gc.isenabled()


def test_a_training_that_is_dropped_is_gone_at_once_and_its_graphs_with_it(data):
    training = start(data, network="cnn4")
    training.run_epoch()
    gone = weakref.ref(training)
    gc.disable()
    try:
        del training
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("options", "captured"),
    [
        ({"class": "SGD"}, True),
        ({"class": "Adam"}, True),
        ({"class": "Adam", "capturable": False}, False),
        ({"class": "Adafactor"}, False),
    ],
)
def test_an_optimizer_is_captured_unless_it_cannot_be_or_shall_not(options, captured):
    network = torch.nn.Linear(2, 2)
    on_a_gpu = build_optimizer(options, network, torch.device("cuda"))
    assert can_be_captured(on_a_gpu) == captured


def test_the_time_of_validations_is_that_of_the_gpu(monkeypatch):
    from fashionlab.training.devices import Stopwatch

    class Event:
        now = 0.0

        def __init__(self, enable_timing):
            assert enable_timing

        def record(self):
            self.at = Event.now

        def synchronize(self):
            pass

        def elapsed_time(self, end):
            return end.at - self.at

    monkeypatch.setattr(torch.cuda, "Event", Event)
    watch = Stopwatch(torch.device("cuda"))
    for milliseconds in (250.0, 500.0):
        with watch:
            Event.now += milliseconds
        Event.now += 1000.0
    assert watch.seconds == 0.75
    assert watch.seconds == 0.75, "asked again"
