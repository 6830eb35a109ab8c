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

#: Frequencies and dampings of the two oscillations.
_W1, _L1, _W2, _L2 = 0.6681, -1.3932, 2.0787, -1.3732
#: Amplitudes a1, b1, a2, b2 of the Gaussian and of its second derivative.
_GAUSSIAN = (1.3530, 1.8151, -0.3531, 0.0902)
_SECOND = (-1.3563, 5.2318, 0.3446, -2.2355)
#: Lines that are filtered side by side.
_WIDTH = 32
#: Distances in memory of one to four places along such lines.
_ONE, _TWO, _THREE, _FOUR = (np.uint64(k * _WIDTH) for k in (1, 2, 3, 4))
Four = tuple[float, float, float, float]
Row = NDArray[np.float64]
Image = NDArray[np.float32]
#: Axes: place along the line, line.
Rows = NDArray[np.float64]


@dataclass(frozen=True)
class _Numerator:
    """Coefficients of the inputs in the forward recursion, and their moments of order 0, 1 and 2."""

    n: Four

    @property
    def moments(self) -> tuple[float, float, float]:
        n0, n1, n2, n3 = self.n
        return n0 + n1 + n2 + n3, n1 + 2 * n2 + 3 * n3, n1 + 4 * n2 + 9 * n3


