"""Sums of cubic B-splines at the voxels of a grid, in ITK's order; see `spline` for the mathematics."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

#: Index of an axis in arrays along x, y, z.
_X, _Y, _Z = range(3)


@compiled
def evaluate(
    coefficients: NDArray[np.float64],
    lower: NDArray[np.int64],
    size: NDArray[np.int64],
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    spans: NDArray[np.int64],
    result: NDArray[np.float64],
) -> None:
    """Sum the B-splines at the voxels of every row.

    Parameters
    ----------
    coefficients
        Axes z, y, x.
    lower
        Index of the first coefficient, x, y, z.
    size
        Voxels of the image, x, y, z.
    starts, ends
        Positions of each row's first voxel, and after its last: shape (rows, 3), x, y, z, in voxels.
    spans
        First voxel of each row that is computed, and the one after the last: shape (rows, 2).
    result
        Output: shape (rows, voxels of a row); other voxels keep their value.
    """
    number, width = result.shape
    base = np.zeros((3, width), np.int64)
    inside = np.zeros((3, width), np.bool_)
    weights = np.empty((3, 4, width))
    planes = np.empty(4, np.int64)
    lines = np.empty(4, np.int64)
    # The four coefficients that each voxel of a row takes from a line of the image, side by side, so that the
    # innermost loop reads memory in order; stored for the four planes that a row uses.
    across = np.zeros((4, width), np.int64)
    spread = np.empty((4, coefficients.shape[1], 4, width))
    held = np.full((4, coefficients.shape[1]), -1)
    for row in range(number):
        for axis in range(3):
            start, end = starts[row, axis], ends[row, axis]
            if row == 0 or start != starts[row - 1, axis] or end != ends[row - 1, axis]:
                _place(start, end, size[axis], base[axis], inside[axis], weights[axis])
                if axis == _X and _find(base[_X], inside[_X], size[_X], lower[_X], across):
                    held[:] = -1
        first, last = spans[row]
        while first < last:
            after = min(_stretch(base, inside, first), last)
            out = result[row, first:after]
            out[:] = 0.0
            if inside[_X, first] and inside[_Y, first] and inside[_Z, first]:
                for k in range(4):
                    lines[k] = _mirrored(base[_Y, first] + k, size[_Y]) - lower[_Y]
                    planes[k] = _mirrored(base[_Z, first] + k, size[_Z]) - lower[_Z]
                _hold(coefficients, planes, lines, across, spread, held)
                _sum(out, planes, lines, weights[:, :, first:after], spread[:, :, :, first:after])
            first = after


@compiled
def _place(
    start: float,
    end: float,
    size: int,
    base: NDArray[np.int64],
    inside: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> None:
    """Compute the positions of a row's voxels along one axis.

    Parameters
    ----------
    start, end, size
        Position of the first voxel, position after the last voxel, and voxels of the image.
    base, inside, weights
        Output: first of the four B-splines that reach the voxel, whether it lies in the image, and the
        values of the four B-splines there.
    """
    width = len(base)
    for x in range(width):
        place = start + x / width * (end - start)
        inside[x] = (place >= -0.5) and (place < size - 0.5)
        # ITK finds the voxel below in single precision.
        below = np.int64(math.floor(np.float32(place)))
        base[x] = below - 1
        t = place - np.float64(below)
        fourth = (1.0 / 6.0) * t * t * t
        first = (1.0 / 6.0) + 0.5 * t * (t - 1.0) - fourth
        third = t + first - 2.0 * fourth
        weights[0, x] = first
        weights[1, x] = 1.0 - first - third - fourth
        weights[2, x] = third
        weights[3, x] = fourth


@compiled
def _find(
    base: NDArray[np.int64], inside: NDArray[np.bool_], size: int, lower: int, across: NDArray[np.int64]
) -> bool:
    """Store the coefficients of a line that each voxel uses; return whether any of them has changed."""
    changed = False
    for k in range(4):
        for x in range(len(base)):
            place = _mirrored(base[x] + k, size) - lower if inside[x] else 0
            changed |= place != across[k, x]
            across[k, x] = place
    return changed


@compiled
def _stretch(base: NDArray[np.int64], inside: NDArray[np.bool_], first: int) -> int:
    """Find the end of the part of a row, from `first` on, that uses coefficients of the same lines."""
    after = first + 1
    while after < base.shape[1]:
        for axis in range(3):
            if inside[axis, after] != inside[axis, first]:
                return after
        if base[_Y, after] != base[_Y, first] or base[_Z, after] != base[_Z, first]:
            return after
        after += 1
    return after


@compiled
def _mirrored(place: int, size: int) -> int:
    last = size - 1
    place = abs(place)
    return abs(place if place < last else last - (place - last))


@compiled
def _hold(
    coefficients: NDArray[np.float64],
    planes: NDArray[np.int64],
    lines: NDArray[np.int64],
    across: NDArray[np.int64],
    spread: NDArray[np.float64],
    held: NDArray[np.int64],
) -> None:
    """Store the lines in `spread`; each plane replaces the plane four planes before it."""
    for z in planes:
        for y in lines:
            if held[z % 4, y] != z:
                held[z % 4, y] = z
                line, target = coefficients[z, y], spread[z % 4, y]
                for k in range(4):
                    for x in range(across.shape[1]):
                        target[k, x] = line[across[k, x]]


@compiled
def _sum(
    out: NDArray[np.float64],
    planes: NDArray[np.int64],
    lines: NDArray[np.int64],
    weights: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> None:
    """Add up the contributions of the lines to a part of a row, one line after the other."""
    for kz in range(4):
        for ky in range(4):
            line = spread[planes[kz] % 4, lines[ky]]
            _add(out, weights[_X], weights[_Y, ky], weights[_Z, kz], line)


@compiled
def _add(
    out: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    z: NDArray[np.float64],
    line: NDArray[np.float64],
) -> None:
    x0, x1, x2, x3 = x[0], x[1], x[2], x[3]
    line0, line1, line2, line3 = line[0], line[1], line[2], line[3]
    for at in range(len(out)):
        total = out[at] + x0[at] * y[at] * z[at] * line0[at]
        total += x1[at] * y[at] * z[at] * line1[at]
        total += x2[at] * y[at] * z[at] * line2[at]
        out[at] = total + x3[at] * y[at] * z[at] * line3[at]
