"""Features of a matrix that counts grey levels by lengths, sizes, distances or numbers of neighbours.

The run length matrix, the size zone matrix, the distance zone matrix and the dependence matrix have the same
formulas (Zwanenburg et al., IBSI reference manual, sections 3.7 to 3.9 and 3.11). With c(i, j) the count of
grey level i and size j, N = sum c(i, j), c(i, .) and c(., j) the sums over rows and columns, and p = c / N:

===================  =====================================================
short, long          sum c(., j) / j^2 / N, sum c(., j) j^2 / N
low, high            sum c(i, .) / i^2 / N, sum c(i, .) i^2 / N
short_low ...        sum c(i, j) / (i^2 j^2) / N and the three other mixtures
level_nonuniform     sum c(i, .)^2 / N; normalised: / N^2
size_nonuniform      sum c(., j)^2 / N; normalised: / N^2
percentage           N / number of voxels
level_variance       sum p(i, .) (i - mean)^2
size_variance        sum p(., j) (j - mean)^2
entropy              - sum p log2 p
energy               sum p^2
===================  =====================================================

PyRadiomics adds 2^-52 inside the logarithm; the IBSI does not, so that the entropy of one cell is exactly 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.ibsi.textures.entropy import entropy_of_sum, times_log2

#: Names of the values that `size_formulas` returns, in the order of the families' features.
FORMULAS = (
    "short",
    "long",
    "low",
    "high",
    "short_low",
    "short_high",
    "long_low",
    "long_high",
    "level_nonuniform",
    "level_nonuniform_normalised",
    "size_nonuniform",
    "size_nonuniform_normalised",
    "percentage",
    "level_variance",
    "size_variance",
    "entropy",
    "energy",
)
#: Index of each value; Numba treats these numbers as constants.
SHORT = FORMULAS.index("short")
LONG = FORMULAS.index("long")
LOW = FORMULAS.index("low")
HIGH = FORMULAS.index("high")
SHORT_LOW = FORMULAS.index("short_low")
SHORT_HIGH = FORMULAS.index("short_high")
LONG_LOW = FORMULAS.index("long_low")
LONG_HIGH = FORMULAS.index("long_high")
LEVEL_NONUNIFORM = FORMULAS.index("level_nonuniform")
LEVEL_NONUNIFORM_NORMALISED = FORMULAS.index("level_nonuniform_normalised")
SIZE_NONUNIFORM = FORMULAS.index("size_nonuniform")
SIZE_NONUNIFORM_NORMALISED = FORMULAS.index("size_nonuniform_normalised")
PERCENTAGE = FORMULAS.index("percentage")
LEVEL_VARIANCE = FORMULAS.index("level_variance")
SIZE_VARIANCE = FORMULAS.index("size_variance")
ENTROPY = FORMULAS.index("entropy")
ENERGY = FORMULAS.index("energy")
_VALUES = len(FORMULAS)


@compiled
def size_formulas(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    counts: NDArray[np.int64],
    levels: NDArray[np.float64],
    sizes: NDArray[np.float64],
    voxels: int,
) -> NDArray[np.float64]:
    """Compute the values of `FORMULAS`.

    Parameters
    ----------
    rows, columns, counts
        Cells that are not 0.
    levels, sizes
        Grey level of each row and size of each column. Row and column 0 do not occur.
    voxels
        Number of voxels of the region; for merged matrices, the sum over the matrices.

    Returns
    -------
    array as long as `FORMULAS`; all NaN if there is no cell
    """
    values = np.zeros(_VALUES)
    if len(rows) == 0:
        values[:] = np.nan
        return values
    c_i = np.zeros(len(levels))
    c_j = np.zeros(len(sizes))
    N = short_low = short_high = long_low = long_high = energy = logarithms = 0.0
    for cell in range(len(rows)):
        i, j = levels[rows[cell]], sizes[columns[cell]]
        c = float(counts[cell])
        ii, jj = i * i, j * j
        N += c
        c_i[rows[cell]] += c
        c_j[columns[cell]] += c
        short_low += c / (ii * jj)
        short_high += c * ii / jj
        long_low += c * jj / ii
        long_high += c * jj * ii
        energy += c * c
        logarithms += times_log2(counts[cell])
    values[SHORT_LOW] = short_low / N
    values[SHORT_HIGH] = short_high / N
    values[LONG_LOW] = long_low / N
    values[LONG_HIGH] = long_high / N
    values[PERCENTAGE] = N / voxels
    values[ENTROPY] = entropy_of_sum(logarithms, N, len(rows))
    values[ENERGY] = energy / N / N
    short, long, nonuniform, variance = _margin(c_j, sizes, N)
    values[SHORT], values[LONG], values[SIZE_VARIANCE] = short, long, variance
    values[SIZE_NONUNIFORM], values[SIZE_NONUNIFORM_NORMALISED] = nonuniform, nonuniform / N
    low, high, nonuniform, variance = _margin(c_i, levels, N)
    values[LOW], values[HIGH], values[LEVEL_VARIANCE] = low, high, variance
    values[LEVEL_NONUNIFORM], values[LEVEL_NONUNIFORM_NORMALISED] = nonuniform, nonuniform / N
    return values


@compiled
def _margin(
    counts: NDArray[np.float64], sizes: NDArray[np.float64], N: float
) -> tuple[float, float, float, float]:
    """Return emphasis of small and of large sizes, nonuniformity and variance of a marginal distribution."""
    small = large = nonuniform = summed = 0.0
    for index in range(1, len(counts)):
        c, size = counts[index], sizes[index]
        if c == 0.0:
            continue
        summed += c * size
        small += c / (size * size)
        large += c * size * size
        nonuniform += c * c
    mean = summed / N
    variance = 0.0
    for index in range(1, len(counts)):
        off = sizes[index] - mean
        variance += counts[index] * off * off
    return small / N, large / N, nonuniform / N, variance / N
