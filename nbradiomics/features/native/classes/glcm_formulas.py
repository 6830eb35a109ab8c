"""Features of one co-occurrence matrix.

p(i, j) is the share of voxel pairs with grey levels i and j (Haralick, Shanmugam and Dinstein, IEEE Trans
Systems, Man, and Cybernetics 1973; Zwanenburg et al., IBSI reference manual, section 3.6). Notation:

- p_x(i), p_y(j): sums over rows and columns; m_x, m_y, s_x, s_y: their means and standard deviations.
- p_+(k): sum of p(i, j) over i + j = k; p_-(k): over |i - j| = k. G: the highest grey level.
- eps = 2^-52, which PyRadiomics adds inside logarithms and to divisors.
- q(i, j) = p_x(i) p_y(j).
- HXY = - sum p log2(p + eps), HX and HY likewise of p_x and p_y,
  HXY1 = - sum p log2(p_x p_y + eps), HXY2 = - sum p_x p_y log2(p_x p_y + eps).

==================  =====================================================
Autocorrelation     sum p i j
ClusterProminence   sum (k - m_x - m_y)^4 p_+(k); Shade: cubed; Tendency: squared
Contrast            sum k^2 p_-(k)
Correlation         sum p (i - m_x)(j - m_y) / (s_x s_y + eps), 1 if s_x s_y = 0
Difference...       average, entropy and variance of p_-
Id, Idm             sum p_-(k) / (1 + k), / (1 + k^2)
Idn, Idmn           the same with k / G, k^2 / G^2
Imc1                (HXY - HXY1) / max(HX, HY), 0 if that maximum is 0
Imc2                sqrt(1 - exp(-2 (HXY2 - HXY))), 0 if HXY2 = HXY
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

from nbradiomics.execution.compiled import compiled

#: PyRadiomics' names of the values that `glcm_formulas` returns, in its order. HXY2 - HXY follows them.
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
#: Index of each value; Numba treats these numbers as constants.
AUTOCORRELATION = FORMULAS.index("Autocorrelation")
CLUSTER_PROMINENCE = FORMULAS.index("ClusterProminence")
CLUSTER_SHADE = FORMULAS.index("ClusterShade")
CLUSTER_TENDENCY = FORMULAS.index("ClusterTendency")
CONTRAST = FORMULAS.index("Contrast")
CORRELATION = FORMULAS.index("Correlation")
DIFFERENCE_AVERAGE = FORMULAS.index("DifferenceAverage")
DIFFERENCE_ENTROPY = FORMULAS.index("DifferenceEntropy")
DIFFERENCE_VARIANCE = FORMULAS.index("DifferenceVariance")
ID = FORMULAS.index("Id")
IDM = FORMULAS.index("Idm")
IDMN = FORMULAS.index("Idmn")
IDN = FORMULAS.index("Idn")
IMC1 = FORMULAS.index("Imc1")
IMC2 = FORMULAS.index("Imc2")
INVERSE_VARIANCE = FORMULAS.index("InverseVariance")
JOINT_AVERAGE = FORMULAS.index("JointAverage")
JOINT_ENERGY = FORMULAS.index("JointEnergy")
JOINT_ENTROPY = FORMULAS.index("JointEntropy")
MAXIMUM_PROBABILITY = FORMULAS.index("MaximumProbability")
SUM_AVERAGE = FORMULAS.index("SumAverage")
SUM_ENTROPY = FORMULAS.index("SumEntropy")
SUM_SQUARES = FORMULAS.index("SumSquares")
#: Index of HXY2 - HXY.
GAIN = len(FORMULAS)
EPSILON = float(np.spacing(1.0))
#: eps / (p_x p_y) up to which two terms of the series of log(1 + x) are exact to rounding.
_SMALL = 1e-3
_PER_BIT = float(1 / np.log(2.0))
#: Different logarithms that are kept.
_KNOWN = 256


@compiled
def marginals(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    p: NDArray[np.float64],
    levels: int,
    folded: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute p_x and p_y. The cells are those of `glcm_formulas`."""
    p_x = np.zeros(levels)
    p_y = np.zeros(levels)
    cell = 0
    while cell < len(p):
        row, total = rows[cell], 0.0
        while cell < len(p) and rows[cell] == row:
            total += p[cell]
            if not (folded and columns[cell] == row):  # the diagonal represents one cell, the others two
                p_y[columns[cell]] += p[cell]
            cell += 1
        p_x[row] += total
    if folded:
        p_x += p_y
        p_y = p_x.copy()
    return p_x, p_y


