"""Resampling and re-segmentation as the IBSI defines them (reference manual, chapter on image processing)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.grid.mask_checks import require_within
from nbradiomics.features.native.grid.mask_grid import new_grid, new_spacing
from nbradiomics.features.native.grid.resampling import interpolator_of, resampled as pyradiomics_resampled
from nbradiomics.features.native.grid.spline import can_resample, resample_spline
from nbradiomics.features.parameters.ibsi import Ibsi

#: Part of a voxel by which a grid may be longer without a further voxel: files store voxel sizes in single
#: precision.
_SLACK = 1e-3
#: Half-way between two slices a mask is one half, except for rounding.
_HALF = 0.5 - 1e-6


def resampled(
    image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any], ibsi: Ibsi
) -> tuple[sitk.Image, sitk.Image]:
    """Resample an image and its mask as set by the switches, and otherwise as PyRadiomics does.

    Parameters
    ----------
    image
        Three-dimensional.
    mask
        The region has the value `settings["label"]`.
    settings
        PyRadiomics' `resampledPixelSpacing`, `interpolator`, `padDistance`, `label`.
    ibsi
        `grid_alignment`, `mask_interpolation`, `rounding`. With `rounding` the image is resampled with double
        precision; otherwise it keeps its number type, and a type of whole numbers truncates the values, as in
        PyRadiomics.

    Returns
    -------
    SimpleITK.Image, SimpleITK.Image
        Image and mask on the new grid, cropped `padDistance` voxels around the mask. If the voxels already
        have the requested size, nothing is interpolated or rounded.

    Raises
    ------
    ValueError
        With PyRadiomics' words, when the region extends beyond the image or the settings are unsuitable.
    """
    box = require_within(image, mask)
    spacing = tuple(new_spacing(mask, box, settings).tolist())
    if np.allclose(image.GetSpacing(), spacing):
        return pyradiomics_resampled(image, mask, settings)
    label = int(settings["label"])
    padding = settings.get("padDistance", 5)
    grid = (
        centred_grid(mask, label, spacing, padding)
        if ibsi.grid_alignment
        else new_grid(mask, box, np.array(spacing), settings)
    )
    kind = sitk.sitkFloat64 if ibsi.rounding else image.GetPixelID()
    new_image = onto(grid, image, interpolator_of(settings), kind)
    if ibsi.rounding:
        new_image = _like(np.rint(sitk.GetArrayViewFromImage(new_image)), grid)
    if not ibsi.mask_interpolation:
        return new_image, onto(grid, mask, sitk.sitkNearestNeighbor, mask.GetPixelID())
    share = onto(grid, sitk.Equal(mask, label), sitk.sitkLinear, sitk.sitkFloat64)
    inside = sitk.GetArrayViewFromImage(share) >= _HALF
    return new_image, _like((inside * label).astype(np.uint32), grid)


def centred_grid(
    mask: sitk.Image, label: int, spacing: tuple[float, ...], padding: int | float
) -> sitk.Image:
    r"""Make a grid with a new spacing and the same centre as the mask's grid, cropped around the region.

    Along an axis of :math:`n_a` voxels of :math:`s_a` mm it has
    :math:`n_b = \lceil n_a s_a / s_b \rceil` voxels of :math:`s_b` mm, the first at
    :math:`(n_a - 1 - (n_b - 1) s_b / s_a) / 2` in voxels of the old grid (IBSI reference manual, "align grid
    centers", 3WE3, 026Q and QCY4).

    Parameters
    ----------
    mask
        The region has the value `label`.
    label
        See above.
    spacing
        Voxel edges of the new grid in mm, x, y, z.
    padding
        Voxels of the new grid that are kept around the region.

    Returns
    -------
    SimpleITK.Image
        Empty, on the new grid.
    """
    old, new = np.array(mask.GetSpacing()), np.array(spacing)
    size = np.array(mask.GetSize())
    length = np.ceil(size * old / new - _SLACK)
    step = new / old
    first = (size - 1 - (length - 1) * step) / 2
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(sitk.Equal(mask, label))
    box = np.array(shape.GetBoundingBox(1))
    # The region's voxels end half a voxel beyond their centres; a new voxel may lie exactly on this border.
    lower = np.floor(np.round((box[:3] - 0.5 - first) / step - padding, 6))
    upper = np.ceil(np.round((box[:3] + box[3:] - 0.5 - first) / step + padding, 6))
    lower, upper = np.maximum(lower, 0), np.minimum(upper, length - 1)
    grid = sitk.Image([int(voxels) for voxels in upper - lower + 1], sitk.sitkUInt8)
    grid.SetSpacing(spacing)
    grid.SetDirection(mask.GetDirection())
    grid.SetOrigin(mask.TransformContinuousIndexToPhysicalPoint((first + lower * step).tolist()))
    return grid


def within_outliers(image: sitk.Image, mask: sitk.Image, deviations: float, label: int) -> NDArray[np.bool_]:
    r"""Find the region's voxels with intensities within :math:`[\mu - k \sigma, \mu + k \sigma]`.

    Intensity outlier filtering (IBSI reference manual, 7ACA), after Collewet et al., Magn Reson Imaging
    2004;22:81-91. The standard deviation is that of the region, divided by its number of voxels.

    Parameters
    ----------
    image, mask
        On the same grid; the region has the value `label`.
    deviations
        Number of standard deviations, k.
    label
        See above.

    Returns
    -------
    numpy.ndarray
        Axes z, y, x.
    """
    inside: NDArray[np.bool_] = sitk.GetArrayViewFromImage(mask) == label
    intensities = sitk.GetArrayViewFromImage(image).astype(np.float64)
    mean, spread = intensities[inside].mean(), intensities[inside].std()
    kept: NDArray[np.bool_] = inside & (np.abs(intensities - mean) <= deviations * spread)
    return kept


def without_outliers(
    image: sitk.Image, mask: sitk.Image, kept: sitk.Image, deviations: float, label: int
) -> sitk.Image:
    """Apply the range and the outlier limits of a region, both computed on the same region.

    Parameters
    ----------
    image, mask
        On the same grid; the region before re-segmentation has the value `label`.
    kept
        The region after re-segmentation to a range, or `mask`.
    deviations
        See `within_outliers`.
    label
        See above.

    Raises
    ------
    ValueError
        When fewer than two voxels remain.
    """
    remaining = within_outliers(image, mask, deviations, label) & (sitk.GetArrayViewFromImage(kept) == label)
    number = np.count_nonzero(remaining)
    if number < 2:
        raise ValueError(f"{number} voxels of the region remain after re-segmentation; at least 2 are needed")
    return _like((remaining * label).astype(np.uint32), mask)


def onto(grid: sitk.Image, image: sitk.Image, interpolator: int, kind: int) -> sitk.Image:
    """Resample an image onto a grid; 0 outside the image."""
    if interpolator == sitk.sitkBSpline and can_resample(image):
        return resample_spline(sitk.Cast(image, kind), grid)
    return sitk.Resample(image, grid, sitk.Transform(), interpolator, 0.0, kind)


def _like(array: NDArray[Any], grid: sitk.Image) -> sitk.Image:
    image = sitk.GetImageFromArray(array)
    image.CopyInformation(grid)
    return image
