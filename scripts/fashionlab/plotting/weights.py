"""Weights of first layers as grey images, the most orderly first."""

from collections.abc import Iterable

import numpy as np
from matplotlib.figure import Figure

from fashionlab.measures import weight_images
from fashionlab.plotting.figure import empty_figure, new_figure, plain
from fashionlab.plotting.images import draw_mosaic
from fashionlab.statistics import morans_i
from fashionlab.study import Study

COLUMNS = 16  # images beside each other; of a layer with more, MANY
MANY = 12
MOST = 96  # images of a layer that are shown
SMALL = 8  # pixels up to which images are drawn half as wide


def draw_first_weights(study: Study, experiment: str, variants: Iterable[str]) -> Figure:
    """Return the figure: a row of panels a variant, filters of convolutions smaller."""
    found = {v: images for v in variants
             if (images := first_images(study, experiment, v)) is not None}  # fmt: skip
    if not found:
        return empty_figure(study, "No weights are stored.")
    heights = {v: height_of(images[:MOST]) for v, images in found.items()}
    figure = new_figure(study, height=sum(heights.values()) + 0.42 * len(found))
    panels = figure.subplots(
        len(found), 1, squeeze=False, height_ratios=[h + 0.3 for h in heights.values()]
    )
    for (variant, images), axes in zip(found.items(), panels.flat, strict=True):
        limit = float(np.quantile(np.abs(images), 0.995)) or 1.0
        shown = images[:MOST]
        draw_mosaic(axes, shown, columns_of(shown), (-limit, limit))
        axes.set_anchor("W")
        which = f" ({MOST} of {len(images)})" if len(images) > MOST else ""
        label = plain(study.label(experiment, variant))
        axes.set_title(f"{label}{which}, black to white: ±{limit:.2g}")
    return figure


def columns_of(images: np.ndarray) -> int:
    """Return how many of a network's images stand beside each other."""
    return MANY if len(images) > COLUMNS and images.shape[2] > SMALL else COLUMNS


def height_of(images: np.ndarray) -> float:
    """Return the inches that a network's images take at a width of 7 inch."""
    count, height, width = images.shape
    across = 6.8 * (0.5 if width <= SMALL else 1)
    columns = columns_of(images)
    return across / columns * height / width * -(-count // columns)


def first_images(study: Study, experiment: str, variant: str) -> np.ndarray | None:
    """Return the weights of the run with the best validation accuracy, the most orderly first.

    Chosen on validation, never on the test set; of several channels, their mean. float32
    [units, height, width], or None where no run ended, no weights are stored,
    or each is alone.
    """
    ends = study.values(experiment, variant, "validation_accuracy")
    if ends.isna().all():
        return None
    weight = study.first_weights(experiment, variant, int(str(ends.idxmax())))
    if weight is None:
        return None
    layers = study.variants(experiment)["layers"][variant]
    images = weight_images(weight, layers, study.plan["dataset"]["image_shape"]).mean(axis=1)
    if images[0].size < 2:  # a convolution of single pixels
        return None
    return images[np.argsort(-np.nan_to_num(morans_i(images), nan=-1), kind="stable")]
