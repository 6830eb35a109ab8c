"""Features of one co-occurrence matrix.

p(i, j) is the share of pairs of neighbours with grey levels i and j, counted in both orders, so that p is
symmetric (Haralick, Shanmugam and Dinstein, IEEE Trans Systems, Man, and Cybernetics 1973; Zwanenburg et al.,
IBSI reference manual, section 3.6). p_x(i) is its sum over j, with mean m and variance v; p_-(k) the sum over
|i - j| = k, p_+(k) over i + j = k; G the highest grey level; HXY and HX the entropies of p and p_x.

Nearly all features are sums over p_x, p_- or p_+. As p is symmetric:

- E[(i - j)^2] = 2 v - 2 cov: corr = 1 - contrast / (2 v), undefined if v = 0.
- i j = ((i + j)^2 - (i - j)^2) / 4, for auto_corr.
- HXY1 = HXY2 = 2 HX: info_corr1 = (HXY - 2 HX) / HX, undefined if HX = 0, and info_corr2 =
  sqrt(1 - exp(-2 (2 HX - HXY))), whose exponent cannot be positive but for rounding.

All sums of counts are sums of whole numbers, exact in any order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.ibsi_names.textures import TEXTURE_FAMILIES
from nbradiomics.features.native.ibsi.textures.entropy import entropy_of_sum, times_log2

_NAMES = TEXTURE_FAMILIES["cm"]
#: Index of each value; Numba treats these numbers as constants.
JOINT_MAX = _NAMES.index("joint_max")
JOINT_AVG = _NAMES.index("joint_avg")
JOINT_VAR = _NAMES.index("joint_var")
JOINT_ENTR = _NAMES.index("joint_entr")
DIFF_AVG = _NAMES.index("diff_avg")
DIFF_VAR = _NAMES.index("diff_var")
DIFF_ENTR = _NAMES.index("diff_entr")
SUM_AVG = _NAMES.index("sum_avg")
SUM_VAR = _NAMES.index("sum_var")
SUM_ENTR = _NAMES.index("sum_entr")
ENERGY = _NAMES.index("energy")
CONTRAST = _NAMES.index("contrast")
DISSIMILARITY = _NAMES.index("dissimilarity")
INV_DIFF = _NAMES.index("inv_diff")
INV_DIFF_NORM = _NAMES.index("inv_diff_norm")
INV_DIFF_MOM = _NAMES.index("inv_diff_mom")
INV_DIFF_MOM_NORM = _NAMES.index("inv_diff_mom_norm")
INV_VAR = _NAMES.index("inv_var")
CORR = _NAMES.index("corr")
AUTO_CORR = _NAMES.index("auto_corr")
CLUST_TEND = _NAMES.index("clust_tend")
CLUST_SHADE = _NAMES.index("clust_shade")
CLUST_PROM = _NAMES.index("clust_prom")
INFO_CORR1 = _NAMES.index("info_corr1")
INFO_CORR2 = _NAMES.index("info_corr2")
_VALUES = len(_NAMES)
#: 2 HX - HXY, relative to its terms, up to which it is a rounding error of independent levels.
_ROUNDING = 1e-14


@compiled
def cm_formulas(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    counts: NDArray[np.int64],
    levels: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Compute the features of the family cm in their order.

    Parameters
    ----------
    rows, columns, counts
        Number of pairs of each two levels, in one order: the row is the higher level or the same one.
    levels
        Grey level of each row and column, ascending. Row and column 0 do not occur.

    Returns
    -------
    array of shape (25,); all NaN if there is no pair
    """
    values = np.zeros(_VALUES)
    if len(rows) == 0:
        values[:] = np.nan
        return values
    highest = levels[-1]
    c_x = np.zeros(len(levels), np.int64)
    c_minus = np.zeros(highest, np.int64)
    c_plus = np.zeros(2 * highest + 1, np.int64)
    pairs = largest = 0
    squares = logarithms = 0.0
    for cell in range(len(rows)):
        row, column, c = rows[cell], columns[cell], counts[cell]
        pairs += c
        c_x[row] += c
        c_x[column] += c
        c_minus[levels[row] - levels[column]] += 2 * c
        c_plus[levels[row] + levels[column]] += 2 * c
        # Both orders: one cell with twice the count on the diagonal, elsewhere two cells.
        both = 2 * c if row == column else c
        largest = max(largest, both)
        times = 1.0 if row == column else 2.0
        squares += times * both * both
        logarithms += times * times_log2(both)
    N = 2.0 * pairs
    values[JOINT_MAX] = largest / N
    values[ENERGY] = squares / N / N
    cells = 2 if len(rows) > 1 or rows[0] != columns[0] else 1
    values[JOINT_ENTR] = entropy_of_sum(logarithms, N, cells)
    _of_differences(c_minus, N, values)
    _of_levels(c_x, levels, N, values)
    _of_sums(c_plus, N, values)
    return values


