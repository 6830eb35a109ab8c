r"""Filters that are defined by their transfer function: non-separable wavelets and Riesz transforms.

**Frequencies.** Along an axis of N voxels the reference response maps have the frequencies

.. math:: \nu_k = -1 + \frac{2 k}{N - 1}, \qquad k = 0, \dots, N - 1

in units of the Nyquist frequency, for the coefficients of the discrete Fourier transform from the lowest
(negative) to the highest frequency. For an even N these are half a step from the usual frequencies, the
filter is not symmetric, and the response is the real part of the inverse transform. With the usual
frequencies the maps of levels 2 and 3 differ from the references by up to 2.5 and 8 % of their range.

**Border.** The transform repeats the image (``periodic``). For the other conditions the image is first
extended by one half of its length on each side, so that the repetition lies far away; the mirror image is
then exactly periodic.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from nbradiomics.features.native.ibsi_filters.window import Array, extended

#: A transfer function of frequencies along z, y, x (in 2D y, x) that can be broadcast together.
Transfer = Callable[[Sequence[Array]], NDArray[np.complex128] | Array]
_LOWEST = 1e-12


def filtered(
    values: Array,
    transfer: Transfer,
    boundary: str,
    *,
    flat: bool,
    before: Callable[[Array], Array] | None = None,
) -> Array:
    """Apply a transfer function to an image.

    Parameters
    ----------
    values
        The whole image, axes z, y, x.
    transfer
        Transfer function.
    boundary
        What lies beyond the border.
    flat
        Whether the filter runs slice by slice.
    before
        A filter that is applied first, to the extended image.
    """
    axes = (1, 2) if flat else (0, 1, 2)
    first, last = [0, 0, 0], [0, 0, 0]
    if boundary != "periodic":
        for axis in axes:
            first[axis] = values.shape[axis] // 2
            last[axis] = values.shape[axis] - first[axis]
    wide = extended(values, first, last, boundary)
    response = _applied(before(wide) if before else wide, transfer, axes)
    inner = tuple(slice(at, at + length) for at, length in zip(first, values.shape, strict=True))
    return np.ascontiguousarray(response[inner])


def _applied(values: Array, transfer: Transfer, axes: tuple[int, ...]) -> Array:
    shape = [values.shape[axis] for axis in axes]
    gain = _real_gain(transfer, shape)
    spectrum = fft.rfftn(values, axes=axes)
    spectrum *= gain
    response: Array = fft.irfftn(spectrum, shape, axes=axes, overwrite_x=True)
    return response


def _real_gain(transfer: Transfer, shape: Sequence[int]) -> NDArray[np.complex128] | Array:
    """Transfer function whose response is the real part of that of `transfer`, for `rfftn`.

    The real part of a response belongs to the mean of the function and its conjugate at opposite frequencies.
    """
    last = shape[-1] // 2 + 1
    here = [fft.ifftshift(np.linspace(-1, 1, length)) if length > 1 else np.zeros(1) for length in shape]
    there = [np.roll(frequencies[::-1], 1) for frequencies in here]
    gains = []
    for frequencies in (here, there):
        cut = [*frequencies[:-1], frequencies[-1][:last]]
        gains.append(transfer(np.meshgrid(*cut, indexing="ij", sparse=True)))
    mean: NDArray[np.complex128] | Array = (gains[0] + np.conj(gains[1])) / 2
    return mean


def simoncelli(level: int) -> Transfer:
    r"""Return the Simoncelli wavelet of a level.

    .. math:: \cos\left(\frac{\pi}{2} \log_2 \frac{2 \lVert\nu\rVert}{\nu_j}\right), \quad
              \frac{\nu_j}{4} < \lVert\nu\rVert \le \nu_j, \qquad \nu_j = 2^{1 - j}
    """

    def transfer(frequencies: Sequence[Array]) -> Array:
        # The square of the frequency, in units of the highest one.
        squared = _magnitude_squared(frequencies) * 4.0 ** (level - 1)
        inside = (squared > 1 / 16) & (squared <= 1)
        gain = np.zeros(inside.shape)
        gain[inside] = np.cos(np.pi / 4 * np.log2(4 * squared[inside]))
        return gain

    return transfer


def shannon(level: int) -> Transfer:
    r"""Return the Shannon wavelet of a level: 1 for :math:`2^{-j} < \lVert\nu\rVert \le 2^{1-j}`, else 0."""

    def transfer(frequencies: Sequence[Array]) -> Array:
        magnitude = _magnitude(frequencies)
        highest = 2.0 ** (1 - level)
        return ((magnitude > highest / 2) & (magnitude <= highest)).astype(np.float64)

    return transfer


def riesz(orders: Sequence[int]) -> Transfer:
    r"""Return the Riesz transform of an order.

    .. math:: (-i)^L \sqrt{\frac{L!}{l_1! l_2! l_3!}}
              \frac{\nu_1^{l_1} \nu_2^{l_2} \nu_3^{l_3}}{\lVert\nu\rVert^L}, \qquad L = l_1 + l_2 + l_3

    Parameters
    ----------
    orders
        Along x, y (and z).
    """
    total = sum(orders)
    scale = math.sqrt(math.factorial(total) / math.prod(math.factorial(order) for order in orders))

    def transfer(frequencies: Sequence[Array]) -> NDArray[np.complex128]:
        magnitude = np.maximum(_magnitude(frequencies), _LOWEST)
        gain = (-1j) ** total * scale * np.ones_like(magnitude)
        for order, along in zip(orders, reversed(frequencies), strict=True):
            gain = gain * (along / magnitude) ** order
        return gain

    return transfer


def after(first: Transfer, second: Transfer) -> Transfer:
    """Return the product of two transfer functions."""
    return lambda frequencies: first(frequencies) * second(frequencies)


def _magnitude(frequencies: Sequence[Array]) -> Array:
    found: Array = np.sqrt(_magnitude_squared(frequencies))
    return found


def _magnitude_squared(frequencies: Sequence[Array]) -> Array:
    return np.asarray(sum(one**2 for one in frequencies))
