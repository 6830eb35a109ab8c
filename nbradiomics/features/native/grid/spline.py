r"""Resampling by cubic B-splines, with exactly the values of ITK.

An image is written as a sum of B-splines :math:`\beta` on its voxels,

.. math:: f(x) = \sum_i c_i \beta(x - i), \qquad
          \beta(t) = \begin{cases} 2/3 - t^2 + |t|^3 / 2 & |t| < 1 \\
                                   (2 - |t|)^3 / 6 & 1 \le |t| < 2 \end{cases}

whose coefficients `c` make the sum equal to the image at every voxel; the sum is then evaluated at the new
voxels (Unser, IEEE Signal Processing Magazine 1999 [1]_). The coefficients come from a recursive filter along
each axis in turn, with the pole :math:`z = \sqrt{3} - 2`, once forwards and once backwards; at its border the
image is mirrored about the last voxel's centre. For an image of two voxels along an axis, ITK mirrors only
once and reads beyond its memory; here the image is mirrored repeatedly.

An image of whole numbers is truncated after resampling, as in ITK, so that the last bit of a sum could cost a
grey level in a new voxel that coincides with an old one. Therefore sums run in ITK's order (its
BSplineDecompositionImageFilter, BSplineInterpolateImageFunction and ResampleImageFilter). Two things make it
faster: lines are filtered side by side, and only the coefficients that the new grid needs are computed.

References
----------
.. [1] Unser M. Splines: a perfect fit for signal and image processing. IEEE Signal Process Mag
   1999;16(6):22-38.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from nbradiomics.features.native.arithmetic import rounds_as_itk
from nbradiomics.features.native.grid.rows import Rows, rows_of
from nbradiomics.features.native.grid.spline_coefficients import coefficients
from nbradiomics.features.native.grid.spline_sum import evaluate

#: Smallest number of voxels along each axis, here and for ITK, which with 2 reads beyond its memory.
_LEAST, _LEAST_OF_ITK = 2, 3
#: Number types that double precision represents exactly.
_KINDS = (
    sitk.sitkInt8,
    sitk.sitkUInt8,
    sitk.sitkInt16,
    sitk.sitkUInt16,
    sitk.sitkInt32,
    sitk.sitkUInt32,
    sitk.sitkFloat32,
    sitk.sitkFloat64,
)
#: Slices that are made at a time: this limits the memory for values in double precision.
_SLICES = 16


def can_resample(image: sitk.Image) -> bool:
    """Whether `resample_spline` can be used: it gives ITK's values, or ITK gives none."""
    least = min(image.GetSize())
    exact = rounds_as_itk() or least < _LEAST_OF_ITK
    return image.GetPixelID() in _KINDS and least >= _LEAST and exact


class Source:
    """An image from which several grids are interpolated: its coefficients are computed once.

    Parameters
    ----------
    image
        Three-dimensional, finite; see `can_resample`.
    only_region
        Whether each row is computed from its first to its last voxel of the region, and the others are 0:
        enough for features of the image itself, but not for a filter.
    """

    def __init__(self, image: sitk.Image, *, only_region: bool) -> None:
        self.image = image
        self.only_region = only_region

    @cached_property
    def coefficients(self) -> NDArray[np.float64]:
        """Coefficients of the whole image, axes z, y, x."""
        size = np.array(self.image.GetSize(), dtype=np.int64)
        voxels = sitk.GetArrayViewFromImage(self.image)
        return coefficients(voxels, np.zeros_like(size), size - 1)


def resample_spline(image: sitk.Image, grid: sitk.Image, source: Source | None = None) -> sitk.Image:
    """Resample an image onto a grid by cubic B-splines; 0 outside the image.

    Parameters
    ----------
    image
        Three-dimensional, finite; see `can_resample`.
    grid
        Image that gives size, spacing, origin and direction; its voxels are used only for `only_region`.
    source
        The image, if it is resampled several times; it does not change the values.

    Returns
    -------
    SimpleITK.Image
        In the number type of `image`: whole numbers are truncated, all values clipped to the type's range.
    """
    voxels = sitk.GetArrayViewFromImage(image)
    size = np.array(image.GetSize())
    rows = rows_of(image, grid)
    if source is None:
        lower, upper = _needed(rows, image.GetSize())
        splines = coefficients(voxels, lower, upper)
    else:
        lower, splines = np.zeros(3, np.int64), source.coefficients
    width, height, depth = grid.GetSize()
    result = np.zeros((depth * height, width), voxels.dtype)
    chosen, spans = np.arange(len(result)), np.tile([0, width], (len(result), 1))
    if source is not None and source.only_region:
        chosen, spans = _spans(sitk.GetArrayViewFromImage(grid).reshape(-1, width) != 0)
    limits = np.iinfo(result.dtype) if result.dtype.kind in "iu" else np.finfo(result.dtype)
    for start in range(0, len(chosen), _SLICES * height):
        these = slice(start, start + _SLICES * height)
        part = chosen[these]
        values = np.zeros((len(part), width))
        evaluate(splines, lower, size, rows.starts[part], rows.ends[part], spans[these], values)
        result[part] = np.clip(values, limits.min, limits.max, out=values)
    resampled = sitk.GetImageFromArray(result.reshape(depth, height, width))
    resampled.CopyInformation(grid)
    return resampled


def _spans(inside: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows with a voxel of the region; and for each its first such voxel, and the one after the last."""
    chosen = np.flatnonzero(inside.any(axis=1))
    first = inside[chosen].argmax(axis=1)
    after = inside.shape[1] - inside[chosen, ::-1].argmax(axis=1)
    return chosen, np.stack([first, after], axis=1)


def _needed(rows: Rows, size: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and last coefficient that the rows need along x, y, z, with mirrored positions."""
    places = np.concatenate([rows.starts, rows.ends])
    last = np.array(size) - 1
    # One more on either side than the B-splines reach, because positions are rounded to single precision. At
    # a border the three coefficients next to it are needed for mirrored positions.
    lower = np.clip(np.floor(places.min(axis=0)).astype(np.int64) - 2, 0, np.maximum(last - 3, 0))
    upper = np.clip(np.floor(places.max(axis=0)).astype(np.int64) + 3, np.minimum(last, 3), last)
    return lower, upper
