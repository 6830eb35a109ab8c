"""Derive the triangles of marching cubes of PyRadiomics' mesh.

Eight neighbouring voxel centres make a cube. If some of them lie in the region and some do not, a part of the
region's surface runs through the cube: polygons whose vertices are the midpoints of the cube's edges between
a voxel inside and a voxel outside (Lorensen and Cline 1987 [1]_). PyRadiomics' choices, if there are several
surfaces:

1. A cube whose corner z = 1, y = 1, x = 0 is inside has the surface of the cube with inside and outside
   exchanged.
2. On a face with equal diagonal corners, the inside corners (after step 1) are separated from each other. As
   step 1 depends on one corner, neighbouring cubes may choose differently: the mesh then has a slit, and
   the volume below it depends on the position of the origin.
3. A polygon is divided into the triangles of its own vertices that have the largest area on the unit cube; if
   three surfaces share the largest area, the one with the middle volume is used. A polygon of seven vertices
   is a fan around the only vertex that lies on a cube edge of its direction.

The tests compare all 256 cubes with PyRadiomics' own mesh.

References
----------
.. [1] Lorensen WE, Cline HE. Marching cubes: A high resolution 3D surface construction algorithm. Comput
   Graph 1987;21:163-169.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Set
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Corner = tuple[int, int, int]
Edge = tuple[Corner, Corner]
#: Twice the z, y, x of a point of the unit cube: whole numbers, so that nothing is rounded.
Point = tuple[int, int, int]
#: The normal points out of the region.
Triangle = tuple[Point, Point, Point]

#: Corner i of a cube, as offsets along z, y, x, sets bit i of the cube's code.
CORNERS: tuple[Corner, ...] = tuple((z, y, x) for z, y, x in product((0, 1), repeat=3))
_TURNING = (1, 1, 0)
_MOST_TRIANGLES = 5


@dataclass(frozen=True)
class CubeSurfaces:
    """Contribution of the surface in each of the 256 cubes to area and volume.

    Attributes
    ----------
    normals
        Normal of each triangle on the unit cube, as long as its area, shape (256, 5, 3); 0 if there are
        fewer triangles.
    volumes
        48 times the signed volume between the surface of the unit cube at the origin and the origin, shape
        (256,).
    volume_shifts
        Increase of this volume per step of the cube along z, y, x, shape (256, 3).
    """

    normals: NDArray[np.float64]
    volumes: NDArray[np.int64]
    volume_shifts: NDArray[np.int64]

    def areas(self, spacing: tuple[float, float, float]) -> NDArray[np.float64]:
        """Compute the area of each cube's surface in mm^2, shape (256,), for a spacing in mm (z, y, x)."""
        z, y, x = spacing
        stretched = self.normals * np.array([y * x, z * x, z * y])
        total: NDArray[np.float64] = np.linalg.norm(stretched, axis=2).sum(axis=1)
        return total


@cache
def cube_surfaces() -> CubeSurfaces:
    """Derive the surfaces of all cubes (some hundredths of a second, once)."""
    normals = np.zeros((256, _MOST_TRIANGLES, 3), np.int64)
    volumes = np.zeros(256, np.int64)
    for code in range(1, 255):
        inside = frozenset(corner for bit, corner in enumerate(CORNERS) if code >> bit & 1)
        exchanged = _TURNING in inside
        triangles = _triangles(frozenset(CORNERS) - inside if exchanged else inside)
        sign = -1 if exchanged else 1
        normals[code, : len(triangles)] = [np.multiply(sign, _normal(*triangle)) for triangle in triangles]
        volumes[code] = sign * _volume(triangles)
    return CubeSurfaces(normals / 8, volumes, 2 * normals.sum(axis=1))


@cache
def _triangles(cut_off: frozenset[Corner]) -> list[Triangle]:
    return [triangle for polygon in _polygons(cut_off) for triangle in _divided(polygon)]


