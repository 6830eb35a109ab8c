"""PyRadiomics' resampled grid around a mask, computed from the mask's box instead of by ITK's statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

_PAD = 5  # PyRadiomics' default


def resampled_mask(
    mask: sitk.Image, lower: NDArray[np.int64], size: NDArray[np.int64], settings: Mapping[str, Any]
) -> sitk.Image | None:
    """Resample a mask onto the grid that PyRadiomics makes around it, by nearest neighbours.

    Parameters
    ----------
    mask
        On the grid of its image.
    lower, size
        First voxel of the mask's box, and its number of voxels, along x, y, z.
    settings
        `resampledPixelSpacing` and `padDistance`.

    Returns
    -------
    SimpleITK.Image
        ``None`` if the spacing is the image's own: PyRadiomics then crops instead.

    Notes
    -----
    The arithmetic is that of PyRadiomics' `resampleImage`, step by step: the origin has the same bits.
    """
    own = np.array(mask.GetSpacing())
    wanted = np.array(settings["resampledPixelSpacing"])
    wanted = np.where(wanted == 0, own, wanted)
    wanted = np.where(size != 1, wanted, own)
    if np.allclose(own, wanted):
        return None
    ratio = own / wanted
    pad = settings.get("padDistance", _PAD)
    first = np.floor((lower - 0.5) * ratio - pad)
    last = np.ceil((lower + size - 0.5) * ratio + pad)
    most = np.ceil(np.array(mask.GetSize()) * ratio) - 1
    first = np.where(first < 0, 0, first)
    last = np.where(last > most, most, last)
    origin = np.array(0.5 * (wanted - own) / own) + first / ratio
    resampler = sitk.ResampleImageFilter()
    resampler.SetOutputSpacing(wanted.tolist())
    resampler.SetOutputDirection(mask.GetDirection())
    resampler.SetSize(np.array(last - first + 1, dtype="int").tolist())
    resampler.SetOutputOrigin(mask.TransformContinuousIndexToPhysicalPoint(origin.tolist()))
    resampler.SetOutputPixelType(mask.GetPixelID())
    resampler.SetInterpolator(sitk.sitkNearestNeighbor)
    return resampler.Execute(mask)
