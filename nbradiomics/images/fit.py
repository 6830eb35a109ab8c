"""A mask on another grid than its image: PyRadiomics' settings `geometryTolerance` and `correctMask`.

A mask that is accepted keeps its own grid: PyRadiomics puts it on the grid of the features in one step, from
where it lies. `on_grid` does that step where a mask is needed on the image's grid itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from nbradiomics.errors import InputError
from nbradiomics.images.grid import grid_difference

#: How far beyond the image a region may reach, in voxels: PyRadiomics allows it for rounding.
_SLACK = 1e-3


@dataclass(frozen=True)
class Fit:
    """How far the grid of a mask may lie from its image's.

    Attributes
    ----------
    tolerance
        `geometryTolerance`: largest difference of origin and spacing, in parts of the image's first voxel
        edge, and of direction cosines. ``None`` for that of `images.grid`.
    correct
        `correctMask`: put a mask on any other grid onto the image's by nearest neighbours.
    """

    tolerance: float | None = None
    correct: bool = False


#: A difference below this part of a voxel is a matter of headers, not of place.
_SMALL = 0.1
#: Nothing but what rounding in headers explains.
STRICT = Fit()


def fit_mask(region: sitk.Image, image: sitk.Image, fit: Fit, *, names: tuple[str, str]) -> sitk.Image:
    """Accept a mask for an image, or refuse it.

    Parameters
    ----------
    region
        Binary, 1 inside.
    image
        What it was drawn on.
    fit
        What is allowed.
    names
        What messages call the mask and the image.

    Returns
    -------
    SimpleITK.Image
        The region: with the image's own grid where the two are the same but for rounding, else with its own.

    Raises
    ------
    InputError
        When the grids differ by more than is allowed; it names the difference and the two settings.
    """
    difference = grid_difference(region, image)
    if not difference:
        # Within tolerance the grids are the same; libraries that compare exactly must see them so.
        region.CopyInformation(image)
        return region
    if fit.correct or _tolerated(region, image, fit.tolerance):
        return region
    allowed = "" if fit.tolerance is None else f" geometryTolerance {fit.tolerance:g} does not allow that."
    raise InputError(
        f"{names[0]} and {names[1]} lie on different grids: {difference}.{allowed}", _remedy(region, image)
    )


def on_grid(region: sitk.Image, image: sitk.Image, *, name: str) -> sitk.Image:
    """Put a region onto an image's grid by nearest neighbours, as PyRadiomics' `correctMask` does.

    Parameters
    ----------
    region
        Binary, 1 inside.
    image
        Gives the grid.
    name
        What messages call the mask.

    Raises
    ------
    InputError
        When the region reaches beyond the image, as in PyRadiomics: it would be cut without a word.
    """
    if not grid_difference(region, image):
        region.CopyInformation(image)
        return region
    beyond = _beyond(region, image)
    if beyond:
        raise InputError(
            f"{name}: the region reaches beyond the image by {beyond:.3g} voxels.",
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
    """Whether ITK takes the two grids for the same with this tolerance."""
    if tolerance is None or region.GetSize() != image.GetSize():
        return False
    return _needed(region, image) <= tolerance


def _needed(region: sitk.Image, image: sitk.Image) -> float:
    """The least tolerance with which ITK takes two grids of one size for the same."""
    in_mm = max(
        _largest(region.GetOrigin(), image.GetOrigin()), _largest(region.GetSpacing(), image.GetSpacing())
    )
    turned = _largest(region.GetDirection(), image.GetDirection())
    return max(in_mm / float(image.GetSpacing()[0]), turned)


def _largest(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    return max(abs(a - b) for a, b in zip(first, second, strict=True))


def _remedy(region: sitk.Image, image: sitk.Image) -> str:
    """What to do: the settings of PyRadiomics that would accept the mask, or another mask."""
    small = ""
    if region.GetSize() == image.GetSize() and _needed(region, image) < _SMALL:
        small = (
            f"`geometryTolerance: {_rounded_up(_needed(region, image)):g}` takes the two grids for the same, "
            "voxel by voxel; "
        )
    return (
        f"Was the mask drawn on this image? If so, set in the parameter file: {small}`correctMask: true` "
        "puts the mask on the image's grid by its place in space, with nearest neighbours. Or resample the "
        "mask onto the image yourself."
    )


def _rounded_up(value: float) -> float:
    """The next number above of 1, 2 or 5 times a power of ten."""
    unit = 10.0 ** math.floor(math.log10(value))
    return next(step * unit for step in (1, 2, 5, 10) if step * unit > value)
