"""Exact distances from positions on a grid to the nearest of a set of target voxels (goals).

The surfaces of two masks of one tumour lie close together, so most positions have a goal within a few
voxels. The search uses this. One sweep along x computes, for the whole volume, the distance to the nearest
goal in the same row. Then each position checks the rows around its own, nearest rows first, and stops when
the next row is farther away than the nearest goal so far. Positions that do not stop within `_ROWS` rows are
far away: a few of them are looked up in a k-d tree, many in a distance map of the whole volume.
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

#: About how many rows a position checks before it counts as far away.
_ROWS = 256
#: Checks of all positions together, after which the remaining positions count as far away.
_LOOKS = 4_000_000
#: Voxels for which a distance map takes about as long as a k-d tree takes for one position that is far away.
_VOXELS_A_PLACE = 100


def nearest_distances(goals: NDArray[np.bool_], places: Places, spacing: Triple) -> Floats:
    """Return the distance from each position to the nearest goal.

    Parameters
    ----------
    goals
        True at the goals, of which there is at least one; axes z, y, x.
    places
        Positions to search from: indices in the flattened volume, shape (n,).
    spacing
        Voxel size in mm, in the order z, y, x.

    Returns
    -------
    numpy.ndarray
        Shape (n,), mm. Each distance is computed from whole steps along the axes, so the same steps give the
        same bits everywhere in the volume.
    """
    search = _Search.around(goals, places, spacing)
    squares = np.full(len(places), np.inf)
    unresolved = _search_rows(search, squares)
    distances: Floats = np.sqrt(squares)
    if len(unresolved):
        few = len(unresolved) * _VOXELS_A_PLACE < goals.size
        distances[unresolved] = (_by_tree if few else _by_map)(goals, places[unresolved], spacing)
    return distances


@dataclass(frozen=True)
class _Search:
    """Rows along x around each position, nearest rows first."""

    #: Steps to the nearest goal in the same row, flattened; in a row without a goal, the length of the row.
    #: Padded with empty rows, so that no position reads beyond the border.
    steps: NDArray[Any]
    #: The positions as indices in `steps`.
    start: Places
    #: Squared length of 0, 1, 2 ... steps along x in mm^2; infinite for an empty row.
    squares: Floats
    #: Rows to check: squared distance in mm^2, ascending, and offset in `steps`.
    row_squares: Floats
    row_shifts: Places
    #: Squared distance in mm^2 up to which all rows are checked.
    reach: float

    @classmethod
    def around(cls, goals: NDArray[np.bool_], places: Places, spacing: Triple) -> _Search:
        depth, height, width = goals.shape
        reach = _ROWS * spacing[0] * spacing[1] / pi
        pad_z, pad_y = (
            min(int(sqrt(reach) / step), length - 1)
            for step, length in zip(spacing[:2], (depth, height), strict=True)
        )
        shape = (depth + 2 * pad_z, height + 2 * pad_y, width)
        padded = np.full(shape, width, dtype=_integer_type(width))
        padded[pad_z : pad_z + depth, pad_y : pad_y + height] = _steps_along_rows(goals)
        row, x = np.divmod(places, width)
        z, y = np.divmod(row, height)
        start = ((z + pad_z) * padded.shape[1] + y + pad_y) * width + x
        dz, dy = np.meshgrid(np.arange(-pad_z, pad_z + 1), np.arange(-pad_y, pad_y + 1), indexing="ij")
        row_squares = ((dz * spacing[0]) ** 2 + (dy * spacing[1]) ** 2).ravel()
        order = np.argsort(row_squares, kind="stable")
        order = order[row_squares[order] <= reach]
        shifts = ((dz * padded.shape[1] + dy) * width).ravel()
        squares = np.append((np.arange(width) * spacing[2]) ** 2, np.inf)
        return cls(padded.ravel(), start, squares, row_squares[order], shifts[order], reach)


def _search_rows(search: _Search, squares: Floats) -> Places:
    """Fill in the smallest `squares` that the rows contain; return the positions that remain undecided."""
    pending = np.arange(len(squares))
    start, best, checks = search.start, squares.copy(), 0
    for square, shift in zip(search.row_squares, search.row_shifts, strict=True):
        undecided = best > square
        if not undecided.all():
            squares[pending] = best
            pending, start, best = pending[undecided], start[undecided], best[undecided]
        checks += len(pending)
        if not len(pending) or checks > _LOOKS:
            squares[pending] = best
            return pending
        candidates = search.squares.take(search.steps.take(start + shift))
        candidates += square
        np.minimum(best, candidates, out=best)
    squares[pending] = best
    return pending[best > search.reach]


def _steps_along_rows(goals: NDArray[np.bool_]) -> NDArray[Any]:
    """Steps along x to the nearest goal in the same row; without a goal, the length of the row."""
    width = goals.shape[2]
    integer = _integer_type(width)
    x = np.arange(width, dtype=integer)
    behind = np.where(goals, x, integer(-width))
    np.maximum.accumulate(behind, axis=2, out=behind)
    np.subtract(x, behind, out=behind)
    ahead = np.where(goals, x, integer(2 * width))[:, :, ::-1]
    np.minimum.accumulate(ahead, axis=2, out=ahead)
    ahead = ahead[:, :, ::-1]
    ahead -= x
    np.minimum(behind, ahead, out=behind)
    return np.minimum(behind, integer(width), out=behind)


def _integer_type(width: int) -> type[np.signedinteger[Any]]:
    return np.int16 if 3 * width < np.iinfo(np.int16).max else np.int32


def _by_tree(goals: NDArray[np.bool_], places: Places, spacing: Triple) -> Floats:
    """Distances in mm from a k-d tree, computed from whole steps like all others."""
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
