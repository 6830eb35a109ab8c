"""Distance from places of a grid to the nearest of other places, exact.

Surfaces of two masks of one tumour lie close together, so most places have a neighbour within a few voxels.
The search uses that. One sweep along x gives the distance to the nearest goal of the same row for every place
of the volume at once. Then each place looks at the rows around its own, the nearest rows first, and is done
as soon as the next row is farther away than what it has found. What is not done within `_ROWS` rows is far
away: a few such places ask a k-d tree, many a distance map of the whole volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import KDTree

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Triple = tuple[float, float, float]

#: About how many rows a place looks at before it counts as far away.
_ROWS = 256
#: Looks of all places together before those that are left count as far away.
_LOOKS = 4_000_000
#: A distance map takes about as long per voxel as a k-d tree takes for this part of a place that is far away.
_VOXELS_A_PLACE = 100


def nearest_distances(goals: NDArray[np.bool_], places: Places, spacing: Triple) -> Floats:
    """Distance from each place to the nearest goal.

    Parameters
    ----------
    goals
        True at the goals, at least one; axes z, y, x.
    places
        Where to look from: positions in the flattened volume, shape (n,).
    spacing
        In mm, in the order z, y, x.

    Returns
    -------
    numpy.ndarray
        Shape (n,), mm. Each distance is computed from whole steps along the axes, so the same steps give the
        same bits wherever they lie.
    """
    search = _Search.of(goals, places, spacing)
    squares = np.full(len(places), np.inf)
    open_ = _look_at_rows(search, squares)
    distances: Floats = np.sqrt(squares)
    if len(open_):
        few = len(open_) * _VOXELS_A_PLACE < goals.size
        distances[open_] = (_by_tree if few else _by_map)(goals, places[open_], spacing)
    return distances


@dataclass(frozen=True)
class _Search:
    """Rows along x around the places, the nearest first."""

    #: Steps to the nearest goal of the same row, flattened; the length of a row where it holds none. Padded
    #: with empty rows, so that no place looks beyond the border.
    steps: NDArray[Any]
    #: The places in `steps`.
    start: Places
    #: Square of 0, 1, 2 ... steps along x in mm^2; infinite for an empty row.
    squares: Floats
    #: Rows to look at: squared distance in mm^2, ascending, and how far they are in `steps`.
    row_squares: Floats
    row_shifts: Places
    #: No row that is left out is nearer than this, mm^2.
    reach: float

    @classmethod
    def of(cls, goals: NDArray[np.bool_], places: Places, spacing: Triple) -> _Search:
        deep, high, long = goals.shape
        reach = _ROWS * spacing[0] * spacing[1] / pi
        pad_z, pad_y = (
            min(int(sqrt(reach) / step), length - 1)
            for step, length in zip(spacing[:2], (deep, high), strict=True)
        )
        padded = np.full((deep + 2 * pad_z, high + 2 * pad_y, long), long, dtype=_whole_numbers(long))
        padded[pad_z : pad_z + deep, pad_y : pad_y + high] = _steps_along_rows(goals)
        row, x = np.divmod(places, long)
        z, y = np.divmod(row, high)
        start = ((z + pad_z) * padded.shape[1] + y + pad_y) * long + x
        dz, dy = np.meshgrid(np.arange(-pad_z, pad_z + 1), np.arange(-pad_y, pad_y + 1), indexing="ij")
        row_squares = ((dz * spacing[0]) ** 2 + (dy * spacing[1]) ** 2).ravel()
        order = np.argsort(row_squares, kind="stable")
        order = order[row_squares[order] <= reach]
        shifts = ((dz * padded.shape[1] + dy) * long).ravel()
        squares = np.append((np.arange(long) * spacing[2]) ** 2, np.inf)
        return cls(padded.ravel(), start, squares, row_squares[order], shifts[order], reach)


def _look_at_rows(search: _Search, squares: Floats) -> Places:
    """Lower `squares` to what the rows hold; the places that a row left out could still lower."""
    open_ = np.arange(len(squares))
    start, best, looks = search.start, squares.copy(), 0
    for square, shift in zip(search.row_squares, search.row_shifts, strict=True):
        still = best > square
        if not still.all():
            squares[open_] = best
            open_, start, best = open_[still], start[still], best[still]
        looks += len(open_)
        if not len(open_) or looks > _LOOKS:
            squares[open_] = best
            return open_
        found = search.squares.take(search.steps.take(start + shift))
        found += square
        np.minimum(best, found, out=best)
    squares[open_] = best
    return open_[best > search.reach]


def _steps_along_rows(goals: NDArray[np.bool_]) -> NDArray[Any]:
    """Steps along x to the nearest goal of the same row, the length of the row where there is none."""
    long = goals.shape[2]
    numbers = _whole_numbers(long)
    x = np.arange(long, dtype=numbers)
    behind = np.where(goals, x, numbers(-long))
    np.maximum.accumulate(behind, axis=2, out=behind)
    np.subtract(x, behind, out=behind)
    ahead = np.where(goals, x, numbers(2 * long))[:, :, ::-1]
    np.minimum.accumulate(ahead, axis=2, out=ahead)
    ahead = ahead[:, :, ::-1]
    ahead -= x
    np.minimum(behind, ahead, out=behind)
    return np.minimum(behind, numbers(long), out=behind)


def _whole_numbers(long: int) -> type[np.signedinteger[Any]]:
    return np.int16 if 3 * long < np.iinfo(np.int16).max else np.int32


def _by_tree(goals: NDArray[np.bool_], places: Places, spacing: Triple) -> Floats:
    """Distances in mm, of whole steps as everywhere."""
    scale = np.array(spacing)
    there = np.argwhere(goals)
    here = np.column_stack(np.unravel_index(places, goals.shape))
    _, nearest = KDTree(there * scale).query(here * scale)
    z, y, x = (((there[nearest] - here) * scale) ** 2).T
    distances: Floats = np.sqrt((z + y) + x)
    return distances


def _by_map(goals: NDArray[np.bool_], places: Places, spacing: Triple) -> Floats:
    distances: Floats = ndimage.distance_transform_edt(~goals, sampling=spacing).ravel()[places]
    return distances
