"""Sixteen features of a matrix that counts grey levels by lengths, sizes or dependences.

The run length matrix (Galloway 1975; Chu 1990; Dasarathy and Holder 1991), the size zone matrix (Thibault
2013) and the dependence matrix (Sun and Wee 1983) have the same formulas (Zwanenburg et al., IBSI reference
manual, sections 3.7, 3.8 and 3.11). With c(i, j) the count of grey level i and length j,
N = sum c(i, j), c(i, .) and c(., j) the sums over rows and columns, and p = c / N:

===================  =====================================================
short, long          sum c(., j) / j^2 / N, sum c(., j) j^2 / N
low, high            sum c(i, .) / i^2 / N, sum c(i, .) i^2 / N
short_low ...        sum c(i, j) / (i^2 j^2) / N and the three other mixtures
level_nonuniform     sum c(i, .)^2 / N; normalised: / N^2
length_nonuniform    sum c(., j)^2 / N; normalised: / N^2
percentage           N / sum c(., j) j
level_variance       sum p(i, .) (i - mean)^2
length_variance      sum p(., j) (j - mean)^2
entropy              - sum p log2(p + eps), eps = 2^-52
===================  =====================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

#: Names of the values that `length_formulas` returns, in its order.
FORMULAS = (
    "short",
    "long",
    "level_nonuniform",
    "level_nonuniform_normalised",
    "length_nonuniform",
    "length_nonuniform_normalised",
    "percentage",
    "level_variance",
    "length_variance",
    "entropy",
    "low",
    "high",
    "short_low",
    "short_high",
    "long_low",
    "long_high",
)
#: Index of each value; Numba treats these numbers as constants.
SHORT = FORMULAS.index("short")
LONG = FORMULAS.index("long")
LEVEL_NONUNIFORM = FORMULAS.index("level_nonuniform")
LEVEL_NONUNIFORM_NORMALISED = FORMULAS.index("level_nonuniform_normalised")
LENGTH_NONUNIFORM = FORMULAS.index("length_nonuniform")
LENGTH_NONUNIFORM_NORMALISED = FORMULAS.index("length_nonuniform_normalised")
PERCENTAGE = FORMULAS.index("percentage")
LEVEL_VARIANCE = FORMULAS.index("level_variance")
LENGTH_VARIANCE = FORMULAS.index("length_variance")
ENTROPY = FORMULAS.index("entropy")
LOW = FORMULAS.index("low")
HIGH = FORMULAS.index("high")
SHORT_LOW = FORMULAS.index("short_low")
SHORT_HIGH = FORMULAS.index("short_high")
LONG_LOW = FORMULAS.index("long_low")
LONG_HIGH = FORMULAS.index("long_high")
_VALUES = len(FORMULAS)
_EPSILON = float(np.spacing(1.0))


@compiled
def length_formulas(
    counts: NDArray[np.float64], levels: NDArray[np.float64], lengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the values of `FORMULAS`.

    Parameters
    ----------
    counts
        Count, or weighted count, of each grey level (rows) and length (columns).
    levels
        Grey level of each row, at least 1.
    lengths
        Length of each column, at least 1.

    Returns
    -------
    array as long as `FORMULAS`; all NaN if nothing was counted
    """
    c_i = np.zeros(counts.shape[0])
    c_j = np.zeros(counts.shape[1])
    short_low = short_high = long_low = long_high = 0.0
    for row in range(counts.shape[0]):
        ii = levels[row] * levels[row]
        for column in range(counts.shape[1]):
            c = counts[row, column]
            if c == 0.0:
                continue
            c_i[row] += c
            c_j[column] += c
            jj = lengths[column] * lengths[column]
            short_low += c / (ii * jj)
            short_high += c * ii / jj
            long_low += c * jj / ii
            long_high += c * jj * ii
    values = np.zeros(_VALUES)
    N = 0.0
    for c in c_i:
        N += c
    if N == 0.0:
        values[:] = np.nan
        return values
    values[ENTROPY] = _entropy(counts, N)
    values[SHORT_LOW] = short_low / N
    values[SHORT_HIGH] = short_high / N
    values[LONG_LOW] = long_low / N
    values[LONG_HIGH] = long_high / N
    short, long, nonuniform, length_variance, summed = _margin(c_j, lengths, N)
    values[SHORT], values[LONG] = short, long
    values[LENGTH_NONUNIFORM], values[LENGTH_NONUNIFORM_NORMALISED] = nonuniform, nonuniform / N
    values[LENGTH_VARIANCE] = length_variance
    values[PERCENTAGE] = N / summed
    low, high, nonuniform, level_variance, _ = _margin(c_i, levels, N)
    values[LOW], values[HIGH] = low, high
    values[LEVEL_NONUNIFORM], values[LEVEL_NONUNIFORM_NORMALISED] = nonuniform, nonuniform / N
    values[LEVEL_VARIANCE] = level_variance
    return values


@compiled
def _entropy(counts: NDArray[np.float64], N: float) -> float:
    entropy = 0.0
    for row in range(counts.shape[0]):
        for column in range(counts.shape[1]):
            if counts[row, column] != 0.0:
                p = counts[row, column] / N
                entropy -= p * np.log2(p + _EPSILON)
    return entropy


@compiled
def _margin(
    counts: NDArray[np.float64], sizes: NDArray[np.float64], N: float
) -> tuple[float, float, float, float, float]:
    """Compute the features of one marginal distribution, of levels or lengths.

    Parameters
    ----------
    counts, sizes
        c(i, .) and i, or c(., j) and j.
    N
        Sum of the counts.

    Returns
    -------
    emphasis of small and of large sizes, nonuniformity, variance, and the sum of counts times size
    """
    small = large = nonuniform = summed = mean = 0.0
    for index in range(len(counts)):
        c, size = counts[index], sizes[index]
        squared = size * size
        summed += c * size
        mean += c / N * size
        small += c / squared
        large += c * squared
        nonuniform += c * c
    variance = 0.0
    for index in range(len(counts)):
        off = sizes[index] - mean
        variance += counts[index] / N * off * off
    return small / N, large / N, nonuniform / N, variance, summed


def occupied(
    counts: NDArray[np.int32] | NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Drop the lengths that do not occur.

    Parameters
    ----------
    counts
        Shape (levels, lengths + 1); column j counts length j.

    Returns
    -------
    counts and lengths for `length_formulas`
    """
    lengths = np.flatnonzero(counts.any(axis=0))
    return np.ascontiguousarray(counts[:, lengths], dtype=np.float64), lengths.astype(np.float64)
