"""What a training notes as it runs: on its device during an epoch, on the host after it."""

import math

import numpy as np
import torch
from torch import Tensor

from fashionlab.storage.results import CURVES

DECIMALS = 4  # of what is stored of single images: a result of the whole study stays under 400 kB


class Recorder:
    """The records of a training: its batch loss, accuracies (percent) and gradient magnitude."""

    def __init__(
        self, specification: dict, steps: int, validation_images: int, device: torch.device
    ) -> None:
        self.every = specification["record_every"]
        self.steps = steps  # of an epoch
        self.epochs = specification["epochs"]
        self.validates_each = specification["validate"] == "records"
        self.batch_size, self.validation_images = specification["batch_size"], validation_images
        names = ("loss", "correct", "gradient_norm", "correct_in_validation")
        self.table = {name: torch.zeros(steps, device=device) for name in names}
        self.records: dict[str, list[float | None]] = {name: [] for name in CURVES}

    def write(self, name: str, step: Tensor, value: Tensor) -> None:
        """Note a value (scalar) of a step of this epoch (int64 [1]) without leaving the device."""
        self.table[name].index_copy_(0, step, value.detach().float().view(1))

    def validated(self, step: int) -> bool:
        """Return whether the weights after a step are validated: each record's, or an epoch's."""
        return step % self.every == 0 if self.validates_each else step == self.steps - 1

    def end_epoch(self, epoch: int) -> dict | None:
        """Copy the epoch's records to the host, the only synchronisation of the epoch.

        Returns where the loss ceased to be finite (``epoch``, and ``step`` of the training), if so.
        """
        table = {name: values.cpu().numpy() for name, values in self.table.items()}
        finite = np.isfinite(table["loss"])
        end = self.steps if finite.all() else int(np.argmin(finite))
        for step in range(0, self.steps, self.every):
            validated = step
            if not self.validates_each and step + self.every >= self.steps:
                validated = self.steps - 1  # an epoch's validation belongs to its last record
            values = {
                "loss": shortest(table["loss"][step]),
                "train_accuracy": 100 * float(table["correct"][step]) / self.batch_size,
                "gradient_norm": shortest(table["gradient_norm"][step]),
                "validation_accuracy": 100
                * float(table["correct_in_validation"][validated])
                / self.validation_images
                if self.validated(validated) and validated < end
                else None,
            }
            for name, value in values.items():
                self.records[name].append(value if step < end else None)
        return None if end == self.steps else {"epoch": epoch, "step": epoch * self.steps + end}

    def pad(self) -> None:
        """Fill the records that a diverged training has no longer made with None."""
        length = self.epochs * math.ceil(self.steps / self.every)
        for values in self.records.values():
            values += [None] * (length - len(values))


def rounded(values: np.ndarray) -> list:
    """Return whole numbers as they are, others to `DECIMALS`; None where one is not finite."""
    if not np.issubdtype(values.dtype, np.floating):
        return values.tolist()
    exact = values.astype(np.float64).round(DECIMALS) + 0.0  # -0.0 becomes 0.0
    return [value if math.isfinite(value) else None for value in exact.tolist()]


def shortest(value: np.float32) -> float | None:
    """Return the shortest decimal number that is this float32, or None if it is not finite."""
    return float(str(value)) if np.isfinite(value) else None
