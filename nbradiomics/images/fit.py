"""Masks whose grid differs from their image's: PyRadiomics' settings `geometryTolerance` and `correctMask`.

An accepted mask keeps its own grid: PyRadiomics resamples it onto the grid of the features in one step.
`on_grid` does this step when a mask is needed on the image's grid itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.images.flat import in_plane, lacks_third_axis
from nbradiomics.images.grid import grid_difference

#: How far a region may extend beyond the image, in voxels: PyRadiomics allows this for rounding.
_SLACK = 1e-3


@dataclass(frozen=True)
class Fit:
    """How much the grid of a mask may differ from its image's.

    Attributes
    ----------
    tolerance
        `geometryTolerance`: largest difference of origin and spacing, as a fraction of the image's first
        voxel edge, and of direction cosines. ``None`` for the tolerances of `images.grid`.
    correct
        `correctMask`: resample a mask on any other grid onto the image's grid by nearest neighbours.
    """

    tolerance: float | None = None
    correct: bool = False


#: A difference below this fraction of a voxel comes from the headers, not from another position.
_SMALL = 0.1
#: Allows only differences that rounding in headers explains.
STRICT = Fit()


def fit_mask(region: sitk.Image, image: sitk.Image, fit: Fit, *, names: tuple[str, str]) -> sitk.Image:
    """Accept a mask for an image, or refuse it.

    Parameters
    ----------
    region
        Binary, 1 inside.
    image
        The image on which the region was drawn.
    fit
        The allowed difference.
    names
        Names of the mask and the image in messages.

    Returns
    -------
    SimpleITK.Image
        The region: with the image's grid if the two grids are the same except for rounding, or are the same
        in the plane of two slices, one of which is from a two-dimensional file; otherwise with its own grid.

    Raises
    ------
    InputError
        When the grids differ by more than is allowed; the message names the difference and the two settings.
    """
    difference = grid_difference(region, image)
    if not difference:
        # The grids are the same within tolerance; give libraries that compare exactly identical numbers.
        region.CopyInformation(image)
        return region
    if _same_in_plane(region, image):
        region.CopyInformation(image)
        return region
    if fit.correct or _tolerated(region, image, fit.tolerance):
        return region
    allowed = (
        ""
        if fit.tolerance is None
        else f" geometryTolerance {fit.tolerance:g} does not allow this difference."
    )
    raise InputError(
        f"{names[0]} and {names[1]} have different grids: {difference}.{allowed}", _remedy(region, image)
    )


def on_grid(region: sitk.Image, image: sitk.Image, *, name: str) -> sitk.Image:
    """Resample a region onto an image's grid by nearest neighbours, as PyRadiomics' `correctMask` does.

    Parameters
    ----------
    region
        Binary, 1 inside.
    image
        The image that defines the grid.
    name
        Name of the mask in messages.

    Raises
    ------
    InputError
        When the region extends beyond the image, as in PyRadiomics: it would be cut silently.
    """
    if not grid_difference(region, image):
        region.CopyInformation(image)
        return region
    beyond = _beyond(region, image)
    if beyond:
        raise InputError(
            f"{name}: the region extends beyond the image by {beyond:.3g} voxels.",
            "Was it drawn on this image? PyRadiomics' correctMask refuses it too, because it would be cut.",
        )
    return sitk.Resample(region, image, sitk.Transform(), sitk.sitkNearestNeighbor, 0, region.GetPixelID())


def _beyond(region: sitk.Image, image: sitk.Image) -> float:
    """How far, in voxels of the image, two opposite corners of the region's box lie outside the image."""
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.ComputePerimeterOff()
    shape.Execute(region)
    if not shape.GetLabels():
        return 0.0
    box = np.array(shape.GetBoundingBox(1))
    corners = np.array(
        [
            image.TransformPhysicalPointToContinuousIndex(
                region.TransformContinuousIndexToPhysicalPoint((corner - 0.5).tolist())
            )
            for corner in (box[:3], box[:3] + box[3:])
        ]
    )
    below = -0.5 - corners.min(axis=0)
    above = corners.max(axis=0) - (np.array(image.GetSize()) - 0.5)
    most = float(max(below.max(), above.max()))
    return most if most > _SLACK else 0.0


def _tolerated(region: sitk.Image, image: sitk.Image, tolerance: float | None) -> bool:
    """Whether ITK treats the two grids as the same with this tolerance."""
    if tolerance is None or region.GetSize() != image.GetSize():
        return False
    return _needed_tolerance(region, image) <= tolerance


def _same_in_plane(region: sitk.Image, image: sitk.Image) -> bool:
    """Whether two slices are the same, of which one or both come from a file without a third axis."""
    slices = (region, image)
    if any(one.GetSize()[2] != 1 for one in slices) or not any(map(lacks_third_axis, slices)):
        return False
    return not grid_difference(*(in_plane(one) for one in slices))


def _needed_tolerance(region: sitk.Image, image: sitk.Image) -> float:
    """The smallest tolerance with which ITK treats two grids of the same size as the same."""
    shift = max(
        _largest(region.GetOrigin(), image.GetOrigin()), _largest(region.GetSpacing(), image.GetSpacing())
    )
    rotation = _largest(region.GetDirection(), image.GetDirection())
    return max(shift / float(image.GetSpacing()[0]), rotation)


def _largest(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    return max(abs(a - b) for a, b in zip(first, second, strict=True))


def _remedy(region: sitk.Image, image: sitk.Image) -> str:
    """What to do: the settings of PyRadiomics that would accept the mask, or resampling."""
    small = ""
    if region.GetSize() == image.GetSize() and _needed_tolerance(region, image) < _SMALL:
        small = (
            f"`geometryTolerance: {_rounded_up(_needed_tolerance(region, image)):g}` treats the two grids as "
            "the same, voxel by voxel; "
        )
    return (
        f"Was the mask drawn on this image? If so, set in the parameter file: {small}`correctMask: true` "
        "resamples the mask onto the image's grid by its position in space, with nearest neighbours. Or "
        "resample the mask onto the image yourself."
    )


def _rounded_up(value: float) -> float:
    """The next larger number that is 1, 2 or 5 times a power of ten."""
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in (1, 2, 5, 10) if step * unit > value)
