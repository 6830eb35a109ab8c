"""Steps that change intensities, or choose voxels by them: normalisation and re-segmentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import SimpleITK as sitk

from nbradiomics.features.native.grid.mask_checks import INSIDE


def normalised(image: sitk.Image, settings: Mapping[str, Any]) -> sitk.Image:
    r"""Normalise an image by mean and standard deviation of all its voxels, if the settings request it.

    :math:`s (x - \mu) / \sigma`, limited to :math:`\pm s k`; s is `normalizeScale`, and k `removeOutliers`.
    """
    if not settings.get("normalize", False):
        return image
    result = sitk.Normalize(image)
    outliers = settings.get("removeOutliers")
    if outliers is not None:
        values = sitk.GetArrayFromImage(result)
        limited = sitk.GetImageFromArray(np.clip(values, -outliers, outliers, out=values))
        limited.CopyInformation(result)
        result = limited
    return sitk.Multiply(result, float(settings.get("normalizeScale", 1)))


def within_range(image: sitk.Image, mask: sitk.Image, settings: Mapping[str, Any]) -> sitk.Image:
    """Keep the voxels of a region whose intensities are within `resegmentRange`.

    Parameters
    ----------
    image, mask
        On the same grid; the region has the value `INSIDE`.
    settings
        `resegmentRange`, the lower limit or both, included; `resegmentMode`: the limits are intensities
        (``absolute``), shares of the region's largest intensity (``relative``), or numbers of standard
        deviations from its mean (``sigma``).

    Raises
    ------
    ValueError
        When fewer than two voxels remain.
    """
    inside = sitk.GetArrayViewFromImage(mask) == INSIDE
    values = sitk.GetArrayViewFromImage(image)[inside]
    limits = sorted(settings["resegmentRange"])
    mode = settings.get("resegmentMode", "absolute")
    # In the image's own number type, as in PyRadiomics.
    if mode == "relative":
        limits = [values.max() * limit for limit in limits]
    elif mode == "sigma":
        mean, deviation = values.mean(), values.std()
        limits = [mean + deviation * limit for limit in limits]
    kept = values >= limits[0]
    if len(limits) == 2:
        kept &= values <= limits[1]
    number = int(np.count_nonzero(kept))
    if number <= 1:
        raise ValueError(
            f"Resegmentation excluded too many voxels with label {INSIDE} (retained {number} voxel(s))! "
            "Cannot extract features"
        )
    remaining = np.zeros(inside.shape, np.uint32)
    remaining[inside] = kept * np.uint32(INSIDE)
    result = sitk.GetImageFromArray(remaining)
    result.CopyInformation(mask)
    return result
