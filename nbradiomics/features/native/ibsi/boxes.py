"""The smallest box of any orientation around a convex body."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
#: Normals are the same if they differ by less, as those of neighbouring triangles of a mesh often do.
_DIGITS = 9
#: A box is smaller only if it is by more than rounding.
_SMALLER = 1 - 1e-12
#: Number of boxes that are turned to smaller ones.
_TURNED = 10


@dataclass(frozen=True)
class Hull:
    """A convex body of triangles.

    Attributes
    ----------
    corners
        Shape (n, 3).
    normals
        Unit normals of the triangles, shape (m, 3).
    areas
        Areas of the triangles, shape (m,).
    edges
        The two corners of each edge and the two triangles that meet there, shape (k, 4).
    volume
        In the unit of the corners.
    """

    corners: Floats
    normals: Floats
    areas: Floats
    edges: Integers
    volume: float

    @property
    def area(self) -> float:
        """Area of the surface."""
        return float(self.areas.sum())


def convex_hull(points: Floats) -> Hull:
    """Compute the convex hull of points, shape (n, 3), that are not in one plane."""
    from scipy.spatial import ConvexHull

    hull = ConvexHull(points)
    a, b, c = (points[hull.simplices[:, corner]] for corner in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    number_of = np.zeros(len(points), np.int64)
    number_of[hull.vertices] = np.arange(len(hull.vertices))
    edges = _edges(number_of[hull.simplices], hull.neighbors.astype(np.int64))
    normals = np.ascontiguousarray(hull.equations[:, :3])
    return Hull(points[hull.vertices], normals, areas, edges, float(hull.volume))


def _edges(triangles: Integers, neighbours: Integers) -> Integers:
    """List each edge once; the neighbour of a triangle with the same place lies opposite that corner."""
    rows = np.arange(len(triangles))
    listed = [
        np.column_stack([triangles[:, i - 2], triangles[:, i - 1], rows, neighbours[:, i]])[
            rows < neighbours[:, i]
        ]
        for i in range(3)
    ]
    return np.concatenate(listed)


def smallest_box(hull: Hull) -> Floats:
    """Find the smallest box around a convex body.

    Along the normal of each face the smallest rectangle around the body's shadow is found, which has a side
    that contains an edge of the shadow. A face is left out if no box along its normal can be smaller than the
    best one: the area of the shadow is known from Cauchy's formula. The smallest of these boxes are turned
    about their axes in turn, each time to the smallest rectangle, as long as they become smaller.

    Returns
    -------
    numpy.ndarray
        Edges of the box, ascending, shape (3,).

    Notes
    -----
    The smallest box of all has two sides that each contain an edge of the body (O'Rourke, Int J Comput Inf
    Sci 1985;14:183-199), which holds for the boxes at which the search ends, too. It is not proven that the
    smallest box is among them.
    """
    normals = _different(hull.normals)
    heights = np.ptp(hull.corners @ normals.T, axis=0)
    bounds = heights * (np.abs(normals @ hull.normals.T) @ hull.areas / 2)
    order = np.argsort(bounds, kind="stable")
    sizes = np.empty(3)
    _search(hull.corners, hull.normals, hull.edges, normals[order], bounds[order], sizes)
    return np.sort(sizes)


def _different(normals: Floats) -> Floats:
    """Leave out normals that are the same or opposite."""
    rounded = np.round(normals, _DIGITS)
    leading = np.take_along_axis(rounded, np.argmax(rounded != 0, axis=1)[:, None], axis=1)
    _, places = np.unique(rounded * np.sign(leading) + 0.0, axis=0, return_index=True)
    different: Floats = normals[np.sort(places)]
    return different


@compiled
def _search(
    corners: Floats, faces: Floats, edges: Integers, normals: Floats, bounds: Floats, sizes: Floats
) -> None:
    """Write the edges of the smallest box; no box along a normal is smaller than its bound."""
    room = np.empty((edges.shape[0], 4))
    axes = np.empty((3, 3))
    volumes = np.full(normals.shape[0], math.inf)
    smallest = math.inf
    for i in range(normals.shape[0]):
        if bounds[i] >= smallest:
            break
        axes[0] = normals[i]
        volumes[i] = _box_along(corners, faces, edges, axes, sizes, room)
        smallest = min(smallest, volumes[i])
    best, found = np.empty(3), math.inf
    for i in np.argsort(volumes)[:_TURNED]:
        if volumes[i] == math.inf:
            break
        axes[0] = normals[i]
        volume = _turned(corners, faces, edges, axes, sizes, room)
        if volume < found:
            found = volume
            best[:] = sizes
    sizes[:] = best


@compiled
def _turned(
    corners: Floats, faces: Floats, edges: Integers, axes: Floats, sizes: Floats, room: Floats
) -> float:
    """Turn a box about its axes until it becomes no smaller; write its edges and return its volume."""
    volume = _box_along(corners, faces, edges, axes, sizes, room)
    turned, other_sizes = np.empty((3, 3)), np.empty(3)
    idle = 0
    while idle < 3:
        for k in range(3):
            turned[k] = axes[(k + 1) % 3]
        axes[:] = turned
        other = _box_along(corners, faces, edges, turned, other_sizes, room)
        if other < volume * _SMALLER:
            volume, idle = other, 0
            axes[:] = turned
            sizes[:] = other_sizes
        else:
            idle += 1
    return volume


@compiled
def _box_along(
    corners: Floats, faces: Floats, edges: Integers, axes: Floats, sizes: Floats, room: Floats
) -> float:
    """Write the other two axes and the sizes of the smallest box along the first axis; return its volume."""
    _complete(axes)
    z, y, x = axes[0, 0], axes[0, 1], axes[0, 2]
    lowest, highest = math.inf, -math.inf
    for j in range(corners.shape[0]):
        height = corners[j, 0] * z + corners[j, 1] * y + corners[j, 2] * x
        lowest, highest = min(lowest, height), max(highest, height)
    number = 0
    for k in range(edges.shape[0]):
        one, other = edges[k, 2], edges[k, 3]
        up = faces[one, 0] * z + faces[one, 1] * y + faces[one, 2] * x > 0
        if up == (faces[other, 0] * z + faces[other, 1] * y + faces[other, 2] * x > 0):
            continue
        # An edge between a face in the light and one in the dark is an edge of the shadow.
        for end in range(2):
            corner = corners[edges[k, end]]
            for axis in range(2):
                room[number, 2 * end + axis] = (
                    corner[0] * axes[axis + 1, 0]
                    + corner[1] * axes[axis + 1, 1]
                    + corner[2] * axes[axis + 1, 2]
                )
        number += 1
    length, width, cosine, sine = _smallest_rectangle(room[:number])
    for k in range(3):
        b, c = axes[1, k], axes[2, k]
        axes[1, k], axes[2, k] = b * cosine + c * sine, c * cosine - b * sine
    sizes[0], sizes[1], sizes[2] = highest - lowest, length, width
    return (highest - lowest) * length * width


@compiled
def _complete(axes: Floats) -> None:
    """Write two axes at right angles to the first one and to each other."""
    least = np.argmin(np.abs(axes[0]))
    axes[1] = 0.0
    axes[1, least] = 1.0
    along = axes[0, least]
    norm = np.sqrt(1 - along**2)
    for k in range(3):
        axes[1, k] = (axes[1, k] - along * axes[0, k]) / norm
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        axes[2, k] = axes[0, i] * axes[1, j] - axes[0, j] * axes[1, i]


@compiled
def _smallest_rectangle(sides: Floats) -> tuple[float, float, float, float]:
    """Return the edges of the smallest rectangle around a convex polygon, and the direction of the first.

    `sides` are the two ends of each side of the polygon, shape (n, 4), in any order.
    """
    best_length, best_width, cosine, sine = math.inf, math.inf, 1.0, 0.0
    for i in range(sides.shape[0]):
        y, x = sides[i, 2] - sides[i, 0], sides[i, 3] - sides[i, 1]
        norm = np.sqrt(y * y + x * x)
        if norm == 0:
            continue
        y, x = y / norm, x / norm
        low, high, left, right = math.inf, -math.inf, math.inf, -math.inf
        for j in range(sides.shape[0]):
            for end in range(0, 4, 2):
                along = sides[j, end] * y + sides[j, end + 1] * x
                across = sides[j, end + 1] * y - sides[j, end] * x
                low, high = min(low, along), max(high, along)
                left, right = min(left, across), max(right, across)
        if (high - low) * (right - left) < best_length * best_width:
            best_length, best_width, cosine, sine = high - low, right - left, y, x
    return best_length, best_width, cosine, sine