def _polygons(inside: Set[Corner]) -> Iterator[list[Edge]]:
    """Yield closed paths over the cube's cut edges, counter-clockwise when seen from outside."""
    ways: dict[Edge, list[Edge]] = {}
    for first, second in _lines(inside):
        ways.setdefault(first, []).append(second)
        ways.setdefault(second, []).append(first)
    while ways:
        polygon = [min(ways)]
        while following := [edge for edge in ways[polygon[-1]] if edge not in polygon]:
            polygon.append(following[0])
        for edge in polygon:
            del ways[edge]
        yield polygon if _faces_outwards(polygon, inside) else polygon[::-1]


def _lines(inside: Set[Corner]) -> Iterator[tuple[Edge, Edge]]:
    """Yield lines of the surface in the faces of the cube, each between two cut edges."""
    for axis, side in product(range(3), (0, 1)):
        ring = [_in_face(axis, side, corner) for corner in ((0, 0), (0, 1), (1, 1), (1, 0))]
        within = [corner in inside for corner in ring]
        sides = [_edge(ring[i], ring[i - 3]) for i in range(4)]
        cut = [sides[i] for i in range(4) if within[i] != within[i - 3]]
        if len(cut) == 2:
            yield cut[0], cut[1]
        elif len(cut) == 4:
            # The corners inside lie diagonally: each is cut off separately.
            yield from ((sides[i - 1], sides[i]) for i in range(4) if within[i])


def _in_face(axis: int, side: int, place: tuple[int, int]) -> Corner:
    corner = list(place)
    corner.insert(axis, side)
    return (corner[0], corner[1], corner[2])


def _edge(first: Corner, second: Corner) -> Edge:
    return (first, second) if first < second else (second, first)


def _faces_outwards(polygon: list[Edge], inside: Set[Corner]) -> bool:
    points = _midpoints(polygon)
    normal = np.sum([np.cross(points[i - 1], points[i]) for i in range(len(points))], axis=0)
    outwards = sum(np.subtract(b, a) if a in inside else np.subtract(a, b) for a, b in polygon)
    return bool(normal @ outwards > 0)


def _midpoints(polygon: list[Edge]) -> list[Point]:
    return [(a[0] + b[0], a[1] + b[1], a[2] + b[2]) for a, b in polygon]


def _divided(polygon: list[Edge]) -> list[Triangle]:
    points = _midpoints(polygon)
    if len(polygon) == 7:
        # A midpoint is odd along its edge's direction.
        directions = [[coordinate % 2 for coordinate in point].index(1) for point in points]
        alone = next(i for i, direction in enumerate(directions) if directions.count(direction) == 1)
        return [(points[alone], points[alone + i - 7], points[alone + i - 6]) for i in range(1, 6)]
    choices = [list(way) for way in _triangulations(tuple(points))]
    areas = [round(sum(math.hypot(*_normal(*triangle)) for triangle in way), 9) for way in choices]
    largest = [way for way, area in zip(choices, areas, strict=True) if area == max(areas)]
    return sorted(largest, key=_volume)[len(largest) // 2]


def _triangulations(polygon: tuple[Point, ...]) -> Iterator[list[Triangle]]:
    """Yield all divisions of a polygon into triangles of its own vertices (Catalan's recursion)."""
    if len(polygon) < 3:
        yield []
        return
    for middle in range(1, len(polygon) - 1):
        parts = _triangulations(polygon[: middle + 1]), _triangulations(polygon[middle:])
        for left, right in product(*parts):
            yield [(polygon[0], polygon[middle], polygon[-1]), *left, *right]


def _normal(a: Point, b: Point, c: Point) -> Point:
    """Compute eight times the triangle's area vector."""
    return _cross(_minus(b, a), _minus(c, a))


def _volume(triangles: list[Triangle]) -> int:
    """Compute 48 times the signed volume between triangles and the origin, the sum of a . (b x c) / 6."""
    return sum(sum(i * j for i, j in zip(a, _cross(b, c), strict=True)) for a, b, c in triangles)


def _cross(a: Point, b: Point) -> Point:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def _minus(a: Point, b: Point) -> Point:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])
