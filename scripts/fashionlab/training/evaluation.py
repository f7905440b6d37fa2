"""Predicted classes of a network in evaluation mode, by the fastest way that the device has.

Validation after every tenth step is most of a study's arithmetic. On a CPU, convolutional networks
go through kernels compiled for them (``lane_inference``); all else goes through PyTorch.
"""

import numpy as np
import torch
from torch import Tensor, nn

from fashionlab.training.lane_inference import compile_predictor, to_lanes
from fashionlab.training.lane_plan import lane_layers

CHUNK = 6_000  # images in lane layout at a time: 19 MB
BATCH = {"cpu": 1_000, "cuda": 2_000}


class Classifier:
    """Classifies sets of images with a network's present weights, again and again."""

    def __init__(self, network: nn.Module, specification: dict, images: Tensor) -> None:
        self.network, self.device = network, images.device
        channels, height, width = images.shape[1:]
        shape = (channels, height, width)
        self.predict_lanes = None
        if layers := lane_layers(specification, shape, self.device):
            self.predict_lanes = compile_predictor(layers, shape)

    def prepare(self, images: Tensor) -> list:
        """Return images [N, C, H, W] in the pieces and the layout that ``classify`` takes."""
        if self.predict_lanes:
            return [(to_lanes(part.numpy()), len(part)) for part in images.split(CHUNK)]
        return list(images.split(BATCH[self.device.type]))

    def classify(self, prepared: list) -> Tensor:
        """Return the predicted class of each prepared image, [N]."""
        if self.predict_lanes:
            weights = [parameter.detach().numpy() for parameter in self.network.parameters()]
            logits = [self.predict_lanes(lanes, weights, count) for lanes, count in prepared]
            return torch.from_numpy(np.concatenate(logits).argmax(1))
        self.network.eval()
        with torch.inference_mode():
            predicted = torch.cat([self.network(batch).argmax(1) for batch in prepared])
        self.network.train()
        return predicted

    def classify_once(self, images: Tensor) -> Tensor:
        """Return the predicted class of each image, [N], holding one piece in memory at a time."""
        parts = images.split(CHUNK)
        return torch.cat([self.classify(self.prepare(part)) for part in parts])
