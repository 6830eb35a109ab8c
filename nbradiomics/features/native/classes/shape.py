"""Shape features of a region in three dimensions.

Definitions as in the IBSI reference manual (Zwanenburg et al. 2016, arXiv:1612.07003, section 3.1). Surface
and volume are those of the marching-cubes mesh (`cube_surface`), diameters those between the mesh's vertices,
and axes come from the principal components of the voxel centres.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.cube_surface import cube_surfaces
from nbradiomics.features.native.classes.selection import select
from nbradiomics.features.native.classes.shape_kernels import (
    count_cubes,
    farthest,
    farthest_in_planes,
    index_sums,
)

Spacing = tuple[float, float, float]
#: Number of points of which every pair is compared, in less time than their convex hull takes. Of more, only
#: the corners of the hull are: it comes from SciPy, whose import takes as long as five tumours.
_FEW = 4000
#: A point is left out only if it is nearer than the limit by more than rounding.
_ROUNDING = 1 - 1e-9
DEPRECATED = frozenset({"Compactness1", "Compactness2", "SphericalDisproportion"})


def shape_features(
    region: NDArray[np.bool_], spacing: Spacing, wanted: Collection[str] | None = None
) -> dict[str, float]:
    """Compute the shape features of a region.

    Parameters
    ----------
    region
        Binary, axes z, y, x, with at least one voxel inside.
    spacing
        Voxel edges in mm, z, y, x.
    wanted
        PyRadiomics' names; none means all features that are not deprecated.

    Returns
    -------
    dict
        Value by PyRadiomics' name, in mm, mm^2, mm^3 or without a unit.
    """
    inside = np.pad(region, 1)
    area, volume = mesh_area_and_volume(inside, spacing)
    values = {
        "VoxelVolume": np.count_nonzero(region) * math.prod(spacing),
        **_compactness(area, volume),
        **diameters(inside, spacing),
        **axis_features(principal_variances(region, spacing)),
    }
    return select(values, wanted, deprecated=DEPRECATED)


def mesh_area_and_volume(inside: NDArray[np.bool_], spacing: Spacing) -> tuple[float, float]:
    """Compute area in mm^2 and volume in mm^3 of the marching-cubes mesh.

    Every cube adds the surface of its code; the volume is the sum of the signed volumes between the triangles
    and the origin, which is the first voxel of `inside` (with a border of one voxel outside the region).
    """
    surfaces = cube_surfaces()
    counted = count_cubes(inside)
    cubes, corners = counted[:, 0], counted[:, 1:]
    area = float(cubes @ surfaces.areas(spacing))
    # Whole numbers until here: the spacing scales every tetrahedron by the same factor.
    volume = int(cubes @ surfaces.volumes) + int(np.sum(corners * surfaces.volume_shifts))
    return area, volume / 48 * math.prod(spacing)


def _compactness(area: float, volume: float) -> dict[str, float]:
    """Compute area, volume, and their ratios to those of a ball."""
    ball_area = (36 * math.pi * volume**2) ** (1 / 3)
    return {
        "MeshVolume": volume,
        "SurfaceArea": area,
        # Slits in the mesh of a few separate voxels can make the volume 0.
        "SurfaceVolumeRatio": area / volume if volume else math.nan,
        "Sphericity": ball_area / area,
        "Compactness1": volume / (area**1.5 * math.sqrt(math.pi)),
        "Compactness2": 36 * math.pi * volume**2 / area**3,
        "SphericalDisproportion": area / ball_area if volume else math.nan,
    }


def diameters(inside: NDArray[np.bool_], spacing: Spacing) -> dict[str, float]:
    """Compute the largest distances between mesh vertices, in space and within planes of each axis, in mm.

    The two farthest points of a set are corners of its convex hull, and corners of the hull in space are
    corners of the hull of their plane.
    """
    names = ("Maximum2DDiameterSlice", "Maximum2DDiameterColumn", "Maximum2DDiameterRow")
    values = {}
    for axis, name in enumerate(names):
        values[name], corners = _in_planes(inside, spacing, axis, corners=axis == 0)
        if axis == 0:
            values["Maximum3DDiameter"] = farthest_corners(corners * (np.array(spacing) / 2))
    return values


def farthest_corners(corners: NDArray[np.float64]) -> float:
    """Compute the largest distance between two points, shape (n, 3), in their unit."""
    distance: float = farthest(_outermost(corners))
    return distance


def _in_planes(inside: NDArray[np.bool_], spacing: Spacing, axis: int, *, corners: bool) -> tuple[float, Any]:
    room = 64 * inside.shape[axis] if corners else 0
    of_hulls = np.empty((room, 3), np.int64)
    distance, needed = farthest_in_planes(inside, spacing, axis, of_hulls)
    if corners and needed > room:
        of_hulls = np.empty((needed, 3), np.int64)
        farthest_in_planes(inside, spacing, axis, of_hulls)
    return distance, of_hulls[:needed]


def mesh_corners(inside: NDArray[np.bool_], spacing: Spacing) -> NDArray[np.float64]:
    """Find mesh vertices whose convex hull is that of the whole mesh.

    Parameters
    ----------
    inside
        Binary, axes z, y, x, with a border of one voxel outside the region.
    spacing
        Voxel edges in mm, z, y, x.

    Returns
    -------
    numpy.ndarray
        In mm, z, y, x, shape (n, 3): corners of the hull of each plane across z.
    """
    _, corners = _in_planes(np.ascontiguousarray(inside), spacing, 0, corners=True)
    found: NDArray[np.float64] = corners * (np.array(spacing) / 2)
    return found


def _outermost(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points, shape (n, 3), that contain the two farthest: most of those that cannot be are left out.

    Two points are at most as far apart as the sum of their distances from any centre. With the centre between
    two points that are far apart, this leaves out nearly all points of most regions.
    """
    one = points[np.argmax(_distances(points, points.mean(axis=0)))]
    other = points[np.argmax(_distances(points, one))]
    from_centre = _distances(points, (one + other) / 2)
    least = math.dist(one, other) - from_centre.max()
    kept = points[from_centre >= least * _ROUNDING]
    return kept if len(kept) <= _FEW else _hull_corners(points)


