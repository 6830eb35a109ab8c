"""Co-occurrence features of one box, for any weights and symmetry."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.features.native.classes.glcm_formulas import (
    EPSILON,
    GAIN,
    IMC2,
    glcm_formulas,
    imc2,
    marginals,
)

#: HXY2 - HXY below which its sign depends on rounding.
ROUNDING = 1e-12


@compiled
def glcm_of_box(
    box: NDArray[np.int32],
    present: NDArray[np.float64],
    beside: NDArray[np.int64],
    weights: NDArray[np.float64],
    highest: int,
    symmetrical: bool,
    means: NDArray[np.float64],
    empty: NDArray[np.bool_],
) -> None:
    """Compute the features of one box: means over its directions that have pairs.

    Parameters
    ----------
    box
        Grey levels numbered from 1, 0 outside.
    present
        The grey level of each number.
    beside
        Index of each voxel's neighbour, by direction; -1 outside.
    weights
        Weight of each direction; with an empty array the directions are used one by one.
    highest
        Highest grey level of the region.
    symmetrical
        Count pairs in both orders.
    means, empty
        Output: values of the formulas, and whether each matrix has no pairs.
    """
    p = np.zeros((len(present), len(present)))
    kept = np.zeros(len(means))
    means[:] = 0.0
    for matrix in range(len(empty)):
        empty[matrix] = not _fill(box, beside, weights, matrix, symmetrical, p)
        if not empty[matrix]:
            _add(p, present, highest, symmetrical, means, kept)
    for feature in range(len(means)):
        means[feature] = means[feature] / kept[feature] if kept[feature] > 0.0 else np.nan


@compiled
def correlation_of_box(
    box: NDArray[np.int32],
    levels: int,
    beside: NDArray[np.int64],
    weights: NDArray[np.float64],
    empty: NDArray[np.bool_],
    symmetrical: bool,
) -> float:
    """Compute the maximal correlation coefficient of one box: mean over its directions with pairs."""
    p = np.empty((levels, levels))
    total = 0.0
    for matrix in range(len(empty)):
        if not empty[matrix]:
            _fill(box, beside, weights, matrix, symmetrical, p)
            total += _second_singular_value(p, symmetrical)
    return float(total / (len(empty) - empty.sum()))


@compiled
def _fill(
    box: NDArray[np.int32],
    beside: NDArray[np.int64],
    weights: NDArray[np.float64],
    matrix: int,
    symmetrical: bool,
    p: NDArray[np.float64],
) -> bool:
    """Fill p with the matrix of one direction, or the weighted sum of all; return whether it has pairs."""
    p[:] = 0.0
    total = 0.0
    summed = len(weights) > 0
    for direction in range(0 if summed else matrix, len(beside) if summed else matrix + 1):
        weight = weights[direction] if summed else 1.0
        for voxel in range(len(box)):
            other = beside[direction, voxel]
            if box[voxel] > 0 and other >= 0 and box[other] > 0:
                row, column = box[voxel] - 1, box[other] - 1
                p[row, column] += weight
                total += weight
                if symmetrical:
                    p[column, row] += weight
                    total += weight
    if total > 0.0:
        p /= p.sum() if summed else total
    return total > 0.0


@compiled
def _add(
    p: NDArray[np.float64],
    present: NDArray[np.float64],
    highest: int,
    symmetrical: bool,
    sums: NDArray[np.float64],
    kept: NDArray[np.float64],
) -> None:
    """Add one matrix' features to the sums, leaving out NaN."""
    levels = len(present)
    rows = np.empty(levels * levels, np.int32)
    columns = np.empty(levels * levels, np.int32)
    shares = np.empty(levels * levels)
    cells = 0
    for row in range(levels):
        for column in range(row + 1 if symmetrical else levels):
            if p[row, column] > 0.0:
                rows[cells] = row
                columns[cells] = column
                shares[cells] = p[row, column]
                cells += 1
    rows, columns, shares = rows[:cells], columns[:cells], shares[:cells]
    p_x, p_y = marginals(rows, columns, shares, levels, symmetrical)
    values = glcm_formulas(rows, columns, shares, p_x, p_y, present, highest, symmetrical)
    if abs(values[GAIN]) < ROUNDING:
        values[IMC2] = imc2(gain_as_summed(p))
    for feature in range(len(sums)):
        if not np.isnan(values[feature]):
            sums[feature] += values[feature]
            kept[feature] += 1.0


@compiled
def gain_as_summed(p: NDArray[np.float64]) -> float:
    """Compute HXY2 - HXY, summed cell by cell as NumPy does it for PyRadiomics.

    If it vanishes, rounding decides between 0 and NaN.
    """
    p_x, p_y = _sums(p)
    minus_HXY = 0.0
    for row in range(len(p)):
        for column in range(len(p)):
            p_ij = p[row, column]
            if p_ij > 0.0:
                minus_HXY += p_ij * np.log2(p_ij + EPSILON)
    minus_HXY2 = 0.0
    for row in range(len(p)):
        for column in range(len(p)):
            q = p_x[row] * p_y[column]
            if q > 0.0:
                minus_HXY2 += q * np.log2(q + EPSILON)
    return float(minus_HXY - minus_HXY2)


@compiled
def _sums(p: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute p_x and p_y of a full matrix."""
    p_x = np.zeros(len(p))
    p_y = np.zeros(len(p))
    for row in range(len(p)):
        for column in range(len(p)):
            p_x[row] += p[row, column]
            p_y[column] += p[row, column]
    return p_x, p_y


@compiled
def _second_singular_value(p: NDArray[np.float64], symmetrical: bool) -> float:
    """Compute the maximal correlation coefficient (`glcm_correlation`) of a small matrix; 0 for one level."""
    p_x, p_y = _sums(p)
    # Levels without pairs only add eigenvalues of 0.
    active = np.empty(len(p), np.int64)
    size = 0
    for level in range(len(p)):
        if p_x[level] + p_y[level] > 0.0:
            active[size] = level
            size += 1
    if size < 2:
        return 0.0
    # The eigenvalues of [[0, B], [B^T, 0]] are B's singular values and their negatives.
    edge = size if symmetrical else 2 * size
    matrix = np.zeros((edge, edge))
    first = 0 if symmetrical else size
    for row in range(size):
        for column in range(size):
            i, k = active[row], active[column]
            B_ik = p[i, k] / np.sqrt(p_x[i] * p_y[k] + EPSILON)
            matrix[row, first + column] = B_ik
            matrix[first + column, row] = B_ik
    values = np.linalg.eigvalsh(matrix)
    if symmetrical:
        # Ascending: the second largest of the absolute values is at one end or next to it.
        return float(max(abs(values[edge - 2]), min(abs(values[0]), abs(values[edge - 1]))))
    return float(values[edge - 2])
