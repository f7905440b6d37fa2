"""Mosaics of small grey images: pixels stay squares at every size, in browsers and in the PDF."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

SHARP = 3  # copies of a pixel along each axis: viewers that smooth images then blur its edges only
GAP = 0.08  # between images, in widths of an image


def columns_for(images: int, most: int = 16) -> int:
    """Return the columns of a grid about twice as wide as high, with full rows if possible."""
    fitting = [n for n in range(math.ceil(math.sqrt(2 * images)), most + 1) if images % n == 0]
    return fitting[0] if fitting else min(math.ceil(math.sqrt(2 * images)), most)


def mosaic(images: np.ndarray, columns: int, limits: tuple[float, float]) -> np.ndarray:
    """Return images [N, H, W] as one RGBA image, row by row, transparent between them.

    ``limits`` are the values that are black and white.
    """
    count, height, width = images.shape
    gap = gap_of(images)
    rows = math.ceil(count / columns)
    shape = (rows * (height + gap) - gap, columns * (width + gap) - gap, 4)
    canvas = np.zeros(shape, np.uint8)
    grey = Normalize(*limits, clip=True)(images.astype(float))
    for index, image in enumerate((255 * np.asarray(grey)).round().astype(np.uint8)):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        canvas[top : top + height, left : left + width] = image[:, :, None]
        canvas[top : top + height, left : left + width, 3] = 255
    return canvas


def gap_of(images: np.ndarray) -> int:
    """Return the pixels between two images of a mosaic."""
    return max(1, round(GAP * images.shape[2]))


def draw_mosaic(axes: Axes, images: np.ndarray, columns: int, limits: tuple[float, float]) -> None:
    """Draw images [N, H, W] as a mosaic without axes; a pixel of a large image is a unit."""
    # Kernels of a few weights are enlarged first, so that the gap between them can be narrow.
    factor = max(1, 24 // images.shape[2])
    canvas = mosaic(images.repeat(factor, axis=1).repeat(factor, axis=2), columns, limits)
    height, width = canvas.shape[:2]
    enlarged = canvas.repeat(SHARP, axis=0).repeat(SHARP, axis=1)
    axes.imshow(enlarged, extent=(0, width, height, 0), interpolation="none", aspect="equal")
    axes.set_axis_off()


def row_centres(images: np.ndarray, columns: int) -> list[float]:
    """Return the vertical centre of each row of a mosaic, in its pixels."""
    height, gap = images.shape[1], gap_of(images)
    return [row * (height + gap) + height / 2 for row in range(math.ceil(len(images) / columns))]
