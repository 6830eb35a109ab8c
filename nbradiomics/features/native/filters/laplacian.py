r"""Laplacian of Gaussian by recursive filters, with exactly the values of ITK.

A Gaussian and its derivatives are approximated by sums of two damped oscillations

.. math:: (a_1 \cos(w_1 t) + b_1 \sin(w_1 t)) e^{l_1 t} + (a_2 \cos(w_2 t) + b_2 \sin(w_2 t)) e^{l_2 t},
          \qquad t = n / \sigma

(Deriche 1993 [1]_, constants of Farnebäck and Westin 2006 [2]_), whose convolution is a recursion of fourth
order along each line, once forwards and once backwards: its cost does not depend on :math:`\sigma`. Beyond
its ends a line continues with its last value. The Laplacian is the sum over the three axes of the second
derivative along the axis, smoothed along the other two, times :math:`\sigma^2`.

These images are binned into grey levels, and a value next to a bin's edge must stay in its bin: sums run in
ITK's order, lines in double precision, and each pass is rounded to single precision, as in ITK's
LaplacianRecursiveGaussianImageFilter.

References
----------
.. [1] Deriche R. Recursively implementing the Gaussian and its derivatives. INRIA research report 1893, 1993.
.. [2] Farnebäck G, Westin C-F. Improving Deriche-style recursive Gaussian filters. J Math Imaging Vis
2006;26:293-299.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.filters.recursive_lines import (
    add_columns,
    filter_columns,
    filter_rows,
    memory_for,
)
from nbradiomics.features.native.grid.box import Box

#: Frequencies and dampings of the two oscillations.
_W1, _L1, _W2, _L2 = 0.6681, -1.3932, 2.0787, -1.3732
#: Amplitudes a1, b1, a2, b2 of the Gaussian and of its second derivative.
_GAUSSIAN = (1.3530, 1.8151, -0.3531, 0.0902)
_SECOND = (-1.3563, 5.2318, 0.3446, -2.2355)
Four = tuple[float, float, float, float]
Image = NDArray[np.float32]
#: First voxel of a part of an image, z, y, x, and its size.
Bounds = tuple[int, int, int, int, int, int]
#: Coefficients of three filters, in their order.
Passes = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class _Numerator:
    """Coefficients of the inputs in the forward recursion, and their moments of order 0, 1 and 2."""

    n: Four

    @property
    def moments(self) -> tuple[float, float, float]:
        n0, n1, n2, n3 = self.n
        return n0 + n1 + n2 + n3, n1 + 2 * n2 + 3 * n3, n1 + 4 * n2 + 9 * n3


def laplacian_of_gaussian(
    image: NDArray[Any], spacing: tuple[float, float, float], sigma: float, box: Box | None = None
) -> NDArray[np.float32]:
    """Compute the Laplacian of a Gaussian-smoothed image, times sigma squared.

    Parameters
    ----------
    image
        Axes z, y, x, at least four voxels along each.
    spacing
        Voxel edges in mm, z, y, x.
    sigma
        Standard deviation of the Gaussian in mm.
    box
        Part of the image for which it is computed; ``None`` for the whole image.
    """
    # Single precision represents numbers of up to 16 bits exactly; fewer number types need compiling.
    exact = np.can_cast(image.dtype, np.float32)
    image = np.ascontiguousarray(image, np.float32 if exact else np.float64)
    box = box or Box.of(image.shape)
    second_z, second_y, second_x = (recursion(sigma, step, 2) for step in spacing)
    smooth_z, smooth_y, smooth_x = (recursion(sigma, step, 0) for step in spacing)
    z, y, x = (1.0 / (step * step) for step in spacing)
    bounds = (*box.lower, *box.size)
    total = np.zeros(box.size, np.float32)
    # The second derivative along an axis, then smoothed along the others: x before y before z.
    _add_x(image, total, bounds, (second_x, smooth_y, smooth_z), x)
    _add_y(image, total, bounds, (second_y, smooth_x, smooth_z), y)
    _add_z(image, total, bounds, (second_z, smooth_x, smooth_y), z)
    return total


def recursion(sigma: float, spacing: float, order: int) -> NDArray[np.float64]:
    """Compute coefficients of the recursion for a Gaussian (`order` 0) or its second derivative (2).

    Returns
    -------
    numpy.ndarray
        Shape (5, 4): coefficients of inputs forwards, inputs backwards, outputs, and of the values that
        replace the outputs beyond the first and beyond the last value of a line.
    """
    scale = sigma / spacing
    d = _denominator(scale)
    sd = 1.0 + d[0] + d[1] + d[2] + d[3]
    dd = d[0] + 2 * d[1] + 3 * d[2] + 4 * d[3]
    ed = d[0] + 4 * d[1] + 9 * d[2] + 16 * d[3]
    gaussian = _numerator(scale, *_GAUSSIAN)
    sn0, dn0, en0 = gaussian.moments
    if order == 0:
        factor = 1.0 / (2 * sn0 / sd - gaussian.n[0])
        n = [value * factor for value in gaussian.n]
    else:
        second = _numerator(scale, *_SECOND)
        sn2, dn2, en2 = second.moments
        # The added part of the Gaussian makes the second derivative of a constant 0, and that of a parabola
        # correct.
        beta = -(2 * sn2 - sd * second.n[0]) / (2 * sn0 - sd * gaussian.n[0])
        sn, dn, en = sn2 + beta * sn0, dn2 + beta * dn0, en2 + beta * en0
        alpha = en * sd * sd - ed * sn * sd - 2 * dn * dd * sd + 2 * dd * dd * sn
        alpha /= sd * sd * sd
        factor = sigma * sigma / alpha
        n = [(b + beta * a) * factor for a, b in zip(gaussian.n, second.n, strict=True)]
    m = [n[1] - d[0] * n[0], n[2] - d[1] * n[0], n[3] - d[2] * n[0], -d[3] * n[0]]
    forwards, backwards = n[0] + n[1] + n[2] + n[3], m[0] + m[1] + m[2] + m[3]
    before, after = ([value * total / sd for value in d] for total in (forwards, backwards))
    return np.array([n, m, d, before, after])


def _numerator(scale: float, a1: float, b1: float, a2: float, b2: float) -> _Numerator:
    sin1, cos1, exp1 = math.sin(_W1 / scale), math.cos(_W1 / scale), math.exp(_L1 / scale)
    sin2, cos2, exp2 = math.sin(_W2 / scale), math.cos(_W2 / scale), math.exp(_L2 / scale)
    n1 = exp2 * (b2 * sin2 - (a2 + 2 * a1) * cos2)
    n1 += exp1 * (b1 * sin1 - (a1 + 2 * a2) * cos1)
    n2 = (a1 + a2) * cos2 * cos1
    n2 -= b1 * cos2 * sin1 + b2 * cos1 * sin2
    n2 *= 2 * exp1 * exp2
    n2 += a2 * exp1 * exp1 + a1 * exp2 * exp2
    n3 = exp2 * exp1 * exp1 * (b2 * sin2 - a2 * cos2)
    n3 += exp1 * exp2 * exp2 * (b1 * sin1 - a1 * cos1)
    return _Numerator((a1 + a2, n1, n2, n3))


def _denominator(scale: float) -> Four:
    cos1, exp1 = math.cos(_W1 / scale), math.exp(_L1 / scale)
    cos2, exp2 = math.cos(_W2 / scale), math.exp(_L2 / scale)
    d3 = -2 * cos1 * exp1 * exp2 * exp2
    d3 += -2 * cos2 * exp2 * exp1 * exp1
    d2 = 4 * cos2 * cos1 * exp1 * exp2
    d2 += exp1 * exp1 + exp2 * exp2
    return -2 * (exp2 * cos2 + exp1 * cos1), d2, d3, exp1 * exp1 * exp2 * exp2


@compiled
def _add_x(image: NDArray[Any], total: Image, bounds: Bounds, passes: Passes, scale: float) -> None:
    """Add the second derivative along x, smoothed along y, then z; slice by slice, for the cache."""
    first_z, first_y, first_x, deep, high, wide = bounds
    memory = memory_for(max(image.shape))
    slice_ = np.empty((image.shape[1], wide), np.float32)
    result = np.empty((image.shape[0], high, wide), np.float32)
    for z in range(image.shape[0]):
        filter_rows(image[z], slice_, first_x, passes[0], memory)
        filter_columns(slice_, result[z], first_y, passes[1], memory)
    flat = result.reshape(image.shape[0], high * wide)
    add_columns(flat, total.reshape(deep, high * wide), first_z, passes[2], memory, scale)


@compiled
def _add_y(image: NDArray[Any], total: Image, bounds: Bounds, passes: Passes, scale: float) -> None:
    """Add the second derivative along y, smoothed along x, then z."""
    first_z, first_y, first_x, deep, high, wide = bounds
    memory = memory_for(max(image.shape))
    slice_ = np.empty((high, image.shape[2]), np.float32)
    result = np.empty((image.shape[0], high, wide), np.float32)
    for z in range(image.shape[0]):
        filter_columns(image[z], slice_, first_y, passes[0], memory)
        filter_rows(slice_, result[z], first_x, passes[1], memory)
    flat = result.reshape(image.shape[0], high * wide)
    add_columns(flat, total.reshape(deep, high * wide), first_z, passes[2], memory, scale)


@compiled
def _add_z(image: NDArray[Any], total: Image, bounds: Bounds, passes: Passes, scale: float) -> None:
    """Add the second derivative along z, smoothed along x, then y."""
    first_z, first_y, first_x, deep, _high, wide = bounds
    depth, height, width = image.shape
    memory = memory_for(max(image.shape))
    result = np.empty((deep, height, width), np.float32)
    flat = image.reshape(depth, height * width)
    filter_columns(flat, result.reshape(deep, height * width), first_z, passes[0], memory)
    slice_ = np.empty((height, wide), np.float32)
    for z in range(deep):
        filter_rows(result[z], slice_, first_x, passes[1], memory)
        add_columns(slice_, total[z], first_y, passes[2], memory, scale)