@compiled
def _of_differences(c_minus: NDArray[np.int64], N: float, values: NDArray[np.float64]) -> None:
    """Compute the features of p_-, into `values`."""
    G = float(len(c_minus))
    logarithms = 0.0
    cells = 0
    for difference in range(len(c_minus)):
        if c_minus[difference] == 0:
            continue
        cells += 1
        k = float(difference)
        p_k = c_minus[difference] / N
        logarithms += times_log2(c_minus[difference])
        values[DIFF_AVG] += k * p_k
        values[CONTRAST] += k * k * p_k
        values[INV_DIFF] += p_k / (1.0 + k)
        values[INV_DIFF_NORM] += p_k / (1.0 + k / G)
        values[INV_DIFF_MOM] += p_k / (1.0 + k * k)
        values[INV_DIFF_MOM_NORM] += p_k / (1.0 + k * k / (G * G))
        if difference > 0:
            values[INV_VAR] += p_k / (k * k)
    values[DISSIMILARITY] = values[DIFF_AVG]
    values[DIFF_ENTR] = entropy_of_sum(logarithms, N, cells)
    for difference in range(len(c_minus)):
        off = difference - values[DIFF_AVG]
        values[DIFF_VAR] += c_minus[difference] / N * off * off


@compiled
def _of_levels(
    c_x: NDArray[np.int64], levels: NDArray[np.int64], N: float, values: NDArray[np.float64]
) -> None:
    """Compute the features of p_x, and correlations, into `values`; contrast and joint_entr are there."""
    logarithms = summed = 0.0
    cells = 0
    for row in range(1, len(c_x)):
        if c_x[row] > 0:
            cells += 1
            summed += float(levels[row] * c_x[row])
            logarithms += times_log2(c_x[row])
    mean = summed / N
    variance = 0.0
    for row in range(1, len(c_x)):
        off = levels[row] - mean
        variance += c_x[row] / N * off * off
    HX, HXY = entropy_of_sum(logarithms, N, cells), values[JOINT_ENTR]
    values[JOINT_AVG] = mean
    values[JOINT_VAR] = variance
    gain = 2.0 * HX - HXY
    if gain <= _ROUNDING * (2.0 * HX + np.log2(N)):
        gain = 0.0
    values[INFO_CORR2] = np.sqrt(1.0 - np.exp(-2.0 * gain))
    if cells > 1:
        values[CORR] = 1.0 - values[CONTRAST] / (2.0 * variance)
        values[INFO_CORR1] = -gain / HX
    else:
        values[CORR] = values[INFO_CORR1] = np.nan
        values[JOINT_VAR] = 0.0


@compiled
def _of_sums(c_plus: NDArray[np.int64], N: float, values: NDArray[np.float64]) -> None:
    """Compute the features of p_+, into `values`; contrast and joint_avg are there."""
    mean = 2.0 * values[JOINT_AVG]
    logarithms = squares = 0.0
    cells = 0
    for k in range(2, len(c_plus)):
        if c_plus[k] == 0:
            continue
        cells += 1
        p_k = c_plus[k] / N
        off = k - mean
        logarithms += times_log2(c_plus[k])
        squares += p_k * k * k
        values[CLUST_TEND] += p_k * off * off
        values[CLUST_SHADE] += p_k * off * off * off
        values[CLUST_PROM] += p_k * off * off * off * off
    values[SUM_AVG] = mean
    values[SUM_VAR] = values[CLUST_TEND]
    values[SUM_ENTR] = entropy_of_sum(logarithms, N, cells)
    values[AUTO_CORR] = (squares - values[CONTRAST]) / 4.0
