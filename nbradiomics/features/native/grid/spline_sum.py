"""Sums of cubic B-splines at the voxels of a grid, in ITK's order; see `spline` for the mathematics."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

#: Index of an axis in arrays along x, y, z.
_X, _Y, _Z = range(3)
#: Voxels of a row that are computed at a time, and room for them; another number than a power of two, so that
#: rows that are read together do not take the same places of the cache.
_MOST = 192
_ROOM = _MOST + 8
#: Distances in memory of the four coefficients, or weights, of a voxel; and of two lines.
_ONE, _TWO, _THREE, _LINE = (np.uint64(k * _ROOM) for k in (1, 2, 3, 4))
Four = tuple[float, float, float, float]


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
    for begin in range(0, result.shape[1], _MOST):
        _evaluate_some(coefficients, lower, size, starts, ends, spans, result, begin)


@compiled
def _evaluate_some(
    coefficients: NDArray[np.float64],
    lower: NDArray[np.int64],
    size: NDArray[np.int64],
    starts: NDArray[np.float64],
    ends: NDArray[np.float64],
    spans: NDArray[np.int64],
    result: NDArray[np.float64],
    begin: int,
) -> None:
    """Do this for at most `_MOST` voxels of each row, from `begin` on."""
    whole = result.shape[1]
    width = min(_MOST, whole - begin)
    base = np.zeros((3, width), np.int64)
    inside = np.zeros((3, width), np.bool_)
    weights = np.zeros((3, 4, _ROOM))
    planes = np.empty(4, np.int64)
    lines = np.empty(4, np.int64)
    # The four coefficients that each voxel of a row takes from a line of the image, side by side, so that the
    # innermost loop reads memory in order; stored for the four planes that a row uses.
    across = np.zeros((4, width), np.int64)
    spread = np.empty((4, coefficients.shape[1], 4, _ROOM))
    held = np.full((4, coefficients.shape[1]), -1)
    reach = np.zeros(2, np.int64)
    for row in range(result.shape[0]):
        start, end = starts[row], ends[row]
        if row == 0 or start[_X] != starts[row - 1, _X] or end[_X] != ends[row - 1, _X]:
            _place(start[_X], end[_X], whole, begin, size[_X], base[_X], inside[_X], weights[_X])
            _span(inside[_X], reach)
            if _find(base[_X], inside[_X], size[_X], lower[_X], across):
                held[:] = -1
        # Along most rows the places on the other two axes are the same.
        level = start[_Y] == end[_Y] and start[_Z] == end[_Z]
        alike = 1 if level else width
        for axis in (_Y, _Z):
            where, within = base[axis, :alike], inside[axis, :alike]
            _place(start[axis], end[axis], whole, begin, size[axis], where, within, weights[axis])
        first, last = max(spans[row, 0] - begin, 0), min(spans[row, 1] - begin, width)
        if first < last:
            result[row, begin + first : begin + last] = 0.0
        if level:
            first, last = max(first, reach[0]), min(last, reach[1])
        while first < last:
            after = last if level else min(_stretch(base, inside, first), last)
            other = 0 if level else first
            if inside[_X, first] and inside[_Y, other] and inside[_Z, other]:
                _used(base[_Y, other], size[_Y], lower[_Y], lines)
                _used(base[_Z, other], size[_Z], lower[_Z], planes)
                _hold(coefficients, planes, lines, across, spread, held)
                out = result[row, begin + first : begin + after]
                if level:
                    _sum_level(out, planes, lines, first, weights, spread)
                else:
                    part = slice(first, after)
                    _sum(out, planes, lines, weights[:, :, part], spread[:, :, :, part])
            first = after


@compiled
def _place(
    start: float,
    end: float,
    whole: int,
    begin: int,
    size: int,
    base: NDArray[np.int64],
    inside: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> None:
    """Compute the positions of a row's voxels along one axis.

    Parameters
    ----------
    start, end, whole
        Position of the row's first voxel, position after its last voxel, and its voxels.
    begin
        First voxel that is computed.
    size
        Voxels of the image.
    base, inside, weights
        Output: first of the four B-splines that reach the voxel, whether it lies in the image, and the
        values of the four B-splines there.
    """
    for x in range(len(base)):
        place = start + (begin + x) / whole * (end - start)
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
def _span(inside: NDArray[np.bool_], reach: NDArray[np.int64]) -> None:
    """Find the first voxel of a row within the image, and the one after the last."""
    first, after = 0, len(inside)
    while first < after and not inside[first]:
        first += 1
    while first < after and not inside[after - 1]:
        after -= 1
    reach[0], reach[1] = first, after


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
def _used(first: int, size: int, lower: int, places: NDArray[np.int64]) -> None:
    """Find the four lines or planes whose B-splines reach a voxel, of those that are stored."""
    for k in range(4):
        places[k] = _mirrored(first + k, size) - lower


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
def _sum_level(
    out: NDArray[np.float64],
    planes: NDArray[np.int64],
    lines: NDArray[np.int64],
    first: int,
    weights: NDArray[np.float64],
    spread: NDArray[np.float64],
) -> None:
    """Do the same as `_sum` for a row along which the weights of the other two axes are constant."""
    y, of_lines = weights[_Y, :, 0], np.uint64(spread.shape[1])
    start = np.uint64(first)
    l0, l1, l2, l3 = np.uint64(lines[0]), np.uint64(lines[1]), np.uint64(lines[2]), np.uint64(lines[3])
    for kz in range(4):
        plane = np.uint64(planes[kz] % 4) * of_lines
        _add_plane(
            out,
            weights.ravel(),
            start,
            (y[0], y[1], y[2], y[3]),
            weights[_Z, kz, 0],
            spread.ravel(),
            (
                (plane + l0) * _LINE + start,
                (plane + l1) * _LINE + start,
                (plane + l2) * _LINE + start,
                (plane + l3) * _LINE + start,
            ),
        )


@compiled
def _add_plane(
    out: NDArray[np.float64],
    x: NDArray[np.float64],
    first: np.uint64,
    y: Four,
    z: float,
    spread: NDArray[np.float64],
    places: tuple[np.uint64, np.uint64, np.uint64, np.uint64],
) -> None:
    """Add up the contributions of four lines of a plane, one after the other, from known distances."""
    y0, y1, y2, y3 = y
    p0, p1, p2, p3 = places
    for at in range(len(out)):
        i = np.uint64(at)
        x0, x1, x2, x3 = x[first + i], x[first + i + _ONE], x[first + i + _TWO], x[first + i + _THREE]
        total = out[i] + x0 * y0 * z * spread[p0 + i]
        total += x1 * y0 * z * spread[p0 + i + _ONE]
        total += x2 * y0 * z * spread[p0 + i + _TWO]
        total += x3 * y0 * z * spread[p0 + i + _THREE]
        total += x0 * y1 * z * spread[p1 + i]
        total += x1 * y1 * z * spread[p1 + i + _ONE]
        total += x2 * y1 * z * spread[p1 + i + _TWO]
        total += x3 * y1 * z * spread[p1 + i + _THREE]
        total += x0 * y2 * z * spread[p2 + i]
        total += x1 * y2 * z * spread[p2 + i + _ONE]
        total += x2 * y2 * z * spread[p2 + i + _TWO]
        total += x3 * y2 * z * spread[p2 + i + _THREE]
        total += x0 * y3 * z * spread[p3 + i]
        total += x1 * y3 * z * spread[p3 + i + _ONE]
        total += x2 * y3 * z * spread[p3 + i + _TWO]
        out[i] = total + x3 * y3 * z * spread[p3 + i + _THREE]


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
