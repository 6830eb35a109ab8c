"""Co-occurrence features of one box, weighted, asymmetrical or neither."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.glcm_formulas import EPSILON, FORMULAS, glcm_formulas, marginals
from nbradiomics.features.native.compiled import compiled

#: Column of Imc2 in the formulas' values.
IMC2 = FORMULAS.index("Imc2")
#: HXY2 - HXY below which its sign is rounding.
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
    """Features of one box: means over its directions that have pairs.

    Parameters
    ----------
    box
        Grey levels numbered from 1, 0 outside.
    present
        The grey levels behind the numbers.
    beside
        Index of each voxel's neighbour, by direction; -1 outside.
    weights
        Weight of each direction; an empty array takes the directions one by one.
    highest
        Highest grey level of the region.
    symmetrical
        Count pairs in both orders.
    means, empty
        Filled in: values of the formulas, and which matrices have no pairs.
    """
    table = np.zeros((len(present), len(present)))
    kept = np.zeros(len(means))
    means[:] = 0.0
    for matrix in range(len(empty)):
        empty[matrix] = not _fill(box, beside, weights, matrix, symmetrical, table)
        if not empty[matrix]:
            _add(table, present, highest, symmetrical, means, kept)
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
    """Maximal correlation coefficient of one box: mean over its directions that have pairs."""
    table = np.empty((levels, levels))
    total = 0.0
    for matrix in range(len(empty)):
        if not empty[matrix]:
            _fill(box, beside, weights, matrix, symmetrical, table)
            total += _second_singular_value(table, symmetrical)
    return float(total / (len(empty) - empty.sum()))


@compiled
def _fill(
    box: NDArray[np.int32],
    beside: NDArray[np.int64],
    weights: NDArray[np.float64],
    matrix: int,
    symmetrical: bool,
    table: NDArray[np.float64],
) -> bool:
    """Make `table` the matrix of one direction, or of all with their weights; whether it has pairs."""
    table[:] = 0.0
    total = 0.0
    summed = len(weights) > 0
    for direction in range(0 if summed else matrix, len(beside) if summed else matrix + 1):
        weight = weights[direction] if summed else 1.0
        for voxel in range(len(box)):
            other = beside[direction, voxel]
            if box[voxel] > 0 and other >= 0 and box[other] > 0:
                row, column = box[voxel] - 1, box[other] - 1
                table[row, column] += weight
                total += weight
                if symmetrical:
                    table[column, row] += weight
                    total += weight
    if total > 0.0:
        table /= table.sum() if summed else total
    return total > 0.0


@compiled
def _add(
    table: NDArray[np.float64],
    present: NDArray[np.float64],
    highest: int,
    symmetrical: bool,
    sums: NDArray[np.float64],
    kept: NDArray[np.float64],
) -> None:
    """Add one matrix' features to the sums, leaving out what is NaN."""
    levels = len(present)
    rows = np.empty(levels * levels, np.int32)
    columns = np.empty(levels * levels, np.int32)
    shares = np.empty(levels * levels)
    cells = 0
    for row in range(levels):
        for column in range(row + 1 if symmetrical else levels):
            if table[row, column] > 0.0:
                rows[cells] = row
                columns[cells] = column
                shares[cells] = table[row, column]
                cells += 1
    rows, columns, shares = rows[:cells], columns[:cells], shares[:cells]
    of_row, of_column = marginals(rows, columns, shares, levels, symmetrical)
    values = glcm_formulas(rows, columns, shares, of_row, of_column, present, highest, symmetrical)
    if abs(values[len(sums)]) < ROUNDING:
        gain = gain_as_summed(table)
        values[IMC2] = np.sqrt(1.0 - np.exp(-2.0 * gain)) if gain != 0.0 else 0.0
    for feature in range(len(sums)):
        if not np.isnan(values[feature]):
            sums[feature] += values[feature]
            kept[feature] += 1.0


@compiled
def gain_as_summed(table: NDArray[np.float64]) -> float:
    """HXY2 - HXY, summed cell by cell as NumPy does it for PyRadiomics.

    Where it vanishes, rounding decides between 0 and NaN.
    """
    levels = len(table)
    of_row = np.zeros(levels)
    of_column = np.zeros(levels)
    joint = 0.0
    for row in range(levels):
        for column in range(levels):
            of_row[row] += table[row, column]
            of_column[column] += table[row, column]
            if table[row, column] > 0.0:
                joint += table[row, column] * np.log2(table[row, column] + EPSILON)
    product = 0.0
    for row in range(levels):
        for column in range(levels):
            expected = of_row[row] * of_column[column]
            if expected > 0.0:
                product += expected * np.log2(expected + EPSILON)
    return float(joint - product)


@compiled
def _second_singular_value(table: NDArray[np.float64], symmetrical: bool) -> float:
    """Maximal correlation coefficient (see `glcm_correlation`) of a small matrix; 0 for a single level."""
    levels = len(table)
    of_row = np.zeros(levels)
    of_column = np.zeros(levels)
    for row in range(levels):
        for column in range(levels):
            of_row[row] += table[row, column]
            of_column[column] += table[row, column]
    # Levels that have no pairs only add eigenvalues of 0.
    active = np.empty(levels, np.int64)
    size = 0
    for level in range(levels):
        if of_row[level] + of_column[level] > 0.0:
            active[size] = level
            size += 1
    if size < 2:
        return 0.0
    # The eigenvalues of [[0, B], [B^T, 0]] are B's singular values and their negatives.
    edge = size if symmetrical else 2 * size
    scaled = np.zeros((edge, edge))
    first = 0 if symmetrical else size
    for row in range(size):
        for column in range(size):
            i, j = active[row], active[column]
            value = table[i, j] / np.sqrt(of_row[i] * of_column[j] + EPSILON)
            scaled[row, first + column] = value
            scaled[first + column, row] = value
    values = np.linalg.eigvalsh(scaled)
    if symmetrical:
        # Ascending: the second largest of the absolute values is at one end or beside it.
        return float(max(abs(values[edge - 2]), min(abs(values[0]), abs(values[edge - 1]))))
    return float(values[edge - 2])
