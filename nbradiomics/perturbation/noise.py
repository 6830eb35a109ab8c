r"""Noise: its level in an image, and an image with more of it.

The level is estimated from the finest diagonal wavelet coefficients, which contain little of the anatomy
(Chang et al. 2000 [1]_):

.. math:: \hat\sigma = \operatorname{median}(|w_{HH}|) / \Phi^{-1}(3/4)

with the undecimated wavelet ``coif1`` within each slice. Slices are not filtered across: they are usually
thicker than their voxels, so that differences between them are anatomy. The noise is read in the box
around the region, widened by `MARGIN_MM`: the level of magnitude images differs from place to place, and far
away it may be that of air. Places where 3 x 3 voxels are equal (masked background) are left out.

References
----------
.. [1] Chang SG, Yu B, Vetterli M. Adaptive wavelet thresholding for image denoising and compression. IEEE
   Trans Image Process 2000;9(9):1532-1546.
"""

from __future__ import annotations

import math

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from nbradiomics.errors import InputError
from nbradiomics.perturbation.boxes import box_around, voxels_in, voxels_of

#: Width of the surroundings in which noise is measured, in mm.
MARGIN_MM = 25.0
#: Smallest number of wavelet coefficients for an estimate: its standard error is then about 5 %.
LEAST_COEFFICIENTS = 500
#: Smallest level of noise, as a share of the range of intensities. Less of it is rounding.
LEAST_LEVEL = 1e-6
#: Number types that single precision represents exactly.
SINGLE = (sitk.sitkInt8, sitk.sitkUInt8, sitk.sitkInt16, sitk.sitkUInt16, sitk.sitkFloat32)
#: Upper quartile of the standard normal distribution.
_QUARTILE = 0.6744897501960817
_ROOT = math.sqrt(7.0)
#: High-pass filter of the wavelet coif1: length 1, sum 0.
_HIGH_PASS = np.array([_ROOT - 3, _ROOT - 1, 14 - 2 * _ROOT, -14 - 2 * _ROOT, 5 + _ROOT, _ROOT - 1]) / (
    16 * math.sqrt(2.0)
)


def noise_level(image: sitk.Image, region: sitk.Image) -> float:
    """Estimate the standard deviation of the noise around a region.

    Parameters
    ----------
    image
        Three-dimensional; slices along the third axis.
    region
        On the grid of the image.

    Returns
    -------
    float
        In the units of the image.

    Raises
    ------
    InputError
        When the region is empty, too little of the image around it can be used, or it has no noise.
    """
    margin = voxels_in(MARGIN_MM, image.GetSpacing()[::-1])
    box = box_around(voxels_of(region), margin)
    values = sitk.GetArrayViewFromImage(image)[box].astype(np.float64)
    width = len(_HIGH_PASS)
    if min(values.shape[1:]) < width:
        raise InputError(
            f"the slices have {values.shape[2]} x {values.shape[1]} voxels, too few to estimate noise; "
            f"{width} x {width} are needed.",
            "Use a chain without noise.",
        )
    coefficients = _diagonal(values)
    used = coefficients[~_at_background(values, width)]
    if used.size < LEAST_COEFFICIENTS:
        raise InputError(
            f"the noise can be estimated at {used.size} places around the mask only; "
            f"{LEAST_COEFFICIENTS} are needed (places where 3 x 3 voxels are equal do not count).",
            "Use a chain without noise.",
        )
    level = float(np.median(np.abs(used)) / _QUARTILE)
    _require_noise(level, values)
    return level


def _require_noise(level: float, values: NDArray[np.float64]) -> None:
    """Raise `InputError` if there is no noise: every variant would be the original, and seem stable."""
    if not level > LEAST_LEVEL * np.ptp(values):
        raise InputError(
            f"the image has no noise around the mask: its level is {level:.2g}, with intensities from "
            f"{values.min():.6g} to {values.max():.6g}.",
            "Use a chain without noise for images that were smoothed, or made by a computer.",
        )


def with_noise(image: sitk.Image, level: float, rng: np.random.Generator) -> sitk.Image:
    """Add Gaussian noise with the standard deviation `level`; the result is a floating-point image."""
    values = sitk.GetArrayFromImage(image)
    kind = np.float32 if image.GetPixelID() in SINGLE else np.float64
    noisy = values.astype(np.float64) + level * rng.standard_normal(values.shape)
    result = sitk.GetImageFromArray(noisy.astype(kind))
    result.CopyInformation(image)
    return result


def _diagonal(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Diagonal wavelet coefficients within the slices, where the filter lies inside the array."""
    rows = _filtered(values, axis=1)
    return _filtered(rows, axis=2)


def _filtered(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    length = values.shape[axis] - len(_HIGH_PASS) + 1
    parts = [
        weight * values.take(range(start, start + length), axis=axis)
        for start, weight in enumerate(_HIGH_PASS)
    ]
    return np.asarray(sum(parts), dtype=np.float64)


def _at_background(values: NDArray[np.float64], width: int) -> NDArray[np.bool_]:
    """Whether there is a constant place of 3 x 3 voxels under the filter, at each place of the filter."""
    constant = ndimage.maximum_filter(values, (1, 3, 3)) == ndimage.minimum_filter(values, (1, 3, 3))
    touched = ndimage.maximum_filter(constant.astype(np.uint8), (1, width, width))
    lead = width // 2
    inner = tuple(slice(lead, lead + values.shape[axis] - width + 1) for axis in (1, 2))
    return np.asarray(touched[:, inner[0], inner[1]] > 0)