def _distances(points: NDArray[np.float64], place: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(((points - place) ** 2).sum(axis=1)))


def _hull_corners(points: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.spatial import ConvexHull

    # Even the vertices around a single voxel span three dimensions, so that the hull is never flat.
    corners: NDArray[np.float64] = points[ConvexHull(points).vertices]
    return corners


def principal_variances(region: NDArray[np.bool_], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Compute the variances of the voxel centres along their principal axes in mm^2, ascending.

    The sums run over whole numbers and are exact; PyRadiomics' sums have rounding errors, which are visible
    if a variance should be 0 (an oblique region that is one voxel thick).
    """
    missing = 3 - region.ndim
    # In two dimensions the axes are those of y and x.
    solid = np.ascontiguousarray(region.reshape((1,) * missing + region.shape))
    sums = index_sums(solid).tolist()
    number, firsts = sums[0][0], sums[0][1 + missing :]
    covariance = np.empty((region.ndim, region.ndim))
    for j in range(region.ndim):
        for i in range(j + 1):
            product = sums[1 + missing + i][1 + missing + j]
            exact = (number * product - firsts[i] * firsts[j]) / number**2
            covariance[i, j] = covariance[j, i] = exact * spacing[i] * spacing[j]
    variances: NDArray[np.float64] = np.linalg.eigvalsh(covariance).astype(np.float64)
    rounding = (variances < 0) & (variances > -1e-10)
    variances[rounding] = 0
    return variances


def axis_features(variances: NDArray[np.float64]) -> dict[str, float]:
    r"""Compute axis lengths :math:`4 \sqrt{\lambda}` of the ellipsoid with these variances in mm; ratios."""
    least, minor, major = np.sqrt(variances)
    return {
        "MajorAxisLength": 4 * major,
        "MinorAxisLength": 4 * minor,
        "LeastAxisLength": 4 * least,
        # A single voxel, which can remain after re-segmentation, has no axes.
        "Elongation": minor / major if major else math.nan,
        "Flatness": least / major if major else math.nan,
    }
