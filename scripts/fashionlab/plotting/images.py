"""Mosaics of small grey images: pixels stay squares at every size, in browsers and in the PDF."""

import math

import numpy as np
from matplotlib.axes import Axes

SHARP = 3  # copies of a pixel along each axis: viewers that smooth images then blur its edges only
GAP = 0.08  # between images, in widths of an image


def mosaic(images: np.ndarray, columns: int, limits: tuple[float, float]) -> np.ndarray:
    """Return images [N, H, W] as one RGBA image, row by row, transparent between them.

    ``limits`` are the values that are black and white.
    """
    count, height, width = images.shape
    gap, rows = gap_of(images), math.ceil(count / columns)
    grey = np.interp(images, limits, (0, 255)).round().astype(np.uint8)
    tiles = np.stack([grey, grey, grey, np.full_like(grey, 255)], axis=-1)
    tiles = np.pad(tiles, ((0, rows * columns - count), (0, gap), (0, gap), (0, 0)))
    grid = tiles.reshape(rows, columns, height + gap, width + gap, 4).swapaxes(1, 2)
    return grid.reshape(rows * (height + gap), columns * (width + gap), 4)[:-gap, :-gap]


def gap_of(images: np.ndarray) -> int:
    """Return the pixels between two images of a mosaic."""
    return max(1, round(GAP * images.shape[2]))


def draw_mosaic(
    axes: Axes, images: np.ndarray, columns: int, limits: tuple[float, float]
) -> list[float]:
    """Draw images [N, H, W] as a mosaic without axes; return the vertical centre of each row.

    A pixel of a large image is a unit of the axes.
    """
    # Images of a few pixels are enlarged first, so that the gap between them can be narrow.
    factor = max(1, 24 // images.shape[2])
    images = images.repeat(factor, axis=1).repeat(factor, axis=2)
    canvas = mosaic(images, columns, limits)
    height, width = canvas.shape[:2]
    enlarged = canvas.repeat(SHARP, axis=0).repeat(SHARP, axis=1)
    known = f"image-{1 + sum(len(other.images) for other in axes.figure.axes)}"
    axes.imshow(
        enlarged, gid=known, extent=(0, width, height, 0), interpolation="none", aspect="equal"
    )
    axes.set_axis_off()
    each = images.shape[1] + gap_of(images)
    return [row * each + images.shape[1] / 2 for row in range(math.ceil(len(images) / columns))]
