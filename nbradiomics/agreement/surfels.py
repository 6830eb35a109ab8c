"""Surface elements of a binary volume: their positions and their areas.

Eight voxels meet at each corner of the voxel grid. If these eight voxels are not all inside or all outside,
the corner has a surface element ("surfel"). Its area is that of the marching-cubes surface [1]_ between the
eight voxel centres. This is the surface of google-deepmind's ``surface-distance`` [2]_, with which the tests
compare.

The triangles are derived here rather than read from a table:

1. The inside or the outside voxels of a corner are cut off, whichever are fewer (both give the same surface).
2. Voxels that share a face form a group and are cut off together; each group is cut off separately.
3. The midpoints between the voxels of a group and their neighbours of the other kind form one polygon with up
   to six vertices.
4. A polygon that is not planar is divided into the triangles with the largest total area on the unit cube.
   Other spacings stretch these triangles; they do not change the division.

References
----------
.. [1] Lorensen WE, Cline HE. Marching cubes. Comput Graph 1987;21:163-169.
.. [2] Nikolov S et al. Clinically applicable segmentation of head and neck anatomy for radiotherapy.
   J Med Internet Res 2021;23:e26151.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Corner = tuple[int, int, int]

#: The eight voxels around a corner, as offsets along z, y, x; voxel i sets bit 7 - i of the code.
CORNERS: tuple[Corner, ...] = tuple((z, y, x) for z, y, x in product((0, 1), repeat=3))
ALL_INSIDE = 255
_MOST_TRIANGLES = 4


def neighbour_codes(region: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the code of the eight voxels around each corner of the voxel grid.

    Parameters
    ----------
    region
        Binary volume, axes z, y, x; voxels beyond its border are outside.

    Returns
    -------
    numpy.ndarray
        One larger than `region` along each axis: element (z, y, x) is the corner between the voxels
        z - 1 and z, y - 1 and y, x - 1 and x. 0 if all eight voxels are outside, 255 if all are inside;
        all other codes mark a surface element.
    """
    # One axis after the other: three shifts and ors instead of eight.
    codes: NDArray[np.uint8] = np.pad(region.view(np.uint8), 1)
    for axis, bits in ((0, 4), (1, 2), (2, 1)):
        along = np.moveaxis(codes, axis, 0)
        merged = np.left_shift(along[:-1], np.uint8(bits))
        merged |= along[1:]
        codes = np.moveaxis(merged, 0, axis)
    return np.ascontiguousarray(codes)


def surfel_areas(spacing: tuple[float, float, float]) -> Floats:
    """Return the area of the surface element of each neighbour code.

    Parameters
    ----------
    spacing
        Voxel spacing in mm, in the order z, y, x of the array's axes.

    Returns
    -------
    numpy.ndarray
        Shape (256,), mm^2; 0 for the codes 0 and 255.
    """
    z, y, x = spacing
    squares = (_area_vectors() * np.array([y * x, z * x, z * y])) ** 2
    # Summed in ascending order, so that rotated and mirrored codes have the same area to the last bit.
    areas = np.sqrt(np.sort(squares, axis=2).sum(axis=2))
    total: Floats = np.sort(areas, axis=1).sum(axis=1)
    return total


@cache
def _area_vectors() -> Floats:
    """Triangles of every code on the unit cube, as normals of the length of the area, shape (256, 4, 3)."""
    vectors = np.zeros((256, _MOST_TRIANGLES, 3))
    for code in range(1, ALL_INSIDE):
        triangles = _triangles(code)
        vectors[code, : len(triangles)] = triangles
    vectors.setflags(write=False)
    return vectors


def _triangles(code: int) -> list[Floats]:
    inside = {corner for bit, corner in enumerate(CORNERS) if code >> (7 - bit) & 1}
    cut_off = inside if len(inside) <= 4 else set(CORNERS) - inside
    return [triangle for group in _groups(cut_off) for triangle in _largest(_polygon(group))]


def _groups(corners: set[Corner]) -> Iterator[set[Corner]]:
    """Split corners of the cube into groups that are connected by edges of the cube."""
    remaining = set(corners)
    while remaining:
        group: set[Corner] = set()
        reached = {min(remaining)}
        while reached:
            group |= reached
            reached = {
                corner for corner in remaining - group if any(_adjacent(corner, other) for other in group)
            }
        remaining -= group
        yield group


def _adjacent(first: Corner, second: Corner) -> bool:
    return sum(a != b for a, b in zip(first, second, strict=True)) == 1


def _polygon(group: set[Corner]) -> Floats:
    """Midpoints of the edges of the cube that leave a group, in the order of the polygon, shape (n, 3)."""
    midpoints = [
        (np.array(inside) + np.array(outside)) / 2
        for inside in sorted(group)
        for outside in CORNERS
        if outside not in group and _adjacent(inside, outside)
    ]
    ordered = [midpoints.pop(0)]
    while midpoints:
        # Neighbours on the polygon are connected by a line in a face of the cube.
        following = next(i for i, point in enumerate(midpoints) if _share_face(ordered[-1], point))
        ordered.append(midpoints.pop(following))
    return np.array(ordered)


def _share_face(first: Floats, second: Floats) -> bool:
    return bool(np.any((first == second) & (first != 0.5)))


def _largest(polygon: Floats) -> Floats:
    """Return the triangulation of a polygon with the largest area, as area vectors (n - 2, 3)."""
    choices = [
        np.array(
            [np.cross(polygon[j] - polygon[i], polygon[k] - polygon[i]) / 2 for i, j, k in triangulation]
        )
        for triangulation in _triangulations(tuple(range(len(polygon))))
    ]
    return max(choices, key=lambda vectors: round(float(np.linalg.norm(vectors, axis=1).sum()), 9))


def _triangulations(vertices: tuple[int, ...]) -> Iterator[list[tuple[int, int, int]]]:
    """Yield all ways to divide a polygon into triangles between its vertices (Catalan's recursion)."""
    if len(vertices) < 3:
        yield []
        return
    first, last = vertices[0], vertices[-1]
    for middle in range(1, len(vertices) - 1):
        for left in _triangulations(vertices[: middle + 1]):
            for right in _triangulations(vertices[middle:]):
                yield [(first, vertices[middle], last), *left, *right]
