"""Distance in mm from the surface of a region of voxels.

The surface lies halfway between the centres of two neighbouring voxels (with a common face) of which one
is inside. The distance of a voxel is that of its centre to the nearest of these points: exact at flat faces
along the axes, and a little too small where the surface has steps, so that the shell of a sphere is 3 to 6 %
too large with cubic voxels.

Along an axis with long voxels, the outline is interpolated first to about cubic voxels, by the signed
distance to it (shape-based interpolation: Raya SP, Udupa JK. IEEE Trans Med Imaging 1990;9:32-42). Without,
the steps between slices make the ring of 3 and 5 mm around a sphere of 20 mm radius 9 to 24 % too large on
slices of 3.3 to 6 mm; with it, it is 4 % too small to 6 % too large.
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
#: Most parts into which the outline is interpolated between two slices; an odd number, see `interpolated`.
_MOST_PARTS = 9
#: Signed distance in mm up to which a place counts as outside: which axis comes first must not decide.
_TIE = 1e-4


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


def interpolated(inside: Mask, spacing: Spacing) -> tuple[Mask, Spacing]:
    """Interpolate a region to about cubic voxels, if some edges are at least twice the shortest one.

    Voxels of the region keep their place: those of the old grid are among the new ones. Edges are divided by
    odd numbers, so that a flat surface stays halfway between two old voxels.

    Returns
    -------
    mask, spacing
        The region on the finer grid, and its voxel size.
    """
    parts = [min(2 * int(edge / min(spacing) / 2 + ROUNDING) + 1, _MOST_PARTS) for edge in spacing]
    if max(parts) == 1 or inside.all() or not inside.any():
        return inside, spacing
    outside = ndimage.distance_transform_edt(~inside, sampling=spacing)
    signed = (outside - ndimage.distance_transform_edt(inside, sampling=spacing)).astype(np.float32)
    for axis, number in enumerate(parts):
        signed = _refined(signed, axis, number)
    z, y, x = (edge / number for edge, number in zip(spacing, parts, strict=True))
    return signed < -_TIE, (z, y, x)


def _refined(values: npt.NDArray[np.float32], axis: int, parts: int) -> npt.NDArray[np.float32]:
    """Interpolate linearly along an axis: `parts` steps from each voxel to the next one."""
    size = values.shape[axis]
    if parts == 1 or size == 1:
        return values
    along = np.moveaxis(values, axis, 0)
    fine = np.empty(((size - 1) * parts + 1, *along.shape[1:]), dtype=np.float32)
    for step in range(parts):
        fine[step:-1:parts] = along[:-1] + (along[1:] - along[:-1]) * np.float32(step / parts)
    fine[-1] = along[-1]
    return np.moveaxis(fine, 0, axis)


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
    points = surface_points(*interpolated(inside, spacing))
    places = np.argwhere(at) * spacing
    if not len(points) or not len(places):
        return np.full(len(places), np.inf)
    nearest, _ = cKDTree(points).query(places, distance_upper_bound=within + ROUNDING)
    return np.asarray(nearest, dtype=float)


def near(inside: Mask, spacing: Spacing, width: float) -> Mask:
    """Voxels outside a region whose centre is at most `width` mm from its surface."""
    centres = ndimage.distance_transform_edt(~inside, sampling=spacing)
    # A point of the surface is nearer than that to a centre inside, so no other voxel can be near enough.
    possible = ~inside & (centres <= width + 1.5 * max(spacing) + ROUNDING)
    ring = np.zeros_like(inside)
    ring[possible] = surface_distances(inside, spacing, possible, width) <= width + ROUNDING
    return ring
