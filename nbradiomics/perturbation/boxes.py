"""Arrays of images and regions, and the part of them around a region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError

#: Voxels inside a region, z, y, x.
Mask = NDArray[np.bool_]
#: Slices along z, y, x.
Box = tuple[slice, slice, slice]


def voxels_of(region: sitk.Image) -> Mask:
    """Voxels of a region, z, y, x; raises `InputError` if there are none."""
    inside: Mask = sitk.GetArrayViewFromImage(region) != 0
    if not inside.any():
        raise InputError("the mask is empty.", "There is nothing to perturb in it.")
    return inside


def require_finite(values: NDArray[Any]) -> None:
    """Raise `InputError` if an image has values that are not finite: ITK may crash, or spread them."""
    if not np.isfinite(values).all():
        raise InputError(
            "the image has values that are not finite (NaN, infinity).",
            "Replace them, or leave the image out.",
        )


def region_like(inside: Mask, grid: sitk.Image) -> sitk.Image:
    """Region (8-bit, 1 inside) on the grid of an image."""
    region = sitk.GetImageFromArray(inside.astype(np.uint8))
    region.CopyInformation(grid)
    return region


def box_around(inside: Mask, margin: Sequence[int]) -> Box:
    """Bounding box of the voxels inside, widened along z, y, x, within the array."""
    parts = []
    for axis in range(3):
        used = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
        low = max(int(used[0]) - margin[axis], 0)
        parts.append(slice(low, int(used[-1]) + margin[axis] + 1))
    return parts[0], parts[1], parts[2]


def voxels_in(length_mm: float, spacing: Sequence[float]) -> list[int]:
    """Number of voxels along each axis that a length in mm reaches."""
    return [int(np.ceil(length_mm / edge)) for edge in spacing]
