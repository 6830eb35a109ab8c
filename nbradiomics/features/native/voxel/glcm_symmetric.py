"""Co-occurrence features of one box with symmetrical matrices without weights.

The formulas are those of `glcm_formulas`. Here p(i, j) = c(i, j) / N and p_x(i) = r(i) / N, with counts c,
their row sums r and their total N, all small whole numbers: sums of counts are exact, and every logarithm
comes from a table. No p is below 1 / N, so that eps is negligible compared with p_x p_y, and with p_x = p_y

    HXY1 = HXY2 = 2 HX.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.classes.glcm import MCC
from nbradiomics.features.native.classes.glcm_formulas import (
    AUTOCORRELATION,
    CLUSTER_PROMINENCE,
    CLUSTER_SHADE,
    CLUSTER_TENDENCY,
    CONTRAST,
    CORRELATION,
    DIFFERENCE_AVERAGE,
    DIFFERENCE_ENTROPY,
    DIFFERENCE_VARIANCE,
    EPSILON,
    ID,
    IDM,
    IDMN,
    IDN,
    IMC1,
    IMC2,
    INVERSE_VARIANCE,
    JOINT_AVERAGE,
    JOINT_ENERGY,
    JOINT_ENTROPY,
    MAXIMUM_PROBABILITY,
    SUM_AVERAGE,
    SUM_ENTROPY,
    SUM_SQUARES,
    imc2,
)
from nbradiomics.features.native.voxel.correlation import symmetric_correlation
from nbradiomics.features.native.voxel.glcm_general import ROUNDING, gain_as_summed

#: Number of values of a matrix: those of the formulas and the MCC.
_VALUES = MCC + 1
#: Largest total of counts for which the logarithms are tabulated.
_TABULATED = 1000


def logarithms(largest: int) -> NDArray[np.float64]:
    """Tabulate log2(c / N + eps) of counts c (columns), totals N (rows) to `largest`; empty if too many."""
    if largest > _TABULATED:
        return np.empty((0, 0))
    totals = np.maximum(np.arange(largest + 1.0), 1.0)
    return np.asarray(np.log2(np.arange(largest + 1.0) / totals[:, np.newaxis] + EPSILON))


@compiled
def symmetric_glcm_of_box(
    box: NDArray[np.int32],
    present: NDArray[np.int32],
    pairs: NDArray[np.int64],
    starts: NDArray[np.int64],
    tables: NDArray[np.float64],
    highest: int,
    correlation: bool,
    histograms: NDArray[np.float64],
    marks: NDArray[np.int64],
    work: NDArray[np.float64],
    means: NDArray[np.float64],
) -> None:
    """Compute the features of one box: means over its directions that have pairs; NaN if none has.

    Parameters
    ----------
    box
        Grey levels numbered from 1, 0 outside.
    present
        The grey level of each number.
    pairs, starts
        Indices into the box of the voxels of each pair, and the index of each direction's first pair.
    tables
        See `logarithms`.
    highest
        Highest grey level of the region.
    correlation
        Compute the MCC too.
    histograms
        Working memory: zeros, shape (2, 2 highest + 1); they are zeros again at the end.
    marks, work
        See `symmetric_correlation`.
    means
        Output: values of the formulas and the MCC.
    """
    levels = len(present)
    c = np.zeros((levels, levels))
    r = np.zeros(levels)
    values = np.zeros(_VALUES)
    directions = kept = 0
    means[:] = 0.0
    for direction in range(len(starts) - 1):
        N = _count(box, pairs, starts[direction], starts[direction + 1], c, r)
        if N == 0:
            continue
        _measure(c, r, present, float(N), tables, highest, histograms, values)
        directions += 1
        if not np.isnan(values[IMC2]):
            kept += 1
        else:
            values[IMC2] = 0.0
        if correlation:
            values[MCC] = symmetric_correlation(c, r, marks, work)
        means += values
        c[:] = 0.0
        r[:] = 0.0
    if directions == 0:
        means[:] = np.nan
        return
    sum_of_imc2 = means[IMC2]
    means /= directions
    means[IMC2] = sum_of_imc2 / kept if kept > 0 else np.nan
    if not correlation:
        means[MCC] = np.nan


@compiled
def _count(
    box: NDArray[np.int32],
    pairs: NDArray[np.int64],
    start: int,
    end: int,
    c: NDArray[np.float64],
    r: NDArray[np.float64],
) -> int:
    """Count the pairs from `start` to `end` in both orders, into c and r; return N."""
    N = 0
    for pair in range(start, end):
        first, second = box[pairs[pair, 0]], box[pairs[pair, 1]]
        if first > 0 and second > 0:
            c[first - 1, second - 1] += 1.0
            c[second - 1, first - 1] += 1.0
            r[first - 1] += 1.0
            r[second - 1] += 1.0
            N += 2
    return N


@compiled
def _logarithm(c: float, N: float, tables: NDArray[np.float64]) -> float:
    """Compute log2(c / N + eps)."""
    if len(tables) > 0:
        return float(tables[int(N), int(c)])
    return float(np.log2(c / N + EPSILON))


@compiled
def _measure(
    c: NDArray[np.float64],
    r: NDArray[np.float64],
    present: NDArray[np.int32],
    N: float,
    tables: NDArray[np.float64],
    highest: int,
    histograms: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Compute the values of one matrix' formulas."""
    summed = HX = 0.0
    for row in range(len(present)):
        if r[row] > 0.0:
            summed += r[row] * present[row]
            HX -= r[row] * _logarithm(r[row], N, tables)
    m_x = summed / N
    HX /= N
    squared = covariance = product = squares = HXY = largest = 0.0
    occurring = 0
    for row in range(len(present)):
        if r[row] == 0.0:
            continue
        occurring += 1
        i = present[row]
        off_x = i - m_x
        squared += r[row] * off_x * off_x
        for column in range(row + 1):
            c_ij = c[row, column]
            if c_ij == 0.0:
                continue
            j = present[column]
            both = c_ij if row == column else 2.0 * c_ij
            histograms[0, i + j] += both
            histograms[1, i - j] += both
            product += both * i * j
            covariance += both * off_x * (j - m_x)
            squares += both * c_ij
            HXY -= both * _logarithm(c_ij, N, tables)
            largest = max(largest, c_ij)
    variance = squared / N
    HXY /= N
    values[AUTOCORRELATION] = product / N
    values[CORRELATION] = covariance / N / (variance + EPSILON) if variance != 0.0 else 1.0
    values[JOINT_AVERAGE] = m_x
    values[JOINT_ENERGY] = squares / (N * N)
    values[JOINT_ENTROPY] = HXY
    values[MAXIMUM_PROBABILITY] = largest / N
    values[SUM_SQUARES] = variance
    # With one level, p = 1: HXY1 and HXY2 equal HXY.
    values[IMC1] = (HXY - 2.0 * HX) / HX if occurring > 1 else 0.0
    values[IMC2] = _information(2.0 * HX - HXY, c, N) if occurring > 1 else 0.0
    _of_sums(c, present, m_x, N, tables, histograms[0], values)
    _of_differences(c, present, N, tables, highest, histograms[1], values)


