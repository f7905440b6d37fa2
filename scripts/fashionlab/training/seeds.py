"""Random numbers of a training: the seed of each stream, and the order of its batches."""

import numpy as np


def derive_seed(specification: dict, *stream: int) -> int:
    """Return the seed of a stream of a run: 0 for the weights, 1 + epoch for the batch order.

    And (1 + epoch, 1) for what the layers of a network draw in an epoch.

    It depends on the study's seed and the run's number alone, so that every variant of a run
    starts alike and a training that goes on from a checkpoint needs no generator's state.
    """
    sequence = np.random.SeedSequence([specification["seed"], specification["run"], *stream])
    return int(sequence.generate_state(1, np.uint64)[0])


def batch_order(specification: dict, epoch: int, images: int) -> np.ndarray:
    """Return the image numbers of an epoch's batches, [steps, batch size]; a rest is left out."""
    batch_size = specification["batch_size"]
    generator = np.random.default_rng(derive_seed(specification, 1 + epoch))
    steps = images // batch_size
    return generator.permutation(images)[: steps * batch_size].reshape(steps, batch_size)
