r"""Local binary patterns in 3-D: how the neighbours on a sphere around a voxel compare with it.

The image is interpolated at points of a sphere around each voxel. Points that are not below the voxel give a
function of 0 and 1 on the sphere; the norms of its parts in spherical harmonics of each degree do not change
when the image is rotated (Banerjee et al., ACCV Workshops 2012, doi:10.1007/978-3-642-37410-4_3).

The order of the points and of all sums is PyRadiomics', so that the values have the same bits. PyRadiomics
itself needs trimesh and a SciPy before 1.17, and gives no image without them.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special, stats

#: Voxels that are computed at once, so that memory stays moderate.
_AT_ONCE = 4096


def icosphere(divisions: int, radius: float) -> NDArray[np.float64]:
    """Return points that are spread evenly on a sphere: those of an icosahedron whose faces are divided.

    Parameters
    ----------
    divisions
        Number of times that each triangle is divided into four.
    radius
        Distance of the points from the origin.

    Returns
    -------
    numpy.ndarray
        Shape (10 * 4 ** divisions + 2, 3).
    """
    golden = (1 + np.sqrt(5)) / 2
    edge = np.array([[-1, golden, 0], [1, golden, 0], [-1, -golden, 0], [1, -golden, 0]])
    points: NDArray[np.float64] = np.vstack([edge, edge[:, [2, 0, 1]], edge[:, [1, 2, 0]]]) / np.sqrt(
        2 + golden
    )
    if divisions == 0:
        return _on_sphere(points, radius)
    # Neighbours of an icosahedron of radius 1 are 1.05 apart, all others at least 1.7.
    near = np.linalg.norm(points[:, None] - points[None], axis=2) < 1.4
    triangles = np.array(
        [(a, b, c) for a, b, c in combinations(range(12), 3) if near[a, b] and near[b, c] and near[a, c]]
    )
    for _ in range(divisions):
        edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        reverse, place = np.unique(edges[:, ::-1], axis=0, return_inverse=True)
        a, b, c = triangles.T
        ab, bc, ca = (place.reshape(-1, 3) + len(points)).T
        parts = ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))
        triangles = np.vstack([np.stack(part, axis=1) for part in parts])
        middles = points[reverse[:, ::-1]].mean(axis=1)
        points = _on_sphere(np.vstack([points, middles]), radius)
    return points


def _on_sphere(points: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    length = np.sqrt(np.dot(points**2, [1, 1, 1]))
    on_sphere: NDArray[np.float64] = points + points / length[:, None] * (radius - length)[:, None]
    return on_sphere


def harmonics(points: NDArray[np.float64], radius: float, levels: int) -> NDArray[np.complex128]:
    """Return the spherical harmonics of all degrees below `levels` at points of a sphere.

    PyRadiomics gives the angles to SciPy in the other order, and so do we.

    Returns
    -------
    numpy.ndarray
        Shape (points, levels ** 2); the 2 n + 1 columns of degree n follow those of smaller degrees.
    """
    polar = np.arccos(points[:, 2] / radius)
    azimuth = np.arctan2(points[:, 1], points[:, 0])
    columns = [
        special.sph_harm_y(degree, order, azimuth, polar)
        for degree in range(levels)
        for order in range(-degree, degree + 1)
    ]
    return np.column_stack(columns)


def binary_patterns_3d(
    image: NDArray[Any],
    inside: NDArray[np.bool_],
    *,
    levels: int = 2,
    radius: float = 1.0,
    divisions: int = 1,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the pattern of each voxel of a region.

    Parameters
    ----------
    image
        Intensities, axes z, y, x; values beyond the image count as 0.
    inside
        Voxels of the region, of the same shape.
    levels
        Number of degrees of the spherical harmonics.
    radius
        Radius of the sphere in voxels.
    divisions
        See `icosphere`.

    Returns
    -------
    numpy.ndarray, numpy.ndarray
        Norm of each degree, shape (levels, voxels), and the excess kurtosis of the intensities on the sphere,
        shape (voxels,); voxels in the order of the image.
    """
    points = icosphere(divisions, radius)
    basis = harmonics(points, radius, levels)
    smooth = ndimage.spline_filter(image, order=3, output=np.float64, mode="constant")
    places = np.argwhere(inside)
    parts = []
    for start in range(0, len(places), _AT_ONCE):
        some = places[start : start + _AT_ONCE]
        around = (some[None] + points[:, None]).T
        # In the image's own number type, as PyRadiomics has it: whole numbers are truncated.
        found = ndimage.map_coordinates(smooth, around, order=3, prefilter=False, output=image.dtype)
        not_below = found >= image[tuple(some.T)][:, None]
        parts.append((_norms(not_below, basis, levels), stats.kurtosis(found, axis=1)))
    norms, kurtosis = (np.concatenate(values) for values in zip(*parts, strict=True))
    return norms.T, kurtosis


def _norms(pattern: NDArray[np.bool_], basis: NDArray[np.complex128], levels: int) -> NDArray[np.float64]:
    """Return the norm of the part of each degree of patterns, shape (voxels, points) to (voxels, levels)."""
    weights = (pattern.astype(int)[:, :, None] * basis[None]).sum(axis=1)
    degrees = [slice(degree**2, (degree + 1) ** 2) for degree in range(levels)]
    parts = [np.sum(weights[:, None, one] * basis[None, :, one], axis=2) for one in degrees]
    norms: NDArray[np.float64] = np.real(np.sqrt(np.sum(np.stack(parts, axis=2) ** 2, axis=1)))
    return norms
