"""Voxels around a region, from which other values are drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from nbradiomics.perturbation.boxes import box_around, voxels_in
from nbradiomics.rings.distance import ROUNDING

Mask = NDArray[np.bool_]
#: Largest number of voxels whose distance is measured: enough for the histogram of the tissue around.
_MOST = 20_000


def neighbours(
    region: Mask, free: Mask, spacing: tuple[float, float, float], width: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Choose voxels outside a region whose centre is near that of a voxel of its border.

    Parameters
    ----------
    region
        Voxels inside, axes z, y, x; not empty.
    free
        Voxels that may be chosen: tissue without tumour.
    spacing
        Voxel size in mm along z, y, x.
    width
        Largest distance in mm.
    rng
        Random numbers.

    Returns
    -------
    ndarray
        Indices z, y, x, one row per voxel; of a large region those of 20,000 random voxels in the box around
        it.
    """
    box = box_around(region, voxels_in(width, spacing))
    inside = region[box]
    candidates = np.argwhere(free[box] & ~inside)
    if len(candidates) > _MOST:
        candidates = candidates[np.sort(rng.choice(len(candidates), size=_MOST, replace=False))]
    border = np.argwhere(inside & ~ndimage.binary_erosion(inside, border_value=1))
    if not len(candidates) or not len(border):
        return np.empty((0, 3), np.intp)
    distance, _ = cKDTree(border * spacing).query(candidates * spacing, distance_upper_bound=width + ROUNDING)
    near = candidates[np.isfinite(distance)]
    return np.asarray(near + [part.start for part in box], np.intp)
