"""Where a finished validation curve stops rising: the rule behind ``until: auto`` schedules.

One may read the epochs of a switch off the validation curve. The rule reads them off the means of
epochs: the curve has stopped rising at the first epoch that none of the next
PATIENCE epochs exceeds by more than TOLERANCE percentage points, and the next rate begins with the
epoch after it. Only epochs that are at least half-way from the curve's first to its best mean are
asked, so that the level stretch before a slow run has begun to learn is no plateau.
"""

from collections.abc import Sequence

import numpy as np

PATIENCE = 3  # epochs: shorter, and the noise of one epoch decides
TOLERANCE = 0.3  # percentage points: about what an epoch mean moves by without a trend


def switch_epoch(
    validation_accuracy_by_epoch: Sequence[float],
    start: int = 0,
    patience: int = PATIENCE,
    tolerance: float = TOLERANCE,
) -> int:
    """Return the first epoch (from 0) of the next rate, at least ``start`` + 1.

    ``validation_accuracy_by_epoch``: epoch means in percent of a finished run; what follows its
    first NaN (a divergence) is ignored. ``start``: the first epoch of the rate under judgement.
    Where no plateau is found it is the last epoch that the rule could have given, the one after
    the last epoch with ``patience`` epochs behind it.
    """
    curve = np.asarray(validation_accuracy_by_epoch, dtype=float)
    curve = curve[: np.argmax(np.isnan(curve))] if np.isnan(curve).any() else curve
    judged = range(start, len(curve) - patience)
    half_way = (curve[0] + curve.max()) / 2 if len(curve) else np.nan
    for epoch in judged:
        best_next = curve[epoch + 1 : epoch + 1 + patience].max()
        if curve[epoch] >= half_way and best_next <= curve[epoch] + tolerance:
            return epoch + 1
    return max(start + 1, len(curve) - patience)
