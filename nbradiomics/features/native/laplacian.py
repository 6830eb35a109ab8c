r"""Laplacian of Gaussian by recursive filters, to the last bit what ITK gives.

A Gaussian and its derivatives are approximated by sums of two damped oscillations

.. math:: (a_1 \cos(w_1 t) + b_1 \sin(w_1 t)) e^{l_1 t} + (a_2 \cos(w_2 t) + b_2 \sin(w_2 t)) e^{l_2 t},
          \qquad t = n / \sigma

(Deriche 1993 [1]_, constants of Farnebäck and Westin 2006 [2]_), whose convolution is a recursion of fourth
order along each line, once forwards and once backwards: its cost does not depend on :math:`\sigma`. Beyond a
line's ends its last value goes on. The Laplacian is the sum over the three axes of the second derivative
along the axis, smoothed along the other two, times :math:`\sigma^2`.

Grey levels are cut from these images, and a value next to an edge must not change sides: sums run in ITK's
order, lines in double precision, and each pass is rounded to single precision, as in ITK's
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

from nbradiomics.features.native.compiled import compiled

#: Frequencies and dampings of the two oscillations.
_W1, _L1, _W2, _L2 = 0.6681, -1.3932, 2.0787, -1.3732
#: Amplitudes a1, b1, a2, b2 of the Gaussian and of its second derivative.
_GAUSSIAN = (1.3530, 1.8151, -0.3531, 0.0902)
_SECOND = (-1.3563, 5.2318, 0.3446, -2.2355)
#: Lines that are filtered side by side.
_WIDTH = 64
Four = tuple[float, float, float, float]
Row = NDArray[np.float64]
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
    """Laplacian of a Gaussian-smoothed image, times sigma squared.

    Parameters
    ----------
    image
        Axes z, y, x, at least four voxels along each.
    spacing
        Voxel edges in mm, z, y, x.
    sigma
        Standard deviation of the Gaussian in mm.
    """
    # Single precision holds numbers of up to 16 bits as they are, and spares the compiler a second kind of
    # image.
    exact = np.can_cast(image.dtype, np.float32)
    image = np.ascontiguousarray(image, np.float32 if exact else np.float64)
    total = np.zeros(image.shape, np.float32)
    passes = {order: [recursion(sigma, step, order) for step in spacing] for order in (0, 2)}
    for axis in (2, 1, 0):
        result = _along(image, axis, passes[2][axis])
        for other in (2, 1, 0):
            if other != axis:
                result = _along(result, other, passes[0][other])
        scale = 1.0 / (spacing[axis] * spacing[axis])
        total = (total + result.astype(np.float64) * scale).astype(np.float32)
    return total


def recursion(sigma: float, spacing: float, order: int) -> NDArray[np.float64]:
    """Coefficients of the recursion for a Gaussian (`order` 0) or its second derivative (2).

    Returns
    -------
    numpy.ndarray
        Shape (5, 4): inputs forwards, inputs backwards, outputs, and what stands for the outputs beyond the
        first and beyond the last value of a line.
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
        # So much of the Gaussian is added that a constant has no second derivative, and a parabola the right
        # one.
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


def _along(image: NDArray[Any], axis: int, coefficients: NDArray[np.float64]) -> NDArray[np.float32]:
    """Filter all lines along one axis."""
    length, inner = image.shape[axis], math.prod(image.shape[axis + 1 :])
    result = np.empty(image.shape, np.float32)
    if inner == 1:
        _filter_rows(image.reshape(-1, length), result.reshape(-1, length), coefficients)
    else:
        for block, filtered in zip(
            image.reshape(-1, length, inner), result.reshape(-1, length, inner), strict=True
        ):
            _filter_columns(block, filtered, coefficients)
    return result


@compiled
def _filter_columns(
    image: NDArray[Any], result: NDArray[np.float32], coefficients: NDArray[np.float64]
) -> None:
    """Filter along the first of two axes, some lines side by side."""
    length, lines = image.shape
    data = np.empty((length, _WIDTH))
    forwards = np.empty((length, _WIDTH))
    backwards = np.empty((length, _WIDTH))
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
def _filter_rows(image: NDArray[Any], result: NDArray[np.float32], coefficients: NDArray[np.float64]) -> None:
    """Filter along the second of two axes, some lines side by side."""
    lines, length = image.shape
    data = np.empty((length, _WIDTH))
    forwards = np.empty((length, _WIDTH))
    backwards = np.empty((length, _WIDTH))
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
    """Both recursions of the first `number` columns."""
    n, m, d = coefficients[0], coefficients[1], coefficients[2]
    last = data.shape[0] - 1
    for i in range(4):
        _border(data, forwards, n, d, coefficients[3], i, 1, number)
        _border(data, backwards, m, d, coefficients[4], last - i, -1, number)
    for i in range(4, last + 1):
        out = forwards[i], forwards[i - 1], forwards[i - 2], forwards[i - 3], forwards[i - 4]
        _step(data[i], data[i - 1], data[i - 2], data[i - 3], out, n, d, number)
    for i in range(last - 4, -1, -1):
        out = backwards[i], backwards[i + 1], backwards[i + 2], backwards[i + 3], backwards[i + 4]
        _step(data[i + 1], data[i + 2], data[i + 3], data[i + 4], out, m, d, number)


@compiled
def _step(
    x0: Row, x1: Row, x2: Row, x3: Row, out: tuple[Row, Row, Row, Row, Row], n: Row, d: Row, number: int
) -> None:
    """One step of a recursion: four inputs, less the four outputs that came before `out[0]`."""
    n0, n1, n2, n3 = n[0], n[1], n[2], n[3]
    d1, d2, d3, d4 = d[0], d[1], d[2], d[3]
    new, out1, out2, out3, out4 = out
    for j in range(number):
        value = x0[j] * n0 + x1[j] * n1 + x2[j] * n2 + x3[j] * n3
        new[j] = value - (out1[j] * d1 + out2[j] * d2 + out3[j] * d3 + out4[j] * d4)


@compiled
def _border(data: Rows, out: Rows, n: Row, d: Row, beyond: Row, i: int, way: int, number: int) -> None:
    """A step less than four values from a line's end, beyond which its last value goes on."""
    # Forwards the newest input is the value itself, backwards the one before it.
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
