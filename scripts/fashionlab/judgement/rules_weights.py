"""Rule for the claim 2g: which first-layer weights are easier to read, by their spatial order."""

import itertools

import numpy as np

from fashionlab import prose
from fashionlab.judgement.comparisons import MORAN, WELCH, Comparison, Judgement
from fashionlab.judgement.declared import claim
from fashionlab.judgement.evidence import (
    CONVOLUTIONAL,
    FIVE,
    PERCEPTRONS,
    CannotJudgeError,
    Study,
    name_of,
)
from fashionlab.judgement.old_statistics import (
    RUNS_FOR_INTERVAL,
    morans_i,
    shuffled_p,
    welch_difference,
)
from fashionlab.judgement.wording import conclude, p_text

MORAN_IMAGES = "Welch's difference of Moran's I over weight images, with a factor of at least two"


@claim("2g", "Perceptron weights are easier to interpret than convolution weights.", "weights_mlp1")
def spatial_order(study: Study) -> Judgement:
    """Judge whether the perceptrons' weight images are more ordered than all kernels."""
    images = {n: _weight_images(study, n) for n in FIVE}
    order = [
        f"{n} {prose.number(_mean_order(runs), 2)} ({p_text(shuffled_p(runs[0]))})"
        for n, runs in images.items()
    ]
    pairs = itertools.product(PERCEPTRONS, CONVOLUTIONAL)
    return conclude(
        [_compare_order(a, b, images[a], images[b]) for a, b in pairs],
        f"Moran's I above chance, with the p-value against shuffled pixels: {prose.join(order)}. "
        "It measures how smooth the weight images are, which only stands for how readable; nine "
        "values of a kernel can show little of either.",
    )


def _weight_images(study: Study, network: str) -> list[np.ndarray]:
    """Return the first-layer weights of each run as images (n x height x width)."""
    key = study.variant("generalisation", network=network)
    image_shape = study.plan["dataset"]["image_shape"]
    weights = [study.weights_of(t) for t in study.plan_entries(key)]
    stored = [w for w in weights if w is not None and np.isfinite(w).all()]
    if not stored:
        raise CannotJudgeError(f"No first-layer weights of {name_of(key)} are stored.")
    shape = image_shape[1:] if stored[0].ndim == 2 else stored[0].shape[-2:]
    if min(shape) < 2:
        raise CannotJudgeError(f"The kernels of {name_of(key)} have no neighbouring weights.")
    return [w.reshape(-1, *shape).astype(float) for w in stored]


def _compare_order(
    a: str, b: str, images_a: list[np.ndarray], images_b: list[np.ndarray]
) -> Comparison:
    """Compare Moran's I over runs; with fewer than three, over the images of the runs."""
    runs = min(len(images_a), len(images_b))
    of_a, of_b = ([_order(i) for i in images] for images in (images_a, images_b))
    if runs >= RUNS_FOR_INTERVAL:
        difference = welch_difference([i.mean() for i in of_a], [i.mean() for i in of_b])
        return Comparison(a, b, MORAN, MORAN, difference, runs, WELCH)
    all_a, all_b = np.concatenate(of_a), np.concatenate(of_b)
    # Twofold: the larger minus the smaller is at least the smaller (if that is above chance).
    threshold = max(0.0, min(all_a.mean(), all_b.mean()))
    difference = welch_difference(all_a, all_b)
    return Comparison(a, b, MORAN, MORAN, difference, runs, MORAN_IMAGES, threshold)


def _order(images: np.ndarray) -> np.ndarray:
    """Return Moran's I above chance of the images that are not of one value."""
    values = morans_i(images)
    return values[~np.isnan(values)]


def _mean_order(runs: list[np.ndarray]) -> float:
    return float(np.mean([_order(images).mean() for images in runs]))
