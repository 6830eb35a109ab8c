"""Sums over intensities in NumPy's order, so that even their rounding errors are PyRadiomics'.

NumPy adds pairwise: a part of up to 128 numbers in eight interleaved sums, a longer one as the sum of its two
halves (Higham, SIAM J Sci Comput 1993;14:783-799, shows why that keeps errors small). Here the numbers to add
are computed part by part, and no array of them is made.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

Numbers = NDArray[np.float64]
#: Numbers that are added without halving them.
_PART = 128


def square_sum(values: Numbers, shift: float) -> float:
    """Return the sum of (value + shift)^2."""
    return float(_squares(values, shift, np.empty(_PART)))


def central_sums(values: Numbers, mean: float) -> tuple[float, float, float, float]:
    """Return the sums of |d|, d^2, d^3 and d^4 with d = value - mean."""
    return _central(values, mean, np.empty((4, _PART)))


def deviation_sum(values: Numbers, mean: float) -> float:
    """Return the sum of |value - mean|."""
    return float(_deviations(values, mean, np.empty(_PART)))


@compiled
def _squares(values: Numbers, shift: float, part: Numbers) -> float:
    number = len(values)
    if number <= _PART:
        for i in range(number):
            shifted = values[i] + shift
            part[i] = shifted * shifted
        return _sum_of(part[:number])
    half = _half(number)
    return _squares(values[:half], shift, part) + _squares(values[half:], shift, part)


@compiled
def _deviations(values: Numbers, mean: float, part: Numbers) -> float:
    number = len(values)
    if number <= _PART:
        for i in range(number):
            part[i] = abs(values[i] - mean)
        return _sum_of(part[:number])
    half = _half(number)
    return _deviations(values[:half], mean, part) + _deviations(values[half:], mean, part)


@compiled
def _central(values: Numbers, mean: float, part: Numbers) -> tuple[float, float, float, float]:
    number = len(values)
    if number <= _PART:
        for i in range(number):
            off = values[i] - mean
            square = off * off
            part[0, i], part[1, i] = abs(off), square
            part[2, i], part[3, i] = square * off, square * square
        some = part[:, :number]
        return _sum_of(some[0]), _sum_of(some[1]), _sum_of(some[2]), _sum_of(some[3])
    half = _half(number)
    a, b = _central(values[:half], mean, part), _central(values[half:], mean, part)
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


@compiled
def _half(number: int) -> int:
    half = number // 2
    return half - half % 8


@compiled
def _sum_of(part: Numbers) -> float:
    number = len(part)
    if number < 8:
        few: float = 0.0
        for value in part:
            few += value
        return few
    a, b, c, d, e, f, g, h = part[0], part[1], part[2], part[3], part[4], part[5], part[6], part[7]
    whole = number - number % 8
    for i in range(8, whole, 8):
        a += part[i]
        b += part[i + 1]
        c += part[i + 2]
        d += part[i + 3]
        e += part[i + 4]
        f += part[i + 5]
        g += part[i + 6]
        h += part[i + 7]
    total: float = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(whole, number):
        total += part[i]
    return total
