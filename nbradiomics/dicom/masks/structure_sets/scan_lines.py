"""Polygons and rows of pixels: crossings, even-odd filling and areas, exact at edges.

A pixel is inside if its centre is. A centre on an edge is inside if the polygon lies on its right (larger
columns) or, on a horizontal edge, below it (larger rows): each edge is closed on one side and open on the
other. So of two polygons with a common edge exactly one has the pixels on it, and a channel of no width
(keyhole) changes nothing. Libraries include all such pixels, or leave them to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Pixels = npt.NDArray[np.uint8]

#: Decimals of a column that are not rounding errors, in pixels.
_DECIMALS = 7


@dataclass(frozen=True)
class Crossings:
    """Where a closed polygon crosses the rows of pixels, in the order of rows and columns.

    Attributes
    ----------
    rows, columns
        Row, and first column at or after the crossing; any whole numbers, also outside an image.
    signs
        1 where the polygon goes down, -1 where it goes up.
    """

    rows: Ints
    columns: Ints
    signs: Ints

    @property
    def pixels(self) -> int:
        """Number of pixels inside (even-odd), of the image or not."""
        return int((self.columns[1::2] - self.columns[::2]).sum())

    @property
    def wound_twice(self) -> int:
        """Number of pixels that the polygon encloses more than once: it crosses itself there."""
        lengths = np.diff(self.columns, append=0)
        return int(lengths[np.abs(np.cumsum(self.signs)) > 1].sum())


def crossings_of(polygon: Floats) -> Crossings:
    """Find where a closed polygon crosses the rows of pixels.

    Parameters
    ----------
    polygon
        n x 2 points (column, row) in pixels; whole numbers are centres of pixels. The last is connected to
        the first.
    """
    end = np.roll(polygon, -1, axis=0)
    goes_down = end[:, 1] > polygon[:, 1]
    # An edge shared by two polygons is computed from the same end, whatever their directions.
    top = np.where(goes_down[:, None], polygon, end)
    bottom = np.where(goes_down[:, None], end, polygon)
    first = np.ceil(top[:, 1]).astype(np.int64)
    count = np.ceil(bottom[:, 1]).astype(np.int64) - first
    edge = np.repeat(np.arange(len(polygon)), count)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
    height = np.where(count > 0, bottom[:, 1] - top[:, 1], 1.0)
    # The share first: the slope of an edge that is nearly horizontal may not be finite.
    share = (rows - top[edge, 1]) / height[edge]
    exact = top[edge, 0] + share * (bottom[edge, 0] - top[edge, 0])
    columns = np.ceil(np.round(exact, _DECIMALS)).astype(np.int64)
    order = np.lexsort((columns, rows))
    return Crossings(rows[order], columns[order], np.where(goes_down, 1, -1)[edge][order])


def filled(polygons: Sequence[Crossings], shape: tuple[int, int]) -> Pixels:
    """Fill polygons by the even-odd rule: a pixel is inside if an odd number of them contains it.

    Parameters
    ----------
    polygons
        Their crossings.
    shape
        Rows and columns of the image.

    Returns
    -------
    array of rows x columns
        1 inside, 0 outside; what lies outside the image is left out.
    """
    height, width = shape
    rows = np.concatenate([polygon.rows for polygon in polygons])
    columns = np.concatenate([polygon.columns for polygon in polygons])
    image = np.zeros(shape, np.uint8)
    inside = (rows >= 0) & (rows < height)
    if not inside.any():
        return image
    rows, columns = rows[inside], np.clip(columns[inside], 0, width)
    start, stop = int(rows.min()), int(rows.max()) + 1
    places = (rows - start) * (width + 1) + columns
    changes = np.bincount(places, minlength=(stop - start) * (width + 1)).astype(np.uint8) & 1
    lines = np.bitwise_xor.accumulate(changes.reshape(-1, width + 1), axis=1)
    image[start:stop] = lines[:, :width]
    return image


def all_pixels(polygons: Sequence[Crossings]) -> int:
    """Number of pixels inside several polygons by the even-odd rule, of the image or not."""
    rows = np.concatenate([polygon.rows for polygon in polygons])
    columns = np.concatenate([polygon.columns for polygon in polygons])
    order = np.lexsort((columns, rows))
    columns = columns[order]
    return int((columns[1::2] - columns[::2]).sum())


def area(polygon: Floats) -> float:
    """Area of a closed polygon in square pixels; parts that run the other way round count negative."""
    # Close to the origin, so that large coordinates lose no digits.
    x, y = (polygon - polygon[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def perimeter(polygon: Floats) -> float:
    """Length of a closed polygon in pixels."""
    return float(np.linalg.norm(np.roll(polygon, -1, axis=0) - polygon, axis=1).sum())