@compiled
def _information(gain: float, c: NDArray[np.float64], N: float) -> float:
    """Compute Imc2; see `gain_as_summed` for the case that HXY2 - HXY vanishes."""
    if abs(gain) < ROUNDING:
        gain = gain_as_summed(c / N)
    return imc2(gain)


@compiled
def _of_sums(
    c: NDArray[np.float64],
    present: NDArray[np.int32],
    m_x: float,
    N: float,
    tables: NDArray[np.float64],
    histogram: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Compute the features of p_+, into `values`; sets the histogram back to zeros."""
    second = third = fourth = entropy = 0.0
    for row in range(len(present)):
        for column in range(row + 1):
            k = present[row] + present[column]
            c_k = histogram[k]
            if c[row, column] == 0.0 or c_k == 0.0:
                continue
            histogram[k] = 0.0
            off = k - 2.0 * m_x
            second += c_k * off * off
            third += c_k * off * off * off
            fourth += c_k * off * off * off * off
            entropy -= c_k * _logarithm(c_k, N, tables)
    values[CLUSTER_PROMINENCE] = fourth / N
    values[CLUSTER_SHADE] = third / N
    values[CLUSTER_TENDENCY] = second / N
    values[SUM_AVERAGE] = 2.0 * m_x
    values[SUM_ENTROPY] = entropy / N


@compiled
def _of_differences(
    c: NDArray[np.float64],
    present: NDArray[np.int32],
    N: float,
    tables: NDArray[np.float64],
    G: int,
    histogram: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Compute the features of p_-, into `values`; sets the histogram back to zeros."""
    contrast = average = entropy = id_ = idm = idn = idmn = inverse = 0.0
    for row in range(len(present)):
        for column in range(row + 1):
            difference = present[row] - present[column]
            c_k = histogram[difference]
            if c[row, column] == 0.0 or c_k == 0.0:
                continue
            histogram[difference] = 0.0
            k = float(difference)
            contrast += k * k * c_k
            average += k * c_k
            entropy -= c_k * _logarithm(c_k, N, tables)
            id_ += c_k / (1.0 + k)
            idm += c_k / (1.0 + k * k)
            idn += c_k / (1.0 + k / G)
            idmn += c_k / (1.0 + k * k / (float(G) * G))
            if k > 0.0:
                inverse += c_k / (k * k)
    values[CONTRAST] = contrast / N
    values[DIFFERENCE_AVERAGE] = average / N
    values[DIFFERENCE_ENTROPY] = entropy / N
    # The mean of squares minus the square of the mean: whole numbers until the last division.
    values[DIFFERENCE_VARIANCE] = (contrast * N - average * average) / (N * N)
    values[ID] = id_ / N
    values[IDM] = idm / N
    values[IDMN] = idmn / N
    values[IDN] = idn / N
    values[INVERSE_VARIANCE] = inverse / N
