"""The voxels that a step learns from: whole image, foreground, body, reference tissue."""

from __future__ import annotations

from typing import Literal

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.preparation.volume import Volume

#: Names of the voxels that a normalisation measures.
Over = Literal["image", "foreground", "body", "reference"]
OVER = (
    "Voxels that are measured: image (all), foreground (above Otsu's threshold of this image), body or "
    "reference (masks that must be given)"
)
#: Fewest voxels for a mean and a standard deviation: the standard error of the latter is then about 10 %.
LEAST_VOXELS = 50


def voxels_over(volume: Volume, over: Over) -> NDArray[np.bool_]:
    """Voxels that a step measures, z, y, x.

    Raises
    ------
    InputError
        When the mask is not there, or there are fewer than `LEAST_VOXELS` voxels.
    """
    inside = _chosen(volume, over)
    count = int(np.count_nonzero(inside))
    if count < LEAST_VOXELS:
        raise InputError(
            f"{count} voxels can be measured ({over}); at least {LEAST_VOXELS} were expected.",
            "Draw a larger mask, or choose other voxels (`over`).",
        )
    return inside


def foreground(image: sitk.Image, method: str = "otsu") -> NDArray[np.bool_]:
    """Voxels above a threshold of the image's own histogram, z, y, x.

    Parameters
    ----------
    image
        Not constant.
    method
        ``otsu``, which gives the same voxels whatever gain and offset an image has; or ``li`` (minimum cross
        entropy), which depends on the offset, but leaves out fewer of the darker tissues.
    """
    filters = {"otsu": sitk.OtsuThreshold, "li": sitk.LiThreshold}
    marked = filters[method](sitk.Cast(image, sitk.sitkFloat64), 0, 1)
    return np.asarray(sitk.GetArrayViewFromImage(marked) != 0)


def _chosen(volume: Volume, over: Over) -> NDArray[np.bool_]:
    if over == "image":
        return np.ones(volume.image.GetSize()[::-1], dtype=bool)
    if over == "foreground":
        return foreground(volume.image)
    mask = volume.body if over == "body" else volume.reference
    if mask is None:
        what = "body" if over == "body" else "reference tissue"
        raise InputError(
            f"there is no mask of the {what}, which the step needs (over={over}).",
            "Give the mask for every image, or choose other voxels for all images: over=image or "
            "over=foreground.",
        )
    return np.asarray(sitk.GetArrayViewFromImage(mask) != 0)
