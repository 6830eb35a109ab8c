"""PyRadiomics' resampled grid around a mask, computed from the mask's box instead of by ITK's statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.grid.box import Box
from nbradiomics.features.native.grid.rows import rows_of

_PAD = 5  # PyRadiomics' default


def new_spacing(mask: sitk.Image, box: Box, settings: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the spacing of PyRadiomics' grid: 0 keeps the mask's own, and so does a region of one slice.

    Parameters
    ----------
    mask
        On any grid.
    box
        Box of the mask's region.
    settings
        `resampledPixelSpacing`.
    """
    own, wanted = np.array(mask.GetSpacing()), np.array(settings["resampledPixelSpacing"])
    return np.where((wanted == 0) | (np.array(box.size[::-1]) == 1), own, wanted)


def new_grid(
    mask: sitk.Image, box: Box, spacing: NDArray[np.float64], settings: Mapping[str, Any]
) -> sitk.Image:
    """Make the empty grid that PyRadiomics makes around the region of a mask.

    Parameters
    ----------
    mask
        On any grid.
    box
        Box of its region.
    spacing
        Result of `new_spacing`.
    settings
        `padDistance`.

    Notes
    -----
    The arithmetic is that of PyRadiomics' `resampleImage`, step by step: the origin has the same bits.
    """
    own, lower, size = np.array(mask.GetSpacing()), np.array(box.lower[::-1]), np.array(box.size[::-1])
    ratio = own / spacing
    pad = settings.get("padDistance", _PAD)
    first = np.floor((lower - 0.5) * ratio - pad)
    last = np.ceil((lower + size - 0.5) * ratio + pad)
    most = np.ceil(np.array(mask.GetSize()) * ratio) - 1
    first = np.where(first < 0, 0, first)
    last = np.where(last > most, most, last)
    origin = np.array(0.5 * (spacing - own) / own) + first / ratio
    grid = sitk.Image(np.array(last - first + 1, dtype="int").tolist(), sitk.sitkUInt8)
    grid.SetSpacing(spacing.tolist())
    grid.SetDirection(mask.GetDirection())
    grid.SetOrigin(mask.TransformContinuousIndexToPhysicalPoint(origin.tolist()))
    return grid


def nearest_on(mask: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """Resample a mask onto a grid by nearest neighbours, as ITK does; 0 outside the mask's grid."""
    rows = rows_of(mask, grid)
    voxels = sitk.GetArrayViewFromImage(mask)
    width, height, depth = grid.GetSize()
    values = np.zeros((depth * height, width), voxels.dtype)
    _take_nearest(np.asarray(voxels), rows.starts, rows.ends, values)
    resampled = sitk.GetImageFromArray(values.reshape(depth, height, width))
    resampled.CopyInformation(grid)
    return resampled


@compiled
def _take_nearest(
    voxels: NDArray[Any], starts: NDArray[np.float64], ends: NDArray[np.float64], result: NDArray[Any]
) -> None:
    """Copy the nearest voxel (axes z, y, x) of every voxel of every row; see `Rows`."""
    number, width = result.shape
    nearest = np.empty((3, width), np.int64)
    for row in range(number):
        for axis in range(3):
            start, end = starts[row, axis], ends[row, axis]
            if row and start == starts[row - 1, axis] and end == ends[row - 1, axis]:
                continue
            size = voxels.shape[2 - axis]
            for x in range(width):
                place = start + x / width * (end - start)
                inside = (place >= -0.5) and (place < size - 0.5)
                nearest[axis, x] = math.floor(place + 0.5) if inside else -1
        for x in range(width):
            if nearest[0, x] >= 0 and nearest[1, x] >= 0 and nearest[2, x] >= 0:
                result[row, x] = voxels[nearest[2, x], nearest[1, x], nearest[0, x]]
