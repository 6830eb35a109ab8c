"""Resample or crop an image and its mask around the region, with PyRadiomics' grid and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.native.grid.mask_checks import box_of, require_within, same_grid
from nbradiomics.features.native.grid.mask_grid import nearest_on, new_grid, new_spacing
from nbradiomics.features.native.grid.spline import Source, can_resample, resample_spline


def cropped(
    image: sitk.Image, mask: sitk.Image, box: Box, settings: Mapping[str, Any]
) -> tuple[sitk.Image, sitk.Image]:
    """Crop an image and a mask on its grid to the region's box, with `padDistance` voxels around it."""
    pad = settings.get("padDistance", 0)
    lower = [max(first - pad, 0) for first in reversed(box.lower)]
    last = zip(mask.GetSize(), reversed(box.upper), strict=True)
    upper = [max(size - end - pad - 1, 0) for size, end in last]
    return sitk.Crop(image, lower, upper), sitk.Crop(mask, lower, upper)


def resampled(
    image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any], source: Source | None = None
) -> tuple[sitk.Image, sitk.Image]:
    """Resample an image and its mask to `resampledPixelSpacing`, around the region.

    B-splines are our own, faster filter; every other interpolation is ITK's.

    Parameters
    ----------
    image
        Three-dimensional.
    mask
        The region has the value `INSIDE`; its grid may be another than the image's, and defines the new one.
    settings
        `resampledPixelSpacing` (0: unchanged), `interpolator`, `padDistance`.
    source
        The image, if several regions are measured on it.

    Returns
    -------
    SimpleITK.Image, SimpleITK.Image
        Image and mask on the new grid; cropped only, if the spacing is the image's own.

    Raises
    ------
    ValueError
        With PyRadiomics' words, when the region extends beyond the image.
    """
    same = same_grid(image, mask)
    box = require_within(image, mask)
    spacing = new_spacing(mask, box, settings)
    nearest = sitk.sitkNearestNeighbor
    if np.allclose(image.GetSpacing(), spacing):
        if not same:
            mask = sitk.Resample(mask, image, sitk.Transform(), nearest)
            box = required_box(mask)
        return cropped(image, mask, box, settings)
    grid = new_grid(mask, box, spacing, settings)
    new_mask = nearest_on(mask, grid) if same else sitk.Resample(mask, grid, sitk.Transform(), nearest)
    interpolator = interpolator_of(settings)
    if interpolator == sitk.sitkBSpline and can_resample(image):
        return resample_spline(image, new_mask, source), new_mask
    return sitk.Resample(image, grid, sitk.Transform(), interpolator, 0.0, image.GetPixelID()), new_mask


def required_box(mask: sitk.Image) -> Box:
    """Return the box of a region; raise `ValueError` if it is empty."""
    box = box_of(mask)
    if box is None:
        raise ValueError("the region vanishes when its mask is resampled to the grid of the image")
    return box


def interpolator_of(settings: Mapping[str, Any]) -> int:
    """Return ITK's number of the interpolator: B-spline if its name is unknown."""
    interpolator = settings.get("interpolator", sitk.sitkBSpline)
    if isinstance(interpolator, str):
        return int(getattr(sitk, interpolator, sitk.sitkBSpline))
    return int(interpolator)