def laplacian_of_gaussian(
    image: NDArray[Any], spacing: tuple[float, float, float], sigma: float
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
    """
    # Single precision represents numbers of up to 16 bits exactly; fewer number types need compiling.
    exact = np.can_cast(image.dtype, np.float32)
    image = np.ascontiguousarray(image, np.float32 if exact else np.float64)
    second_z, second_y, second_x = (recursion(sigma, step, 2) for step in spacing)
    smooth_z, smooth_y, smooth_x = (recursion(sigma, step, 0) for step in spacing)
    z, y, x = spacing
    total = np.zeros(image.shape, np.float32)
    result = np.empty(image.shape, np.float32)
    # The second derivative along an axis, then smoothed along the others: x before y before z.
    _within_slices(image, result, second_x, smooth_y, True)
    _along_z(result, result, smooth_z)
    _add(total, result, 1.0 / (x * x))
    _within_slices(image, result, smooth_x, second_y, False)
    _along_z(result, result, smooth_z)
    _add(total, result, 1.0 / (y * y))
    _along_z(image, result, second_z)
    _within_slices(result, result, smooth_x, smooth_y, True)
    _add(total, result, 1.0 / (z * z))
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
def _within_slices(image: NDArray[Any], result: Image, along_x: Row, along_y: Row, x_first: bool) -> None:
    """Filter slice by slice, so that a slice stays in the cache for both passes; `result` may be `image`."""
    scratch = _scratch(max(image.shape))
    for z in range(image.shape[0]):
        if x_first:
            _filter_rows(image[z], result[z], along_x, scratch)
            _filter_columns(result[z], result[z], along_y, scratch)
        else:
            _filter_columns(image[z], result[z], along_y, scratch)
            _filter_rows(result[z], result[z], along_x, scratch)


@compiled
def _along_z(image: NDArray[Any], result: Image, coefficients: NDArray[np.float64]) -> None:
    depth = image.shape[0]
    flat, filtered = image.reshape(depth, -1), result.reshape(depth, -1)
    _filter_columns(flat, filtered, coefficients, _scratch(depth))


@compiled
def _scratch(length: int) -> Rows:
    """Make working memory for the values of some lines, and for both recursions."""
    return np.empty((3, length, _WIDTH))


@compiled
def _add(total: Image, result: Image, scale: float) -> None:
    """Add `result` times `scale`, rounded to single precision once."""
    summed, added = total.ravel(), result.ravel()
    for i in range(summed.size):
        summed[i] = np.float32(np.float64(summed[i]) + np.float64(added[i]) * scale)


@compiled
def _filter_columns(image: NDArray[Any], result: NDArray[np.float32], coefficients: Row, room: Rows) -> None:
    """Filter along the first of two axes, some lines side by side."""
    length, lines = image.shape
    data, forwards, backwards = room[0, :length], room[1, :length], room[2, :length]
    for start in range(0, lines, _WIDTH):
        number = min(_WIDTH, lines - start)
        for i in range(length):
            for j in range(number):
                data[i, j] = image[i, start + j]
        _recurse(data, forwards, backwards, coefficients, number)
        for i in range(length):
            for j in range(number):
                result[i, start + j] = forwards[i, j] + backwards[i, j]


@compiled
def _filter_rows(image: NDArray[Any], result: NDArray[np.float32], coefficients: Row, room: Rows) -> None:
    """Filter along the second of two axes, some lines side by side."""
    lines, length = image.shape
    data, forwards, backwards = room[0, :length], room[1, :length], room[2, :length]
    for start in range(0, lines, _WIDTH):
        number = min(_WIDTH, lines - start)
        for j in range(number):
            for i in range(length):
                data[i, j] = image[start + j, i]
        _recurse(data, forwards, backwards, coefficients, number)
        for j in range(number):
            for i in range(length):
                result[start + j, i] = forwards[i, j] + backwards[i, j]


@compiled
def _recurse(
    data: Rows, forwards: Rows, backwards: Rows, coefficients: NDArray[np.float64], number: int
) -> None:
    """Run both recursions of the first `number` columns: four inputs minus the four outputs before."""
    n, m, d = coefficients[0], coefficients[1], coefficients[2]
    before, after = coefficients[3], coefficients[4]
    n0, n1, n2, n3 = n[0], n[1], n[2], n[3]
    m1, m2, m3, m4 = m[0], m[1], m[2], m[3]
    d1, d2, d3, d4 = d[0], d[1], d[2], d[3]
    last = data.shape[0] - 1
    for i in range(4):
        _border(data, forwards, n, d, before, i, 1, number)
        _border(data, backwards, m, d, after, last - i, -1, number)
    x, f, b = data.ravel(), forwards.ravel(), backwards.ravel()
    # With unsigned indices at known distances the compiler sees that none is negative and that columns do not
    # overlap, and handles several columns at once.
    for i in range(4, last + 1):
        for j in range(number):
            at = np.uint64(i * _WIDTH) + np.uint64(j)
            value = x[at] * n0 + x[at - _ONE] * n1 + x[at - _TWO] * n2 + x[at - _THREE] * n3
            f[at] = value - (f[at - _ONE] * d1 + f[at - _TWO] * d2 + f[at - _THREE] * d3 + f[at - _FOUR] * d4)
    for i in range(last - 4, -1, -1):
        for j in range(number):
            at = np.uint64(i * _WIDTH) + np.uint64(j)
            value = x[at + _ONE] * m1 + x[at + _TWO] * m2 + x[at + _THREE] * m3 + x[at + _FOUR] * m4
            b[at] = value - (b[at + _ONE] * d1 + b[at + _TWO] * d2 + b[at + _THREE] * d3 + b[at + _FOUR] * d4)


@compiled
def _border(data: Rows, out: Rows, n: Row, d: Row, beyond: Row, i: int, way: int, number: int) -> None:
    """Do a step less than four values from a line's end; beyond the end the last value continues."""
    # Forwards, the newest input is the value itself; backwards, it is the previous value.
    end, lag = (0, 0) if way == 1 else (data.shape[0] - 1, 1)
    for j in range(number):
        inputs, outputs = 0.0, 0.0
        for k in range(4):
            place = i - way * (k + lag)
            inputs += n[k] * (data[place, j] if (place - end) * way >= 0 else data[end, j])
            place = i - way * (k + 1)
            if (place - end) * way >= 0:
                outputs += d[k] * out[place, j]
            else:
                outputs += beyond[k] * data[end, j]
        out[i, j] = inputs - outputs
