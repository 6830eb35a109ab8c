"""Distance in mm from the surface of a region of voxels.

The surface lies halfway between the centres of two neighbouring voxels (with a common face) of which one
is inside. The distance of a voxel is that of its centre to the nearest of these points: exact at flat faces
along the axes, and a little too small where the surface has steps, so that the shell of a sphere is 3 to 7 %
too large with cubic voxels, and 10 to 20 % for a width of one slice. Distances between centres alone would
make the same ring 5 to 15 % too small, and 30 to 45 % on thick slices, where the next slice is never near
enough.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

Mask = npt.NDArray[np.bool_]
Distances = npt.NDArray[np.float64]
#: Voxel size in mm along z, y, x.
Spacing = tuple[float, float, float]
#: Tolerance in mm, for widths that are a whole number of half voxels.
ROUNDING = 1e-6


def surface_points(inside: Mask, spacing: Spacing) -> npt.NDArray[np.float64]:
    """Return the points of the surface of a region.

    Parameters
    ----------
    inside
        The region; axes z, y, x. Beyond the array nothing is known, so its border is no surface.
    spacing
        Voxel size in mm along z, y, x.

    Returns
    -------
    ndarray
        One row per pair of neighbours, coordinates in mm along z, y, x from the first voxel's centre.
    """
    found = [np.empty((0, 3))]
    for axis in range(3):
        along = np.moveaxis(inside, axis, 0)
        steps = np.moveaxis(along[1:] != along[:-1], 0, axis)
        places = np.argwhere(steps).astype(float)
        places[:, axis] += 0.5
        found.append(places * spacing)
    return np.concatenate(found)


def surface_distances(inside: Mask, spacing: Spacing, at: Mask, within: float = np.inf) -> Distances:
    """Return the distance in mm of each voxel of `at` from the surface of a region, in the order of voxels.

    Parameters
    ----------
    inside, spacing
        As for `surface_points`.
    at
        Voxels whose distance is wanted; the shape of `inside`.
    within
        Largest distance of interest in mm; a larger one is infinite, and so is all if there is no surface.
    """
    points = surface_points(inside, spacing)
    places = np.argwhere(at) * spacing
    if not len(points) or not len(places):
        return np.full(len(places), np.inf)
    nearest, _ = cKDTree(points).query(places, distance_upper_bound=within + ROUNDING)
    return np.asarray(nearest, dtype=float)


def near(inside: Mask, spacing: Spacing, width: float) -> Mask:
    """Voxels outside a region whose centre is at most `width` mm from its surface."""
    centres = ndimage.distance_transform_edt(~inside, sampling=spacing)
    # A point of the surface is half a voxel from a centre inside, so no other voxel can be near enough.
    possible = ~inside & (centres <= width + max(spacing) / 2 + ROUNDING)
    ring = np.zeros_like(inside)
    ring[possible] = surface_distances(inside, spacing, possible, width) <= width + ROUNDING
    return ring
