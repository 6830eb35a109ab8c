"""Compiled loops over a binary region: cubes of its surface, and its points with the largest distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

Points = NDArray[np.int64]
Flat = NDArray[np.bool_]
Triple = tuple[int, int, int]
#: Columns of the array that `count_cubes` returns.
_NUMBER, _Z, _Y, _X = range(4)


@compiled
def count_cubes(inside: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count the 2 x 2 x 2 cubes of a region by their code, and add up their positions.

    Parameters
    ----------
    inside
        C-contiguous, axes z, y, x, with a border of at least one voxel outside the region.

    Returns
    -------
    numpy.ndarray
        Shape (256, 4): number of cubes with the code of `cube_surface.CORNERS`, and the sums of their first
        corner's indices z, y, x.
    """
    found = np.zeros((256, 4), np.int64)
    depth, height, width = inside.shape
    codes = np.empty(width - 1, np.uint8)
    for z in range(depth - 1):
        for y in range(height - 1):
            a, b, c, d = inside[z, y], inside[z, y + 1], inside[z + 1, y], inside[z + 1, y + 1]
            # Without branches, so that the compiler can handle several cubes at once.
            for x in range(width - 1):
                here = a[x] | b[x] << 2 | c[x] << 4 | d[x] << 6
                beside = a[x + 1] << 1 | b[x + 1] << 3 | c[x + 1] << 5 | d[x + 1] << 7
                codes[x] = here | beside
            for x in range(width - 1):
                code = codes[x]
                if code != 0 and code != 255:
                    found[code, _NUMBER] += 1
                    found[code, _Z] += z
                    found[code, _Y] += y
                    found[code, _X] += x
    return found