@compiled
def glcm_formulas(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    p: NDArray[np.float64],
    p_x: NDArray[np.float64],
    p_y: NDArray[np.float64],
    levels: NDArray[np.float64],
    highest: int,
    folded: bool,
) -> NDArray[np.float64]:
    """Compute the values of `FORMULAS`, followed by HXY2 - HXY.

    Parameters
    ----------
    rows, columns
        Indices into `levels` of the cells that are not 0, row by row.
    p
        p(i, j) of these cells; the sum over all cells is 1.
    p_x, p_y
        Sums of p over rows and columns, from `marginals`.
    levels
        Grey level of each row.
    highest
        G.
    folded
        The matrix is symmetrical and only the cells on and below the diagonal are given.

    Returns
    -------
    array of shape (GAIN + 1,)
    """
    p_plus = np.zeros(2 * highest + 1)
    p_minus = np.zeros(highest)
    m_x, m_y = _dot(p_x, levels), _dot(p_y, levels)
    whole = levels.astype(np.int64)
    autocorrelation = energy = largest = 0.0
    cell = 0
    while cell < len(p):
        row, i, of_row = rows[cell], whole[rows[cell]], 0.0
        while cell < len(p) and rows[cell] == row:
            p_ij, j = p[cell], whole[columns[cell]]
            part = 2.0 * p_ij if folded and columns[cell] != row else p_ij
            p_plus[i + j] += part
            p_minus[abs(i - j)] += part
            of_row += part * j
            energy += part * p_ij
            largest = max(largest, p_ij)
            cell += 1
        autocorrelation += i * of_row
    HXY = _joint_entropy(rows, columns, p, folded)
    values = np.zeros(GAIN + 1)
    values[AUTOCORRELATION] = autocorrelation
    values[JOINT_AVERAGE] = m_x
    values[JOINT_ENERGY] = energy
    values[JOINT_ENTROPY] = HXY
    values[MAXIMUM_PROBABILITY] = largest
    _of_differences(p_minus, float(highest), values)
    _of_sums(p_plus, m_x + m_y, values)
    _dependence(rows, columns, p, p_x, p_y, levels, folded, m_x, m_y, HXY, values)
    return values


@compiled
def _joint_entropy(
    rows: NDArray[np.int32], columns: NDArray[np.int32], p: NDArray[np.float64], folded: bool
) -> float:
    entropy = 0.0
    if len(p) < _KNOWN:
        for cell in range(len(p)):
            twice = 2.0 if folded and rows[cell] != columns[cell] else 1.0
            entropy -= twice * p[cell] * np.log2(p[cell] + EPSILON)
        return entropy
    # Most cells count only a few pairs, so that few different logarithms are needed.
    known, part_of = np.full(_KNOWN, -1.0), np.empty(_KNOWN)
    per_least = 1.0 / p.min()
    for cell in range(len(p)):
        p_ij = p[cell]
        place = np.uint64(min(p_ij * per_least, _KNOWN - 0.5))
        if known[place] != p_ij:
            known[place] = p_ij
            part_of[place] = p_ij * np.log2(p_ij + EPSILON)
        entropy -= part_of[place] * (2.0 if folded and rows[cell] != columns[cell] else 1.0)
    return entropy


@compiled
def _of_differences(p_minus: NDArray[np.float64], G: float, values: NDArray[np.float64]) -> None:
    """Compute the features of p_-, into `values`."""
    for difference in range(len(p_minus)):
        p_k = p_minus[difference]
        if p_k == 0.0:
            continue
        k = float(difference)
        values[CONTRAST] += k * k * p_k
        values[DIFFERENCE_AVERAGE] += k * p_k
        values[DIFFERENCE_ENTROPY] -= p_k * np.log2(p_k + EPSILON)
        values[ID] += p_k / (1.0 + k)
        values[IDM] += p_k / (1.0 + k * k)
        values[IDMN] += p_k / (1.0 + k * k / (G * G))
        values[IDN] += p_k / (1.0 + k / G)
        if k > 0.0:
            values[INVERSE_VARIANCE] += p_k / (k * k)
    for k in range(len(p_minus)):
        values[DIFFERENCE_VARIANCE] += p_minus[k] * (k - values[DIFFERENCE_AVERAGE]) ** 2


@compiled
def _of_sums(p_plus: NDArray[np.float64], mean: float, values: NDArray[np.float64]) -> None:
    """Compute the features of p_+, into `values`; `mean` is m_x + m_y."""
    for k in range(2, len(p_plus)):
        p_k = p_plus[k]
        if p_k == 0.0:
            continue
        off = k - mean
        values[CLUSTER_PROMINENCE] += p_k * off * off * off * off
        values[CLUSTER_SHADE] += p_k * off * off * off
        values[CLUSTER_TENDENCY] += p_k * off * off
        values[SUM_AVERAGE] += k * p_k
        values[SUM_ENTROPY] -= p_k * np.log2(p_k + EPSILON)


