"""The training loop: one network, one optimiser, one seed, on one device.

What a step does is written once, for CPU and GPU alike: it reads nothing from the host and leaves
nothing to it, since batches are rows of a table on the device and records are tensors there, read
once an epoch. On a CUDA device the step and the validation pass are captured as CUDA graphs.
"""

import gc
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from fashionlab.kernels.network import CompiledNetwork, kernel_layers
from fashionlab.training.devices import Stopwatch
from fashionlab.training.evaluation import Classifier
from fashionlab.training.networks import build_network, first_weight
from fashionlab.training.optimizers import build_optimizer, can_be_captured, epoch_settings
from fashionlab.training.recorder import Recorder, rounded, shortest
from fashionlab.training.seeds import batch_order, derive_seed

WARM_UP_CALLS = 3


@dataclass
class Dataset:
    """Images [N, C, H, W] in the input range, and labels [N], on the training's device."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


class Training:
    """A training in progress. ``run_epoch`` advances it by one epoch."""

    def __init__(self, specification: dict, train: Dataset, validation: Dataset) -> None:
        self.specification = specification
        self.train, self.validation = train, validation
        self.device = train.images.device
        self.epoch = 0
        self.diverged: dict | None = None

        torch.manual_seed(derive_seed(specification, 0))
        channels, height, width = train.images.shape[1:]
        shape = (channels, height, width)
        self.network = build_network(
            specification["network"], specification["activation"], shape, specification["classes"]
        ).to(self.device)
        self.kernels: CompiledNetwork | None = None
        if layers := kernel_layers(specification, shape, self.device):
            self.kernels = CompiledNetwork(self.network, layers, shape)
        elif self.device.type == "cpu":
            self.network.to(memory_format=torch.channels_last)
        self.settings = epoch_settings(specification)
        self.optimizer = build_optimizer(specification["optimizer"], self.network, self.device)
        self.classifier = Classifier(self.network, self.kernels, self.device)
        self.validation_images = self.classifier.prepare(validation.images)
        self.seconds = 0.0  # of all epochs
        self.validation_time = Stopwatch(self.device)  # in them

        self.steps = len(train) // specification["batch_size"]
        self.position = torch.zeros(1, dtype=torch.int64, device=self.device)
        self.batches = torch.zeros(
            (self.steps, specification["batch_size"]), dtype=torch.int64, device=self.device
        )
        self.recorder = Recorder(specification, self.steps, len(validation), self.device)
        # By the methods' names: bound methods would make this a cycle, freed at any moment by
        # Python's collector, with its graphs.
        self._graphs: dict[str, torch.cuda.CUDAGraph] = {}
        self._calls: Counter[str] = Counter()
        self._captures = self.device.type == "cuda" and can_be_captured(self.optimizer)

    # One step -----------------------------------------------------------------------------------

    def step(self) -> tuple[Tensor, Tensor]:
        """Update the weights once; return the logits and labels the update was computed from."""
        batch = self.batches.index_select(0, self.position).squeeze(0)
        labels = self.train.labels.index_select(0, batch)
        if self.kernels:
            logits, loss = self.kernels.loss_and_gradients(self.train.images, batch, labels)
        else:
            logits = self.network(self.train.images.index_select(0, batch))
            loss = cross_entropy(logits, labels)
            self.optimizer.zero_grad()
            loss.backward()
        self.optimizer.step()
        self.recorder.write("loss", self.position, loss)
        self.position += 1
        return logits, labels

    def recorded_step(self) -> None:
        """Do a step and record its batch accuracy and gradient magnitude."""
        logits, labels = self.step()
        gradient = first_weight(self.network).grad
        assert gradient is not None
        self.recorder.write("correct", self.position - 1, (logits.argmax(1) == labels).sum())
        norm = torch.linalg.vector_norm(gradient)
        self.recorder.write("gradient_norm", self.position - 1, norm)

    def validate(self) -> None:
        """Record how many validation images the weights after the last step classify correctly."""
        predicted = self.classifier.classify(self.validation_images)
        correct = (predicted == self.validation.labels).sum()
        self.recorder.write("correct_in_validation", self.position - 1, correct)

    # One epoch ----------------------------------------------------------------------------------

    def run_epoch(self) -> None:
        """Train one epoch and append its records; sets ``diverged`` if the loss is not finite."""
        start = time.perf_counter()
        self._set_learning_rate()
        torch.manual_seed(derive_seed(self.specification, 1 + self.epoch, 1))  # of dropout
        order = batch_order(self.specification, self.epoch, len(self.train))
        self.batches.copy_(torch.from_numpy(order))
        self.position.zero_()
        every = self.specification["record_every"]
        for step in range(self.steps):
            self.run("step" if step % every else "recorded_step")
            if self.recorder.validated(step):
                with self.validation_time:
                    self.run("validate")
        self.diverged = self.recorder.end_epoch(self.epoch)
        self.epoch += 1
        self.seconds += time.perf_counter() - start

    def run(self, method: str) -> None:
        """Call a method that works on the device alone, by its name; on a GPU, replay its graph.

        The first calls run as they are: they are the warm-up that a capture needs.
        """
        self._calls[method] += 1
        if self._captures and self._calls[method] > WARM_UP_CALLS and method not in self._graphs:
            self._capture(method)
        if method in self._graphs:
            self._graphs[method].replay()
        else:
            getattr(self, method)()

    def _capture(self, method: str) -> None:
        graph = torch.cuda.CUDAGraph()
        collects = gc.isenabled()
        gc.disable()  # a graph that is freed while another is captured spoils it
        try:
            # The stream that warmed up: autograd's accumulation stays on the stream it began on.
            with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
                getattr(self, method)()
            self._graphs[method] = graph
        except RuntimeError as error:  # a class that waits for the GPU; nothing of it has run yet
            reason = str(error).partition("\n")[0]
            print(f"without CUDA graphs, which {method} cannot be part of: {reason}", flush=True)
            self._captures = False
            self._graphs.clear()
        finally:
            if collects:
                gc.enable()

    def _set_learning_rate(self) -> None:
        for name, value in self.settings[self.epoch].items():
            for group in self.optimizer.param_groups:
                if group[name] != value:
                    group[name] = value
                    self._graphs.clear()  # a graph holds the rate it was captured with

    # The end ------------------------------------------------------------------------------------

    def final_results(self, test: Dataset) -> tuple[dict, dict[str, dict[str, list]] | None]:
        """Return what the final weights achieve, and what they say of single images.

        First the mean loss (nat) and the accuracy (percent) of each part, then of validation and
        test part the lists that `Classifier.assess` names. All are None for one that diverged.
        """
        if not self.diverged and not all(
            t.isfinite().all() for t in self.network.state_dict().values()
        ):
            self.diverged = {"epoch": self.epoch - 1, "step": self.epoch * self.steps - 1}
        sets = {"train": self.train, "validation": self.validation, "test": test}
        if self.diverged:
            return {f"{name}_{what}": None for name in sets for what in ("loss", "accuracy")}, None
        final: dict[str, float | None] = {}
        predictions = {}
        for name, part in sets.items():
            found = self.classifier.assess(part.images, part.labels)
            correct = int((found["predicted"] == part.labels.cpu()).sum())
            loss = -found["log_likelihood"].double().mean()
            final[f"{name}_loss"] = shortest(np.float32(loss))
            final[f"{name}_accuracy"] = 100 * correct / len(part)
            predictions[name] = {key: rounded(values.numpy()) for key, values in found.items()}
        del predictions["train"]
        return final, predictions