@compiled
def row_ends(inside: Flat, shape: Triple, strides: Triple) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last voxel of the region in each row, shape (planes, rows).

    `inside` is flat; `shape` and `strides` count planes, rows and columns. Without a voxel the first is
    `shape[2]` and the last -1.
    """
    planes, rows, columns = shape
    first, last = np.empty((planes, rows), np.int64), np.empty((planes, rows), np.int64)
    for plane in range(planes):
        for row in range(rows):
            start = plane * strides[0] + row * strides[1]
            low, high = 0, columns - 1
            while low < columns and not inside[start + low * strides[2]]:
                low += 1
            while high >= low and not inside[start + high * strides[2]]:
                high -= 1
            first[plane, row], last[plane, row] = low, high if low < columns else -1
    return first, last


@compiled
def plane_rows(
    inside: Flat,
    strides: Triple,
    ends: tuple[NDArray[np.int64], NDArray[np.int64]],
    plane: int,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> None:
    """Find the first and last vertex of the mesh in each row of one plane, in half voxels.

    Parameters
    ----------
    inside, strides
        As in `row_ends`.
    ends
        First and last voxel of each row, from `row_ends`.
    plane
        Twice the plane's place: even through voxel centres, odd halfway between two planes of voxels.
    first, last
        Output: twice the column of the outermost vertices of each row (in half voxels), shape (2 * rows,);
        `last` is -1 if a row has none.
    """
    lowest, highest = ends
    p = plane // 2
    last[:] = -1
    for row in range(lowest.shape[1] - 1):
        here = p * strides[0] + row * strides[1]
        if plane % 2 == 1:
            low = min(lowest[p, row], lowest[p + 1, row])
            high = max(highest[p, row], highest[p + 1, row])
            low, high = outermost(inside, here, here + strides[0], strides[2], low, high)
            first[2 * row], last[2 * row] = 2 * low, 2 * high
            continue
        if highest[p, row] > 0:
            first[2 * row], last[2 * row] = 2 * lowest[p, row] - 1, 2 * highest[p, row] + 1
        low = min(lowest[p, row], lowest[p, row + 1])
        high = max(highest[p, row], highest[p, row + 1])
        low, high = outermost(inside, here, here + strides[1], strides[2], low, high)
        first[2 * row + 1], last[2 * row + 1] = 2 * low, 2 * high


@compiled
def outermost(inside: Flat, one: int, other: int, stride: int, low: int, high: int) -> tuple[int, int]:
    """Return the first and last column where two rows differ; the second is -1 if they are equal.

    The rows start at `one` and `other`; they are equal outside the columns `low` to `high`.
    """
    while high >= low and inside[one + high * stride] == inside[other + high * stride]:
        high -= 1
    if high < low:
        return low, -1
    while low < high and inside[one + low * stride] == inside[other + low * stride]:
        low += 1
    return low, high


@compiled
def row_hull(first: NDArray[np.int64], last: NDArray[np.int64], hull: Points) -> int:
    """Find the corners of the convex hull of rows of points (Andrew's monotone chain, 1979).

    Parameters
    ----------
    first, last
        Outermost points of each row; `last` is -1 if a row is empty.
    hull
        Output: y, x of the corners, shape (at least 2 * rows + 2, 2).

    Returns
    -------
    int
        Number of corners.
    """
    size = 0
    for side in range(2):
        floor = size
        for y in range(first.size):
            if last[y] < 0:
                continue
            x = first[y] if side == 0 else last[y]
            while size - floor >= 2:
                ay, ax = hull[size - 2, 0], hull[size - 2, 1]
                by, bx = hull[size - 1, 0], hull[size - 1, 1]
                turn = (by - ay) * (x - ax) - (bx - ax) * (y - ay)
                if (turn <= 0) if side == 0 else (turn >= 0):
                    size -= 1
                else:
                    break
            hull[size, 0], hull[size, 1] = y, x
            size += 1
    return size


def farthest_in_planes(
    inside: NDArray[np.bool_], spacing: tuple[float, ...], axis: int, corners: Points
) -> tuple[float, int]:
    """Find the largest distance between two vertices of the mesh that lie in one plane across an axis.

    Parameters
    ----------
    inside
        C-contiguous, axes z, y, x, with a border of at least one voxel outside the region.
    spacing
        Voxel edges in mm, z, y, x.
    axis
        Axis across the planes.
    corners
        Output: twice the place, row and column of the corners of each plane's convex hull, as many as fit in
        the array. Rows and columns are the other axes, in their order.

    Returns
    -------
    float, int
        The distance in mm, and the number of corners (more than the length of `corners` if it is too short).
    """
    rows, columns = (other for other in range(3) if other != axis)
    _, height, width = inside.shape
    steps = (height * width, width, 1)
    shape = (inside.shape[axis], inside.shape[rows], inside.shape[columns])
    strides = (steps[axis], steps[rows], steps[columns])
    return _farthest_in_planes(inside.ravel(), shape, strides, spacing[rows], spacing[columns], corners)


@compiled
def _farthest_in_planes(
    inside: Flat, shape: Triple, strides: Triple, row_step: float, column_step: float, corners: Points
) -> tuple[float, int]:
    planes, rows, _ = shape
    ends = row_ends(inside, shape, strides)
    first = np.zeros(2 * rows, np.int64)
    last = np.zeros(2 * rows, np.int64)
    hull = np.zeros((4 * rows + 2, 2), np.int64)
    largest, total = 0.0, 0
    for plane in range(2 * planes - 1):
        plane_rows(inside, strides, ends, plane, first, last)
        size = row_hull(first, last, hull)
        for i in range(size):
            if total + i < corners.shape[0]:
                corners[total + i, 0] = plane
                corners[total + i, 1] = hull[i, 0]
                corners[total + i, 2] = hull[i, 1]
            for j in range(i):
                y = (hull[i, 0] - hull[j, 0]) * row_step
                x = (hull[i, 1] - hull[j, 1]) * column_step
                largest = max(largest, y * y + x * x)
        total += size
    return np.sqrt(largest) / 2, total


@compiled
def farthest(points: NDArray[np.float64]) -> float:
    """Find the largest distance between any two points; `points` has shape (n, 3)."""
    axes = np.ascontiguousarray(points.T)
    z, y, x = axes[0], axes[1], axes[2]
    # One maximum for each point, so that the compiler can handle several pairs at once.
    largest = np.zeros(len(z))
    for i in range(len(z)):
        for j in range(i):
            a, b, c = z[i] - z[j], y[i] - y[j], x[i] - x[j]
            squared = a * a + b * b + c * c
            largest[j] = squared if squared > largest[j] else largest[j]
    return float(np.sqrt(largest.max()))


@compiled
def index_sums(region: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Sum the products of the voxels' indices: shape (4, 4), of 1, z, y and x with one another.

    `region` is C-contiguous, axes z, y, x.
    """
    sums = np.zeros((4, 4), np.int64)
    depth, height, width = region.shape
    for z in range(depth):
        for y in range(height):
            row = region[z, y]
            number = places = squares = 0
            for x in range(width):
                here = int(row[x])
                number += here
                places += here * x
                squares += here * x * x
            sums[0, 0] += number
            sums[0, 1] += number * z
            sums[0, 2] += number * y
            sums[0, 3] += places
            sums[1, 1] += number * z * z
            sums[1, 2] += number * z * y
            sums[1, 3] += places * z
            sums[2, 2] += number * y * y
            sums[2, 3] += places * y
            sums[3, 3] += squares
    return sums
