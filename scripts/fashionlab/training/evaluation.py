"""What a network in evaluation mode says of images, by the fastest way that the device has.

Validation after every tenth step is most of a study's arithmetic. On a CPU, networks that
``fashionlab.kernels`` knows go through code compiled for them; all else goes through PyTorch.
"""

import torch
from torch import Tensor, nn

from fashionlab.kernels.network import CompiledNetwork

CHUNK = 6_000  # images in lane layout at a time: 19 MB
# What layers make of a piece stays in a cache: a CPU core's, or a GPU's L2 (H100: 50 MB; cnn3's
# first layer makes 43 KB of an image).
BATCH = {"cpu": 100, "cuda": 500}


class Classifier:
    """Classifies sets of images with a network's present weights, again and again."""

    def __init__(
        self, network: nn.Module, kernels: CompiledNetwork | None, device: torch.device
    ) -> None:
        self.network, self.kernels, self.device = network, kernels, device

    def prepare(self, images: Tensor) -> list:
        """Return images [N, C, H, W] in the pieces and the layout that ``classify`` takes."""
        if self.kernels:
            return [self.kernels.prepare(part) for part in images.split(CHUNK)]
        return list(images.split(BATCH[self.device.type]))

    def logits(self, prepared: list) -> Tensor:
        """Return the logits of each prepared image, [N, classes]."""
        if self.kernels:
            return torch.cat([self.kernels.logits(piece) for piece in prepared])
        self.network.eval()
        with torch.inference_mode():
            found = torch.cat([self.network(batch) for batch in prepared])
        self.network.train()
        return found

    def classify(self, prepared: list) -> Tensor:
        """Return the predicted class of each prepared image, [N]."""
        return self.logits(prepared).argmax(1)

    def assess(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return what the network says of each image, three tensors [N] on the host.

        "predicted": the class of the largest logit; "log_likelihood" of the label (natural
        logarithm) and "confidence" (probability of the predicted class), float32. Images are
        prepared a piece at a time.
        """
        logits = torch.cat([self.logits(self.prepare(part)) for part in images.split(CHUNK)])
        log_probabilities = logits.log_softmax(1)
        found = {
            "predicted": logits.argmax(1),
            "log_likelihood": log_probabilities.gather(1, labels.unsqueeze(1)).squeeze(1),
            "confidence": logits.softmax(1).amax(1),
        }
        return {name: values.cpu() for name, values in found.items()}
