"""Sixteen features of a matrix that counts grey levels against lengths, sizes or dependences.

The run length matrix (Galloway 1975; Chu 1990; Dasarathy and Holder 1991), the size zone matrix (Thibault
2013) and the dependence matrix (Sun and Wee 1983) are read by the same formulas (Zwanenburg et al., IBSI
reference manual, sections 3.7, 3.8 and 3.11). With c(i, j) the count of grey level i and length j,
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

from nbradiomics.features.native.compiled import compiled

#: What `length_formulas` returns, in its order.
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
_EPSILON = float(np.spacing(1.0))


@compiled
def length_formulas(
    counts: NDArray[np.float64], levels: NDArray[np.float64], lengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values of `FORMULAS`.

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
    array of shape (16,), NaN throughout where nothing was counted
    """
    of_level = np.zeros(counts.shape[0])
    of_length = np.zeros(counts.shape[1])
    entropy = short_low = short_high = long_low = long_high = 0.0
    for row in range(counts.shape[0]):
        squared_level = levels[row] * levels[row]
        for column in range(counts.shape[1]):
            count = counts[row, column]
            if count == 0.0:
                continue
            of_level[row] += count
            of_length[column] += count
            squared_length = lengths[column] * lengths[column]
            short_low += count / (squared_level * squared_length)
            short_high += count * squared_level / squared_length
            long_low += count * squared_length / squared_level
            long_high += count * squared_length * squared_level
    values = np.zeros(16)
    total = 0.0
    for count in of_level:
        total += count
    if total == 0.0:
        values[:] = np.nan
        return values
    for row in range(counts.shape[0]):
        for column in range(counts.shape[1]):
            if counts[row, column] != 0.0:
                probability = counts[row, column] / total
                entropy -= probability * np.log2(probability + _EPSILON)
    voxels = _margin(of_length, lengths, total, values[0:2], values[4:6], values[8:9])
    _margin(of_level, levels, total, values[10:12], values[2:4], values[7:8])
    values[6] = total / voxels
    values[9] = entropy
    values[12] = short_low / total
    values[13] = short_high / total
    values[14] = long_low / total
    values[15] = long_high / total
    return values


@compiled
def _margin(
    counts: NDArray[np.float64],
    sizes: NDArray[np.float64],
    total: float,
    emphases: NDArray[np.float64],
    nonuniformities: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> float:
    """Features of the counts of one margin, levels or lengths; returns the sum of counts times size.

    Parameters
    ----------
    counts, sizes, total
        How often each size occurs, and the sum of the counts.
    emphases, nonuniformities, variance
        Filled in: of small and of large sizes; plain and normalised; the variance.
    """
    summed = mean = 0.0
    for index in range(len(counts)):
        squared = sizes[index] * sizes[index]
        summed += counts[index] * sizes[index]
        mean += counts[index] / total * sizes[index]
        emphases[0] += counts[index] / squared
        emphases[1] += counts[index] * squared
        nonuniformities[0] += counts[index] * counts[index]
    emphases[0] /= total
    emphases[1] /= total
    nonuniformities[0] /= total
    nonuniformities[1] = nonuniformities[0] / total
    for index in range(len(counts)):
        off = sizes[index] - mean
        variance[0] += counts[index] / total * off * off
    return summed


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
    counts and lengths, as `length_formulas` takes them
    """
    lengths = np.flatnonzero(counts.any(axis=0))
    return np.ascontiguousarray(counts[:, lengths], dtype=np.float64), lengths.astype(np.float64)