@compiled
def _dependence(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    p: NDArray[np.float64],
    p_x: NDArray[np.float64],
    p_y: NDArray[np.float64],
    levels: NDArray[np.float64],
    folded: bool,
    m_x: float,
    m_y: float,
    HXY: float,
    values: NDArray[np.float64],
) -> None:
    """Compute correlation, sum of squares and the informational measures, into `values`."""
    log_x, HX, least_x = _logarithms(p_x)
    log_y, HY, least_y = log_x, HX, least_x
    if not folded:
        log_y, HY, least_y = _logarithms(p_y)
    series = _SMALL * least_x * least_y > EPSILON
    inverse_x, inverse_y = _inverses(p_x), _inverses(p_y)
    variance_x, variance_y = _dot(p_x, (levels - m_x) ** 2), _dot(p_y, (levels - m_y) ** 2)
    covariance = HXY1 = 0.0
    cell = 0
    while cell < len(p):
        row, of_row, correction = rows[cell], 0.0, 0.0
        while cell < len(p) and rows[cell] == row:
            column = columns[cell]
            part = 2.0 * p[cell] if folded and column != row else p[cell]
            of_row += part * (levels[column] - m_y)
            if series:
                share = EPSILON * inverse_x[row] * inverse_y[column]
                correction += part * share * (1.0 - 0.5 * share)
            else:
                HXY1 -= part * np.log2(p_x[row] * p_y[column] + EPSILON)
            cell += 1
        covariance += (levels[row] - m_x) * of_row
        HXY1 -= correction * _PER_BIT
    if series:
        HXY1 -= _dot(p_x, log_x) + _dot(p_y, log_y)
    s_xy = np.sqrt(variance_x) * np.sqrt(variance_y)
    values[CORRELATION] = covariance / (s_xy + EPSILON) if s_xy != 0.0 else 1.0
    values[SUM_SQUARES] = variance_x
    larger = max(HX, HY)
    values[IMC1] = (HXY - HXY1) / larger if larger != 0.0 else 0.0
    HXY2 = _entropy_of_product(p_x, p_y, log_x, log_y, series)
    gain = HXY2 - HXY
    values[IMC2] = imc2(gain)
    values[GAIN] = gain


@compiled
def imc2(gain: float) -> float:
    """Compute Imc2 from HXY2 - HXY; NaN if that is negative."""
    return float(np.sqrt(1.0 - np.exp(-2.0 * gain))) if gain != 0.0 else 0.0


@compiled
def _dot(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    total: float = 0.0
    for place in range(len(one)):
        total += one[place] * other[place]
    return total


@compiled
def _inverses(p: NDArray[np.float64]) -> NDArray[np.float64]:
    inverses = np.zeros(len(p))
    for i in range(len(p)):
        if p[i] > 0.0:
            inverses[i] = 1.0 / p[i]
    return inverses


@compiled
def _logarithms(p: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
    """Compute log2 of each p that is not 0, their entropy with eps, and the smallest of them."""
    logarithms = np.zeros(len(p))
    entropy = 0.0
    least = 1.0
    for i in range(len(p)):
        p_i = p[i]
        if p_i > 0.0:
            logarithms[i] = np.log2(p_i)
            entropy -= p_i * np.log2(p_i + EPSILON)
            least = min(least, p_i)
    return logarithms, entropy, least


@compiled
def _entropy_of_product(
    p_x: NDArray[np.float64],
    p_y: NDArray[np.float64],
    log_x: NDArray[np.float64],
    log_y: NDArray[np.float64],
    series: bool,
) -> float:
    """Compute HXY2.

    With q = p_x p_y and eps / q small, q log2(q + eps) = q log2 q + (eps - eps^2 / (2 q)) / ln 2, and every
    sum over (i, j) is a product of two sums: no logarithm is needed for each cell.
    """
    if series:
        total_x = p_x.sum()
        total_y = p_y.sum()
        inverse_x = inverse_y = occupied_x = occupied_y = 0.0
        for p_i in p_x:
            if p_i > 0.0:
                occupied_x += 1.0
                inverse_x += 1.0 / p_i
        for p_j in p_y:
            if p_j > 0.0:
                occupied_y += 1.0
                inverse_y += 1.0 / p_j
        plain = (p_x * log_x).sum() * total_y + (p_y * log_y).sum() * total_x
        first = EPSILON * occupied_x * occupied_y
        second = 0.5 * EPSILON * EPSILON * inverse_x * inverse_y
        return float(-(plain + (first - second) / np.log(2.0)))
    entropy: float = 0.0
    for p_i in p_x:
        if p_i == 0.0:
            continue
        for p_j in p_y:
            q = p_i * p_j
            if q > 0.0:
                entropy -= q * np.log2(q + EPSILON)
    return entropy
