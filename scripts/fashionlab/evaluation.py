"""Accuracy and predicted classes of a network in evaluation mode."""

import torch
from torch import Tensor, nn

BATCH = {"cpu": 50, "cuda": 2_000}  # on a CPU the activations of a batch should fit in its cache


class CorrectCounter:
    """Counts the correctly classified images of a fixed set, again and again during a training."""

    def __init__(
        self, specification: dict, network: nn.Module, images: Tensor, labels: Tensor
    ) -> None:
        self.network, self.images, self.labels = network, images, labels

    def __call__(self) -> Tensor:
        """Return the number of correct predictions with the present weights (a 0-d tensor)."""
        return (predict_classes(self.network, self.images) == self.labels).sum()


@torch.inference_mode()
def predict_classes(network: nn.Module, images: Tensor) -> Tensor:
    """Return the predicted class of each image, [N]."""
    network.eval()
    batches = images.split(BATCH[images.device.type])
    predicted = torch.cat([network(batch).argmax(1) for batch in batches])
    network.train()
    return predicted
