"""Erode or dilate a region by a distance in mm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nbradiomics.errors import InputError
from nbradiomics.images.grid import SPACING_TOLERANCE

if TYPE_CHECKING:
    import SimpleITK as sitk
    from numpy.typing import NDArray


def with_margin(region: sitk.Image, margin_mm: float) -> sitk.Image:
    """Dilate a region by a distance, or erode it if the distance is negative.

    Distances are Euclidean, in mm, between the centres of voxels: dilation adds every voxel that is at most
    this far from a voxel of the region, erosion removes every voxel that is at most this far from a voxel
    outside. Along thick slices a small distance therefore changes nothing, while it does within the slice. At
    the border of the image nothing is eroded: there the image ends, not the region.

    Parameters
    ----------
    region
        Binary, 1 inside.
    margin_mm
        Distance in mm, not 0.

    Returns
    -------
    SimpleITK.Image
        8-bit, 1 inside, on the same grid.

    Raises
    ------
    InputError
        When the distance changes no voxel, or no voxel remains.
    """
    import SimpleITK as sitk

    before = sitk.GetArrayFromImage(region) != 0
    after = before.copy()
    spacing = region.GetSpacing()[::-1]
    box = _around(before, margin_mm, spacing)
    after[box] = _changed(before[box], margin_mm, spacing)
    _require_changed(before, after, margin_mm, spacing)
    result = sitk.GetImageFromArray(after.astype(np.uint8))
    result.CopyInformation(region)
    return result


def _changed(inside: NDArray[np.bool_], margin_mm: float, spacing: tuple[float, ...]) -> NDArray[np.bool_]:
    from scipy.ndimage import distance_transform_edt

    # Spacings in headers are rounded: a voxel edge of 1.0000001 mm is 1 mm.
    reach = abs(margin_mm) + SPACING_TOLERANCE
    if margin_mm > 0:
        return np.asarray(distance_transform_edt(~inside, sampling=spacing) <= reach)
    if inside.all():
        return inside
    return np.asarray(distance_transform_edt(inside, sampling=spacing) > reach)


def _around(inside: NDArray[np.bool_], margin_mm: float, spacing: tuple[float, ...]) -> tuple[slice, ...]:
    """Return the box of the region, larger by the distance and one voxel, within the image."""
    box = []
    for axis, step in enumerate(spacing):
        others = tuple(other for other in range(inside.ndim) if other != axis)
        hit = np.flatnonzero(inside.any(axis=others))
        more = int(max(margin_mm, 0.0) / step) + 2
        first, last = (int(hit[0]), int(hit[-1])) if hit.size else (0, -1)
        box.append(slice(max(first - more, 0), last + more + 1))
    return tuple(box)


def _require_changed(
    before: NDArray[np.bool_], after: NDArray[np.bool_], margin_mm: float, spacing: tuple[float, ...]
) -> None:
    voxels, kept = int(before.sum()), int(after.sum())
    verb = "dilated" if margin_mm > 0 else "eroded"
    if voxels and not kept:
        raise InputError(
            f"the mask of {voxels} voxels vanishes when it is eroded by {-margin_mm:g} mm.",
            "Choose a smaller distance, or exclude lesions of this size.",
        )
    if kept == voxels:
        edges = " x ".join(f"{step:.3g}" for step in spacing[::-1])
        raise InputError(
            f"the mask does not change when it is {verb} by {abs(margin_mm):g} mm: the voxels of "
            f"{edges} mm are larger than that, or the mask fills the image.",
            "Choose a distance of at least one voxel edge.",
        )
