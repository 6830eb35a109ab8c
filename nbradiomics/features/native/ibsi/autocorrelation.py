r"""Spatial autocorrelation of intensities: Moran's I and Geary's C of the family `morph`.

Both sum over all pairs of voxels, weighted by the inverse distance of their centres (IBSI reference manual,
arXiv:1612.07003, section 3.1, N365 and NPT7). On a grid a weight depends on the step between two voxels
alone, so that the sums are convolutions: by Parseval's theorem, :math:`\sum_{ij} w_{ij} a_i b_j` is a sum
over frequencies of the products of three transforms. This takes n log n steps for n voxels of the box
instead of n squared, and gives the values of the sum over all pairs, except for rounding.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Floats = NDArray[np.float64]
#: Largest number of complex numbers that are transformed at a time: 128 MB.
_AT_A_TIME = 8_000_000


def autocorrelation_features(
    image: Floats, inside: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> dict[str, float]:
    r"""Compute Moran's I and Geary's C.

    With :math:`N` voxels, their deviations from the mean :math:`d_i`, and the weights :math:`w_{ij}`:

    .. math::
        I = \frac{N}{\sum w_{ij}} \frac{\sum w_{ij} d_i d_j}{\sum d_i^2}, \qquad
        C = \frac{N - 1}{2 \sum w_{ij}} \frac{\sum w_{ij} (d_i - d_j)^2}{\sum d_i^2}

    Parameters
    ----------
    image
        Intensities in the region's box, axes z, y, x.
    inside
        Voxels of the region, the same shape.
    spacing
        Voxel edges in mm, z, y, x.

    Returns
    -------
    dict
        ``moran_i`` and ``geary_c``; NaN if all intensities are the same.
    """
    values = image[inside]
    number = len(values)
    if values.min() == values.max():
        return {"moran_i": math.nan, "geary_c": math.nan}
    deviations = np.zeros(image.shape)
    deviations[inside] = values - values.mean()
    # A scale of 1 keeps the rounding of every sum alike.
    deviations /= np.abs(deviations).max()
    squares = float(np.sum(deviations * deviations))
    products, of_squares, weights = _weighted_sums(deviations, inside, spacing)
    return {
        "moran_i": number * products / (weights * squares),
        "geary_c": (number - 1) * (of_squares - products) / (weights * squares),
    }


def _weighted_sums(
    deviations: Floats, inside: NDArray[np.bool_], spacing: tuple[float, float, float]
) -> tuple[float, float, float]:
    r"""Sum over all pairs :math:`w d_i d_j`, :math:`w d_i^2` and :math:`w`."""
    # A transform of twice the half length holds every step between two voxels, in either direction.
    half = [fft.next_fast_len(length) for length in deviations.shape]
    weights = _transformed_weights(half, spacing)
    fields = (deviations, inside.astype(np.float64), deviations * deviations)
    spectra = [fft.rfft(one, n=2 * half[2], axis=2) for one in fields]
    sums = np.zeros(3)
    columns = max(1, _AT_A_TIME // (4 * half[0] * half[1]))
    for start in range(0, half[2] + 1, columns):
        part = slice(start, start + columns)
        d, m, q = (fft.fft2(one[:, :, part], s=(2 * half[0], 2 * half[1]), axes=(0, 1)) for one in spectra)
        folded = weights[:, :, part]
        # All columns but the first and the last stand for two frequencies.
        doubled = np.where(np.isin(np.arange(half[2] + 1)[part], (0, half[2])), 1.0, 2.0)
        for place, product in enumerate((_product(d, d), _product(q, m), _product(m, m))):
            sums[place] += float(np.sum(_folded(product, half) * folded * doubled))
    products, of_squares, total = (sums / (8 * math.prod(half))).tolist()
    return products, of_squares, total


def _product(one: NDArray[np.complex128], other: NDArray[np.complex128]) -> Floats:
    real: Floats = one.real * other.real + one.imag * other.imag
    return real


def _folded(product: Floats, half: list[int]) -> Floats:
    """Add the values of opposite frequencies along z and y, for which the weights are the same."""
    for axis in (0, 1):
        middle = half[axis]
        product = np.moveaxis(product, axis, 0)
        upper = product[middle + 1 :][::-1]
        product = product[: middle + 1].copy()
        product[1:middle] += upper
        product = np.moveaxis(product, 0, axis)
    return product


def _transformed_weights(half: list[int], spacing: tuple[float, float, float]) -> Floats:
    """Transform the inverse distance of a step, which is even along each axis: a cosine transform."""
    z, y, x = ((np.arange(length + 1) * edge) ** 2 for length, edge in zip(half, spacing, strict=True))
    squared = z[:, None, None] + y[:, None] + x
    squared[0, 0, 0] = 1
    weights = 1 / np.sqrt(squared)
    weights[0, 0, 0] = 0  # no voxel is a pair with itself
    transformed: Floats = fft.dctn(weights, type=1, overwrite_x=True)
    return transformed
