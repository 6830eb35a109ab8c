"""Shape features of a region in one plane.

As in three dimensions (`shape`), with the marching-squares outline instead of the mesh: its vertices lie
halfway between a pixel inside and a pixel outside, and pixels that touch only at a corner have separate
outlines.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.selection import select
from nbradiomics.features.native.classes.shape import principal_variances
from nbradiomics.features.native.classes.shape_kernels import farthest_in_planes

DEPRECATED = frozenset({"SphericalDisproportion"})
#: Fraction of the square between four pixel centres inside the outline, by the number of pixels inside.
_SHARE = np.array([0, 1 / 8, 1 / 2, 7 / 8, 1])
_DIAGONAL_SHARE = 1 / 4


def shape2d_features(
    region: NDArray[np.bool_], spacing: tuple[float, float], wanted: Collection[str] | None = None
) -> dict[str, float]:
    """Compute the shape features of a region in one plane.

    Parameters
    ----------
    region
        Binary, two axes, with at least one pixel inside.
    spacing
        Pixel edges in mm along the two axes.
    wanted
        PyRadiomics' names; none means all features that are not deprecated.

    Returns
    -------
    dict
        Value by PyRadiomics' name, in mm, mm^2 or without a unit.
    """
    inside = np.pad(region, 1)
    perimeter, area = outline(inside, spacing)
    # An even plane of the kernel runs through voxel centres: the second of three slices is plane 2.
    slices = np.zeros((3, *inside.shape), bool)
    slices[1] = inside
    no_corners = np.empty((0, 3), np.int64)
    diameter, _ = farthest_in_planes(slices, (1.0, *spacing), 0, no_corners)
    minor, major = np.sqrt(principal_variances(region, spacing))
    sphericity = 2 * math.sqrt(math.pi * area) / perimeter
    values = {
        "MeshSurface": area,
        "PixelSurface": np.count_nonzero(region) * math.prod(spacing),
        "Perimeter": perimeter,
        "PerimeterSurfaceRatio": perimeter / area,
        "Sphericity": sphericity,
        "SphericalDisproportion": 1 / sphericity,
        "MaximumDiameter": diameter,
        "MajorAxisLength": 4 * major,
        "MinorAxisLength": 4 * minor,
        "Elongation": minor / major if major else math.nan,
    }
    return select(values, wanted, deprecated=DEPRECATED)


def outline(inside: NDArray[np.bool_], spacing: tuple[float, float]) -> tuple[float, float]:
    """Compute length in mm and enclosed area in mm^2 of the marching-squares outline.

    Parameters
    ----------
    inside
        Binary, with a border of at least one pixel outside the region.
    spacing
        Pixel edges in mm along the two axes.
    """
    a, b, c, d = inside[:-1, :-1], inside[:-1, 1:], inside[1:, :-1], inside[1:, 1:]
    number = a.astype(np.int64) + b + c + d
    pair = number == 2
    across = np.count_nonzero(pair & (a == d))
    upright = np.count_nonzero(pair & (a == c))
    level = np.count_nonzero(pair & (a == b))
    cut_corners = np.count_nonzero(number % 2) + 2 * across
    rows, columns = spacing
    length = cut_corners * math.hypot(rows, columns) / 2 + upright * rows + level * columns
    shares = np.bincount(number.ravel(), minlength=5)
    shares[2] -= across
    return length, float(shares @ _SHARE + across * _DIAGONAL_SHARE) * rows * columns
