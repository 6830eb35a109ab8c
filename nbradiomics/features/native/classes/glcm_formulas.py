"""Features of one co-occurrence matrix.

p(i, j) is the share of voxel pairs with grey levels i and j (Haralick, Shanmugam and Dinstein, IEEE Trans
Systems, Man, and Cybernetics 1973; Zwanenburg et al., IBSI reference manual, section 3.6). Notation:

- p_x(i), p_y(j): sums over rows and columns; m_x, m_y, s_x, s_y: their means and standard deviations.
- p_+(k): sum of p(i, j) over i + j = k; p_-(k): over |i - j| = k. G: the highest grey level.
- eps = 2^-52, which PyRadiomics adds inside logarithms and to divisors.
- HXY = - sum p log2(p + eps), HX and HY likewise of p_x and p_y,
  HXY1 = - sum p log2(p_x p_y + eps), HXY2 = - sum p_x p_y log2(p_x p_y + eps).

==================  =====================================================
Autocorrelation     sum p i j
ClusterProminence   sum (k - m_x - m_y)^4 p_+(k); Shade: cubed; Tendency: squared
Contrast            sum k^2 p_-(k)
Correlation         sum p (i - m_x)(j - m_y) / (s_x s_y + eps), 1 where s_x s_y = 0
Difference...       average, entropy and variance of p_-
Id, Idm             sum p_-(k) / (1 + k), / (1 + k^2)
Idn, Idmn           the same with k / G, k^2 / G^2
Imc1                (HXY - HXY1) / max(HX, HY), 0 where that is 0
Imc2                sqrt(1 - exp(-2 (HXY2 - HXY))), 0 where both agree
InverseVariance     sum over k > 0 of p_-(k) / k^2
JointAverage        m_x
JointEnergy         sum p^2
JointEntropy        HXY
MaximumProbability  largest p
SumAverage          mean of p_+; SumEntropy: its entropy
SumSquares          s_x^2
==================  =====================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.compiled import compiled

#: What `glcm_formulas` returns, in its order: PyRadiomics' names. HXY2 - HXY comes after them.
FORMULAS = (
    "Autocorrelation",
    "ClusterProminence",
    "ClusterShade",
    "ClusterTendency",
    "Contrast",
    "Correlation",
    "DifferenceAverage",
    "DifferenceEntropy",
    "DifferenceVariance",
    "Id",
    "Idm",
    "Idmn",
    "Idn",
    "Imc1",
    "Imc2",
    "InverseVariance",
    "JointAverage",
    "JointEnergy",
    "JointEntropy",
    "MaximumProbability",
    "SumAverage",
    "SumEntropy",
    "SumSquares",
)
EPSILON = float(np.spacing(1.0))
#: eps / (p_x p_y) up to which two terms of the series of log(1 + x) are exact to rounding.
_SMALL = 1e-3


@compiled
def marginals(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    shares: NDArray[np.float64],
    levels: int,
    folded: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """p_x and p_y. The cells are as `glcm_formulas` takes them."""
    of_row = np.zeros(levels)
    of_column = np.zeros(levels)
    for cell in range(len(shares)):
        of_row[rows[cell]] += shares[cell]
        of_column[columns[cell]] += shares[cell]
        if folded and rows[cell] != columns[cell]:
            of_row[columns[cell]] += shares[cell]
            of_column[rows[cell]] += shares[cell]
    return of_row, of_column


@compiled
def glcm_formulas(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    shares: NDArray[np.float64],
    of_row: NDArray[np.float64],
    of_column: NDArray[np.float64],
    levels: NDArray[np.float64],
    highest: int,
    folded: bool,
) -> NDArray[np.float64]:
    """Values of `FORMULAS`, and HXY2 - HXY after them.

    Parameters
    ----------
    rows, columns
        Indices into `levels` of the cells that are not 0, row by row.
    shares
        p(i, j) of these cells; all cells together make 1.
    of_row, of_column
        p_x and p_y.
    levels
        Grey level of each row.
    highest
        G.
    folded
        The matrix is symmetrical and only the cells on and below the diagonal are given.

    Returns
    -------
    array of shape (24,)
    """
    of_sum = np.zeros(2 * highest + 1)
    of_difference = np.zeros(highest)
    mean_row = mean_column = autocorrelation = energy = joint = largest = 0.0
    for cell in range(len(shares)):
        share = shares[cell]
        i = levels[rows[cell]]
        j = levels[columns[cell]]
        twice = 2.0 if folded and i != j else 1.0
        mean_row += i * share
        mean_column += j * share
        if twice == 2.0:
            mean_row += j * share
            mean_column += i * share
        of_sum[int(i + j)] += twice * share
        of_difference[int(abs(i - j))] += twice * share
        autocorrelation += twice * share * i * j
        energy += twice * share * share
        joint -= twice * share * np.log2(share + EPSILON)
        largest = max(largest, share)
    values = np.zeros(24)
    values[0] = autocorrelation
    values[16] = mean_row
    values[17] = energy
    values[18] = joint
    values[19] = largest
    _of_differences(of_difference, float(highest), values)
    _of_sums(of_sum, mean_row + mean_column, values)
    _dependence(rows, columns, shares, of_row, of_column, levels, folded, mean_column, values)
    return values


@compiled
def _of_differences(of_difference: NDArray[np.float64], highest: float, values: NDArray[np.float64]) -> None:
    """Features of p_-, into `values`."""
    for k in range(len(of_difference)):
        share = of_difference[k]
        if share == 0.0:
            continue
        apart = float(k)
        values[4] += apart * apart * share
        values[6] += apart * share
        values[7] -= share * np.log2(share + EPSILON)
        values[9] += share / (1.0 + apart)
        values[10] += share / (1.0 + apart * apart)
        values[11] += share / (1.0 + apart * apart / (highest * highest))
        values[12] += share / (1.0 + apart / highest)
        if k > 0:
            values[15] += share / (apart * apart)
    for k in range(len(of_difference)):
        values[8] += of_difference[k] * (k - values[6]) ** 2


@compiled
def _of_sums(of_sum: NDArray[np.float64], mean: float, values: NDArray[np.float64]) -> None:
    """Features of p_+, into `values`; `mean` is m_x + m_y."""
    for k in range(2, len(of_sum)):
        share = of_sum[k]
        if share == 0.0:
            continue
        off = k - mean
        values[1] += share * off * off * off * off
        values[2] += share * off * off * off
        values[3] += share * off * off
        values[20] += k * share
        values[21] -= share * np.log2(share + EPSILON)


@compiled
def _dependence(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    shares: NDArray[np.float64],
    of_row: NDArray[np.float64],
    of_column: NDArray[np.float64],
    levels: NDArray[np.float64],
    folded: bool,
    mean_column: float,
    values: NDArray[np.float64],
) -> None:
    """Correlation, sum of squares and the informational measures, into `values`."""
    log_row, entropy_row, least_row = _logarithms(of_row)
    log_column, entropy_column, least_column = log_row, entropy_row, least_row
    if not folded:
        log_column, entropy_column, least_column = _logarithms(of_column)
    mean_row = values[16]
    series = _SMALL * least_row * least_column > EPSILON
    spread_row = spread_column = covariance = crossed = 0.0
    for cell in range(len(shares)):
        i = rows[cell]
        j = columns[cell]
        share = shares[cell]
        off_row = levels[i] - mean_row
        off_column = levels[j] - mean_column
        twice = 2.0 if folded and i != j else 1.0
        spread_row += share * off_row * off_row
        spread_column += share * off_column * off_column
        if twice == 2.0:
            spread_row += share * off_column * off_column
            spread_column += share * off_row * off_row
        covariance += twice * share * off_row * off_column
        expected = of_row[i] * of_column[j]
        if series:
            correction = EPSILON / expected * (1.0 - 0.5 * EPSILON / expected) / np.log(2.0)
            crossed -= twice * share * (log_row[i] + log_column[j] + correction)
        else:
            crossed -= twice * share * np.log2(expected + EPSILON)
    spread = np.sqrt(spread_row) * np.sqrt(spread_column)
    values[5] = covariance / (spread + EPSILON) if spread != 0.0 else 1.0
    values[22] = spread_row
    larger = max(entropy_row, entropy_column)
    values[13] = (values[18] - crossed) / larger if larger != 0.0 else 0.0
    independent = _entropy_of_product(of_row, of_column, log_row, log_column, series)
    gain = independent - values[18]
    values[14] = np.sqrt(1.0 - np.exp(-2.0 * gain)) if gain != 0.0 else 0.0
    values[23] = gain


@compiled
def _logarithms(shares: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
    """log2 of each share that is not 0, their entropy with eps, and the least of them."""
    logarithms = np.zeros(len(shares))
    entropy = 0.0
    least = 1.0
    for index in range(len(shares)):
        share = shares[index]
        if share > 0.0:
            logarithms[index] = np.log2(share)
            entropy -= share * np.log2(share + EPSILON)
            least = min(least, share)
    return logarithms, entropy, least


@compiled
def _entropy_of_product(
    of_row: NDArray[np.float64],
    of_column: NDArray[np.float64],
    log_row: NDArray[np.float64],
    log_column: NDArray[np.float64],
    series: bool,
) -> float:
    """HXY2.

    With q = p_x p_y and eps / q small, q log2(q + eps) = q log2 q + (eps - eps^2 / (2 q)) / ln 2, and every
    sum over (i, j) is a product of two sums: no logarithm for each of the cells.
    """
    if series:
        total_row = of_row.sum()
        total_column = of_column.sum()
        inverse_row = inverse_column = occupied_row = occupied_column = 0.0
        for share in of_row:
            if share > 0.0:
                occupied_row += 1.0
                inverse_row += 1.0 / share
        for share in of_column:
            if share > 0.0:
                occupied_column += 1.0
                inverse_column += 1.0 / share
        plain = (of_row * log_row).sum() * total_column + (of_column * log_column).sum() * total_row
        first = EPSILON * occupied_row * occupied_column
        second = 0.5 * EPSILON * EPSILON * inverse_row * inverse_column
        return float(-(plain + (first - second) / np.log(2.0)))
    entropy: float = 0.0
    for row_share in of_row:
        if row_share == 0.0:
            continue
        for column_share in of_column:
            expected = row_share * column_share
            if expected > 0.0:
                entropy -= expected * np.log2(expected + EPSILON)
    return entropy
