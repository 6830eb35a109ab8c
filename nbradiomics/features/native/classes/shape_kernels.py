"""Compiled loops over a binary region: cubes of its surface, and its points with the largest distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

Points = NDArray[np.int64]
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
    for z in range(depth - 1):
        for y in range(height - 1):
            code = 0
            for x in range(width - 1):
                # The cube's corners at x + 1 (odd bits) are the next cube's corners at x (even bits).
                code = (
                    (code >> 1) & 0b01010101
                    | inside[z, y, x + 1] << 1
                    | inside[z, y + 1, x + 1] << 3
                    | inside[z + 1, y, x + 1] << 5
                    | inside[z + 1, y + 1, x + 1] << 7
                )
                if code != 0 and code != 255:
                    found[code, _NUMBER] += 1
                    found[code, _Z] += z
                    found[code, _Y] += y
                    found[code, _X] += x
    return found


@compiled
def plane_rows(
    inside: NDArray[np.bool_], plane: int, first: NDArray[np.int64], last: NDArray[np.int64]
) -> None:
    """Find the first and last vertex of the mesh in each row of one plane, in half voxels.

    Parameters
    ----------
    inside
        C-contiguous, axes z, y, x, with a border of at least one voxel outside the region.
    plane
        Twice the plane's z: even through voxel centres, odd halfway between two slices.
    first, last
        Output: twice the x of the outermost vertices of row y (in half voxels), shape (2 * height,);
        `last` is -1 if a row has none.
    """
    height, nothing = inside.shape[1], inside[0, 0]
    z = plane // 2
    last[:] = -1
    for y in range(height - 1):
        if plane % 2 == 1:
            low, high = outermost(inside[z, y], inside[z + 1, y])
            first[2 * y], last[2 * y] = 2 * low, 2 * high
            continue
        low, high = outermost(inside[z, y], nothing)
        if high > 0:
            first[2 * y], last[2 * y] = 2 * low - 1, 2 * high + 1
        low, high = outermost(inside[z, y], inside[z, y + 1])
        first[2 * y + 1], last[2 * y + 1] = 2 * low, 2 * high


@compiled
def outermost(row: NDArray[np.bool_], other: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the first and last place where two rows differ; the second is -1 if they are equal."""
    low, high = 0, row.size - 1
    while high >= 0 and row[high] == other[high]:
        high -= 1
    while low < high and row[low] == other[low]:
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


@compiled
def farthest_in_planes(
    inside: NDArray[np.bool_], row_step: float, column_step: float, corners: Points
) -> tuple[float, int]:
    """Find the largest distance between two vertices of the mesh that lie in one plane of constant z.

    Parameters
    ----------
    inside
        C-contiguous, axes z, y, x, with a border of at least one voxel outside the region.
    row_step, column_step
        Voxel edges along y and x in mm.
    corners
        Output: twice the z, y, x of the corners of each plane's convex hull, as many as fit in the array.

    Returns
    -------
    float, int
        The distance in mm, and the number of corners (more than the length of `corners` if it is too short).
    """
    depth, height = inside.shape[0], inside.shape[1]
    first = np.zeros(2 * height, np.int64)
    last = np.zeros(2 * height, np.int64)
    hull = np.zeros((4 * height + 2, 2), np.int64)
    largest, total = 0.0, 0
    for plane in range(2 * depth - 1):
        plane_rows(inside, plane, first, last)
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
    largest = 0.0
    for i in range(points.shape[0]):
        for j in range(i):
            a = points[i, 0] - points[j, 0]
            b = points[i, 1] - points[j, 1]
            c = points[i, 2] - points[j, 2]
            largest = max(largest, a * a + b * b + c * c)
    return float(np.sqrt(largest))
