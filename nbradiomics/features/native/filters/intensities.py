r"""Filters of single voxels: square, square root, logarithm, exponential, as PyRadiomics defines them.

All are scaled by the largest absolute intensity of the image, :math:`m`, so that the filtered image has the
range of the original one. The order of the operations is PyRadiomics', so that the values have the same bits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def square(image: NDArray[np.generic]) -> NDArray[np.float64]:
    r""":math:`(x / \sqrt{m})^2`."""
    values = image.astype(np.float64)
    values *= 1 / np.sqrt(np.max(np.abs(values)))
    return np.square(values, out=values)


def square_root(image: NDArray[np.generic]) -> NDArray[np.float64]:
    r""":math:`\sqrt{m |x|}`, with the sign of :math:`x`."""
    values = image.astype(np.float64)
    sizes = np.abs(values)
    sizes *= np.max(sizes)
    return np.copysign(np.sqrt(sizes, out=sizes), values, out=sizes)


def logarithm(image: NDArray[np.generic]) -> NDArray[np.float64]:
    r""":math:`\log(|x| + 1) \, m / \log(m + 1)`, with the sign of :math:`x`."""
    values = image.astype(np.float64)
    sizes = np.abs(values)
    largest = np.max(sizes)
    sizes += 1
    np.log(sizes, out=sizes)
    scale = largest / np.max(sizes)
    np.copysign(sizes, values, out=sizes)
    sizes *= scale
    return sizes


def exponential(image: NDArray[np.generic]) -> NDArray[np.float64]:
    r""":math:`\exp(x \log(m) / m)`."""
    values = image.astype(np.float64)
    largest = np.max(np.abs(values))
    values *= np.log(largest) / largest
    return np.exp(values, out=values)
