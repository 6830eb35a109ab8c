"""Co-occurrence features of one box whose matrices are symmetrical and not weighted.

The formulas are those of `glcm_formulas`. Shares are counts over a total here, c / N, and both are small
whole numbers: sums of counts are exact, and every logarithm stands in a table. No share is below 1 / N, so
that eps vanishes beside p_x p_y, and with p_x = p_y

    HXY1 = HXY2 = 2 HX.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.glcm_formulas import EPSILON, FORMULAS
from nbradiomics.features.native.compiled import compiled
from nbradiomics.features.native.voxel.correlation import symmetric_correlation
from nbradiomics.features.native.voxel.glcm_general import IMC2, ROUNDING, gain_as_summed

#: Column of the MCC, which follows the formulas.
_MCC = len(FORMULAS)
#: Largest total of counts for which the logarithms are tabulated.
_TABULATED = 1000


def logarithms(largest: int) -> NDArray[np.float64]:
    """log2(c / N + eps) of all counts c (columns) and totals N (rows) to `largest`; empty when too many."""
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
    """Features of one box: means over its directions that have pairs; NaN where none has.

    Parameters
    ----------
    box
        Grey levels numbered from 1, 0 outside.
    present
        The grey levels behind the numbers.
    pairs, starts
        Indices into the box of the voxels of each pair, and where each direction's pairs start.
    tables
        See `logarithms`.
    highest
        Highest grey level of the region.
    correlation
        Compute the MCC too.
    histograms
        Zeros, shape (2, 2 highest + 1); left as zeros.
    marks, work
        See `symmetric_correlation`.
    means
        Filled in: values of the formulas and the MCC.
    """
    levels = len(present)
    counts = np.zeros((levels, levels))
    of_row = np.zeros(levels)
    values = np.zeros(24)
    directions = kept = 0
    means[:] = 0.0
    for direction in range(len(starts) - 1):
        total = 0
        for pair in range(starts[direction], starts[direction + 1]):
            first, second = box[pairs[pair, 0]], box[pairs[pair, 1]]
            if first > 0 and second > 0:
                counts[first - 1, second - 1] += 1.0
                counts[second - 1, first - 1] += 1.0
                of_row[first - 1] += 1.0
                of_row[second - 1] += 1.0
                total += 2
        if total == 0:
            continue
        _measure(counts, of_row, present, float(total), tables, highest, histograms, values)
        directions += 1
        if not np.isnan(values[IMC2]):
            kept += 1
        else:
            values[IMC2] = 0.0
        if correlation:
            values[_MCC] = symmetric_correlation(counts, of_row, marks, work)
        means += values
        counts[:] = 0.0
        of_row[:] = 0.0
    if directions == 0:
        means[:] = np.nan
        return
    imc2 = means[IMC2]
    means /= directions
    means[IMC2] = imc2 / kept if kept > 0 else np.nan
    if not correlation:
        means[_MCC] = np.nan


@compiled
def _logarithm(count: float, total: float, tables: NDArray[np.float64]) -> float:
    if len(tables) > 0:
        return float(tables[int(total), int(count)])
    return float(np.log2(count / total + EPSILON))


@compiled
def _measure(
    counts: NDArray[np.float64],
    of_row: NDArray[np.float64],
    present: NDArray[np.int32],
    total: float,
    tables: NDArray[np.float64],
    highest: int,
    histograms: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Values of one matrix' formulas."""
    levels = len(present)
    summed = squared = entropy = 0.0
    for row in range(levels):
        if of_row[row] > 0.0:
            summed += of_row[row] * present[row]
            entropy -= of_row[row] * _logarithm(of_row[row], total, tables)
    entropy /= total
    mean = summed / total
    spread = covariance = product = squares = joint = largest = 0.0
    occurring = 0
    for row in range(levels):
        if of_row[row] == 0.0:
            continue
        occurring += 1
        off = present[row] - mean
        squared += of_row[row] * off * off
        for column in range(row + 1):
            count = counts[row, column]
            if count == 0.0:
                continue
            both = count if row == column else 2.0 * count
            histograms[0, present[row] + present[column]] += both
            histograms[1, present[row] - present[column]] += both
            product += both * present[row] * present[column]
            covariance += both * off * (present[column] - mean)
            squares += both * count
            joint -= both * _logarithm(count, total, tables)
            largest = max(largest, count)
    spread = squared / total
    joint /= total
    values[0] = product / total
    values[5] = covariance / total / (spread + EPSILON) if spread != 0.0 else 1.0
    values[16] = mean
    values[17] = squares / (total * total)
    values[18] = joint
    values[19] = largest / total
    values[22] = spread
    # One level, p = 1: HXY1 and HXY2 are HXY.
    values[13] = (joint - 2.0 * entropy) / entropy if occurring > 1 else 0.0
    values[14] = _information(2.0 * entropy - joint, counts, total) if occurring > 1 else 0.0
    _of_sums(counts, present, mean, total, tables, histograms[0], values)
    _of_differences(counts, present, total, tables, highest, histograms[1], values)


@compiled
def _information(gain: float, counts: NDArray[np.float64], total: float) -> float:
    """Imc2; see `gain_as_summed` for where it vanishes."""
    if abs(gain) < ROUNDING:
        gain = gain_as_summed(counts / total)
    return float(np.sqrt(1.0 - np.exp(-2.0 * gain))) if gain != 0.0 else 0.0


@compiled
def _of_sums(
    counts: NDArray[np.float64],
    present: NDArray[np.int32],
    mean: float,
    total: float,
    tables: NDArray[np.float64],
    histogram: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Features of p_+, into `values`; takes the histogram back to zeros."""
    second = third = fourth = entropy = 0.0
    for row in range(len(present)):
        for column in range(row + 1):
            k = present[row] + present[column]
            count = histogram[k]
            if counts[row, column] == 0.0 or count == 0.0:
                continue
            histogram[k] = 0.0
            off = k - 2.0 * mean
            second += count * off * off
            third += count * off * off * off
            fourth += count * off * off * off * off
            entropy -= count * _logarithm(count, total, tables)
    values[1] = fourth / total
    values[2] = third / total
    values[3] = second / total
    values[20] = 2.0 * mean
    values[21] = entropy / total


@compiled
def _of_differences(
    counts: NDArray[np.float64],
    present: NDArray[np.int32],
    total: float,
    tables: NDArray[np.float64],
    highest: int,
    histogram: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Features of p_-, into `values`; takes the histogram back to zeros."""
    contrast = average = entropy = near = near_squared = normalised = normalised_squared = inverse = 0.0
    for row in range(len(present)):
        for column in range(row + 1):
            k = present[row] - present[column]
            count = histogram[k]
            if counts[row, column] == 0.0 or count == 0.0:
                continue
            histogram[k] = 0.0
            apart = float(k)
            contrast += apart * apart * count
            average += apart * count
            entropy -= count * _logarithm(count, total, tables)
            near += count / (1.0 + apart)
            near_squared += count / (1.0 + apart * apart)
            normalised += count / (1.0 + apart / highest)
            normalised_squared += count / (1.0 + apart * apart / (float(highest) * highest))
            if k > 0:
                inverse += count / (apart * apart)
    values[4] = contrast / total
    values[6] = average / total
    values[7] = entropy / total
    # The mean of squares less the square of the mean: whole numbers but for the last division.
    values[8] = (contrast * total - average * average) / (total * total)
    values[9] = near / total
    values[10] = near_squared / total
    values[11] = normalised_squared / total
    values[12] = normalised / total
    values[15] = inverse / total
