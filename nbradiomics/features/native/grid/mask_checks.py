"""Check a mask against its image and the settings, with PyRadiomics' verdicts and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.notes import note

#: Label of the region.
INSIDE = 1
#: Part of a voxel by which a region may extend beyond its image, for rounding.
_SLACK = 1e-3
_ABSENT = f"Label ({INSIDE}) not present in mask"


def one_channel(mask: sitk.Image, settings: Mapping[str, Any]) -> sitk.Image:
    """Return a mask, or the channel `label_channel` of a mask of several, that has the label of the region.

    Raises
    ------
    ValueError
        When the mask lacks the channel, or the label.
    """
    channels = mask.GetNumberOfComponentsPerPixel()
    if "vector" in mask.GetPixelIDTypeAsString():
        wanted = int(settings.get("label_channel", 0))
        if wanted >= channels:
            raise ValueError(
                f"Mask {wanted} requested, but segmentation object only contains {channels} objects"
            )
        mask = sitk.VectorIndexSelectionCast(mask, wanted)
    voxels = sitk.GetArrayViewFromImage(mask)
    if np.any(voxels == INSIDE):
        return mask
    labels = np.unique(sitk.GetArrayViewFromImage(widened(mask)))
    if not labels.any():
        raise ValueError("No labels found in this mask (i.e. nothing is segmented)!")
    if INSIDE not in labels:
        raise ValueError(f"{_ABSENT}. Choose from {labels[labels != 0]}")
    return widened(mask)


def widened(mask: sitk.Image) -> sitk.Image:
    """Cast a mask to PyRadiomics' number type."""
    return mask if mask.GetPixelID() == sitk.sitkUInt32 else sitk.Cast(mask, sitk.sitkUInt32)


def same_grid(image: sitk.Image, mask: sitk.Image) -> bool:
    """Whether two images have exactly the same grid."""
    return bool(
        image.GetSize() == mask.GetSize()
        and image.GetSpacing() == mask.GetSpacing()
        and image.GetOrigin() == mask.GetOrigin()
        and image.GetDirection() == mask.GetDirection()
    )


def box_of(mask: sitk.Image) -> Box | None:
    """Return the box of the region; ``None`` if it is empty."""
    return Box.around(_inside(mask))


def checked_mask(image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any]) -> tuple[sitk.Image, Box]:
    """Check a mask against its image and the settings.

    Parameters
    ----------
    image, mask
        On the same grid, within ITK's tolerance, unless `correctMask` is set.
    settings
        `correctMask`, `minimumROIDimensions`, `minimumROISize`.

    Returns
    -------
    SimpleITK.Image, Box
        The mask, resampled to the image's grid if `correctMask` allows it and it is another one; and its box.

    Raises
    ------
    ValueError
        With PyRadiomics' words: when the grids differ, the label is absent, or the region is too small.
    """
    if not same_grid(image, mask):
        mask = _on_grid_of(image, mask, settings)
    inside = _inside(mask)
    box = Box.around(inside)
    if box is None:
        raise ValueError(_ABSENT)
    extended = sum(length > 1 for length in box.size)
    least = settings.get("minimumROIDimensions", 2)
    if extended == 0:
        raise ValueError("mask only contains 1 segmented voxel! Cannot extract features for a single voxel.")
    if extended < least:
        raise ValueError(
            f"mask has too few dimensions (number of dimensions {extended}, minimum required {least})"
        )
    smallest = settings.get("minimumROISize")
    if smallest is not None:
        voxels = int(np.count_nonzero(inside[box.slices]))
        if voxels <= smallest:
            raise ValueError(
                f"Size of the ROI is too small (minimum size: {smallest:g}, ROI size: {voxels:g}"
            )
    return mask, box


def require_within(image: sitk.Image, mask: sitk.Image) -> Box:
    """Return the box of a region on its own grid; raise `ValueError` if it extends beyond the image."""
    box = box_of(mask)
    if box is None:
        raise ValueError(_ABSENT)
    lower, size = np.array(box.lower[::-1]), np.array(box.size[::-1])
    # The corners lie half a voxel beyond the centres of the outermost voxels.
    corners = [
        image.TransformPhysicalPointToContinuousIndex(
            mask.TransformContinuousIndexToPhysicalPoint(corner.tolist())
        )
        for corner in (lower - 0.5, lower + size - 0.5)
    ]
    last = np.array(image.GetSize()) - 0.5
    if np.any(np.min(corners, axis=0) < -0.5 - _SLACK) or np.any(np.max(corners, axis=0) > last + _SLACK):
        raise ValueError(
            "Bounding box of ROI is larger than image space: "
            f"ROI bounds (x, y, z image coordinate space) {corners}, image size {image.GetSize()}"
        )
    return box


def _inside(mask: sitk.Image) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = sitk.GetArrayViewFromImage(mask) == INSIDE
    return inside


def _on_grid_of(image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any]) -> sitk.Image:
    """Return a mask whose grid is not exactly the image's: as it is if ITK tolerates it, or resampled."""
    try:
        # ITK decides whether two grids are the same within its tolerance.
        sitk.LabelStatisticsImageFilter().Execute(image, mask)
    except RuntimeError as error:
        if settings.get("correctMask", False):
            note("Image/Mask geometry mismatch, attempting to correct Mask")
            require_within(image, mask)
            return sitk.Resample(mask, image, sitk.Transform(), sitk.sitkNearestNeighbor)
        for part, words in _MISMATCHES.items():
            if part in str(error):
                raise ValueError(words) from error
        raise
    return mask


#: ITK's words, and PyRadiomics'.
_MISMATCHES = {
    "don't match type or dimension!": (
        "Image/Mask datatype or size mismatch. Potential fix: enable correctMask, see "
        "Documentation:Usage:Customizing the Extraction:Settings:correctMask for more information"
    ),
    "Inputs do not occupy the same physical space!": (
        "Image/Mask geometry mismatch. Potential fix: increase tolerance using geometryTolerance, see "
        "Documentation:Usage:Customizing the Extraction:Settings:geometryTolerance for more information"
    ),
}
