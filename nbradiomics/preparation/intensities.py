"""Intensities of an image before and after its preparation: in the whole, and in the tumour."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.preparation.moved_masks import mask_on_grid
from nbradiomics.preparation.tissue import foreground
from nbradiomics.preparation.volume import values_of

#: Shares of the voxels whose intensities are recorded.
SHARES = tuple(round(step / 100, 2) for step in (1, *range(4, 97, 4), 99))


def whole_values(image: sitk.Image, body: sitk.Image | None) -> NDArray[np.float64]:
    """Intensities in the body, or in the foreground if there is no mask of the body.

    Parameters
    ----------
    image
        Without values that are not finite.
    body
        Mask on any grid; ``None`` for the foreground.
    """
    values = values_of(image)
    if values.min() == values.max():
        return values.ravel()
    inside = foreground(image) if body is None else _inside(body, image)
    return values[inside] if inside.any() else values.ravel()


def tumour_values(image: sitk.Image, region: sitk.Image | None) -> NDArray[np.float64]:
    """Intensities in a region; empty if there is none."""
    return np.empty(0) if region is None else values_of(image)[_inside(region, image)]


def _inside(mask: sitk.Image, image: sitk.Image) -> NDArray[np.bool_]:
    moved = mask_on_grid(mask, image)  # held: a view does not keep its image
    return np.asarray(sitk.GetArrayViewFromImage(moved) != 0)


def levels(image: sitk.Image, body: sitk.Image | None, region: sitk.Image | None) -> dict[str, Any]:
    """Median and interquartile range in whole and tumour, and the intensities at `SHARES`."""
    whole, tumour = whole_values(image, body), tumour_values(image, region)
    return {
        "whole_median": _median(whole),
        "whole_iqr": _iqr(whole),
        "tumour_median": _median(tumour),
        "tumour_iqr": _iqr(tumour),
        "curve": np.quantile(whole, SHARES).tolist(),
    }


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if values.size else math.nan


def _iqr(values: NDArray[np.float64]) -> float:
    if not values.size:
        return math.nan
    low, high = np.quantile(values, (0.25, 0.75))
    return float(high - low)


def require_finite(image: sitk.Image) -> None:
    """Raise `InputError` if an image has values that are not finite."""
    if not np.isfinite(sitk.GetArrayViewFromImage(image)).all():
        raise InputError(
            "the image has values that are not finite (NaN, infinity).",
            "Replace them, or leave the image out.",
        )
