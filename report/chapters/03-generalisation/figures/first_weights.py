"""First-layer weights of every network as grey images, the most orderly first."""

import numpy as np
from matplotlib.figure import Figure

from fashionlab.plotting.figure import empty_figure, new_figure, plain
from fashionlab.plotting.images import draw_mosaic
from fashionlab.statistics import morans_i
from fashionlab.study import Study

NEEDS = ("generalisation",)
EXPERIMENT = "generalisation"
COLUMNS = 16  # images beside each other; of a layer with more, MANY
MANY = 12
SMALL = 8  # pixels up to which images are drawn half as wide


def draw(study: Study) -> Figure:
    """Return the figure: a row of panels a network, filters of convolutions smaller."""
    found = {str(v): images for v in study.variants(EXPERIMENT).index
             if (images := first_images(study, str(v))) is not None}  # fmt: skip
    if not found:
        return empty_figure(study, "No weights are stored.")
    heights = {v: height_of(images) for v, images in found.items()}
    figure = new_figure(study, height=sum(heights.values()) + 0.42 * len(found))
    panels = figure.subplots(
        len(found), 1, squeeze=False, height_ratios=[h + 0.3 for h in heights.values()]
    )
    for (variant, images), axes in zip(found.items(), panels.flat, strict=True):
        limit = float(np.quantile(np.abs(images), 0.995)) or 1.0
        draw_mosaic(axes, images, columns_of(images), (-limit, limit))
        axes.set_anchor("W")
        axes.set_title(f"{plain(study.label(EXPERIMENT, variant))}, black to white: ±{limit:.2g}")
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


def first_images(study: Study, variant: str) -> np.ndarray | None:
    """Return the weights of the run with the best validation accuracy, the most orderly first.

    Chosen on validation, never on the test set. float32 [units, height, width], or None.
    """
    ends = study.values(EXPERIMENT, variant, "validation_accuracy")
    if ends.isna().all():
        return None
    weight = study.first_weights(EXPERIMENT, variant, int(str(ends.idxmax())))
    if weight is None:
        return None
    _, height, width = study.plan["dataset"]["image_shape"]
    images = weight[:, 0] if weight.ndim == 4 else weight.reshape(-1, height, width)
    return images[np.argsort(-np.nan_to_num(morans_i(images), nan=-1), kind="stable")]
