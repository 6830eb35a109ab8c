"""The maximal correlation coefficient (MCC): how well a voxel can predict its neighbour, at best.

Haralick 1973 defines it as the square root of the second largest eigenvalue of
Q(i, j) = sum over k of p(i, k) p(j, k) / (p_x(i) p_y(k)). PyRadiomics adds eps = 2^-52 to the divisor.

Q is similar to B B^T with B(i, k) = p(i, k) / sqrt(p_x(i) p_y(k) + eps), up to the square of
eps / (p_x p_y): so the coefficient is B's second largest singular value, which needs no general eigenproblem.
The largest is 1 except for eps, with the singular vectors sqrt(p_x) and sqrt(p_y). A symmetrical matrix has a
symmetric B, whose singular values are its absolute eigenvalues.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled
from nbradiomics.execution.pieces import in_parts
from nbradiomics.features.native.classes.glcm_formulas import EPSILON
from nbradiomics.features.native.classes.glcm_matrix import Cooccurrence
from nbradiomics.features.native.classes.lanczos import Deflated

#: Grey levels up to which all singular values are computed, which is then faster than an iteration.
_DENSE = 40
_Sides = tuple[NDArray[np.float64], NDArray[np.float64]]


def maximal_correlations(matrices: list[Cooccurrence], sides: list[_Sides]) -> NDArray[np.float64]:
    """Compute the coefficient of each matrix.

    Parameters
    ----------
    matrices
        Co-occurrence matrices with at least two grey levels.
    sides
        p_x and p_y of each matrix.
    """
    levels = len(sides[0][0])
    pairs = list(zip(matrices, sides, strict=True))
    if levels > _DENSE:
        return np.array(in_parts(lambda part: [_iterated(matrix, *side) for matrix, side in part], pairs))
    stack = np.stack([_scaled(matrix, *side).dense(levels) for matrix, side in pairs])
    if matrices[0].folded:
        return np.asarray(np.sort(np.abs(np.linalg.eigvalsh(stack)), axis=1)[:, -2])
    return np.asarray(np.linalg.svd(stack, compute_uv=False)[:, 1])


def _scaled(matrix: Cooccurrence, p_x: NDArray[np.float64], p_y: NDArray[np.float64]) -> Cooccurrence:
    """Return the matrix B instead of p."""
    values = _divided(matrix.rows, matrix.columns, matrix.shares, p_x, p_y)
    return Cooccurrence(matrix.rows, matrix.columns, values, matrix.folded)


@compiled
def _divided(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    p: NDArray[np.float64],
    p_x: NDArray[np.float64],
    p_y: NDArray[np.float64],
) -> NDArray[np.float64]:
    values = np.empty(len(p))
    for cell in range(len(p)):
        q = p_x[np.uint64(rows[cell])] * p_y[np.uint64(columns[cell])]
        values[cell] = p[cell] / np.sqrt(q + EPSILON)
    return values


def _iterated(matrix: Cooccurrence, p_x: NDArray[np.float64], p_y: NDArray[np.float64]) -> float:
    """Compute the second largest singular value by Lanczos' iteration after removing the largest.

    The removed part is sqrt(p_x) sqrt(p_y)^T, exact except for eps: the error is below 4 eps divided by the
    share of the rarest group of levels that occur only with each other. If the iteration does not converge,
    the full problem is solved.
    """
    left, right = np.sqrt(p_x), np.sqrt(p_y)
    matrix = _scaled(matrix, p_x, p_y)
    deflated = Deflated(matrix.rows, matrix.columns, matrix.shares, left, right, matrix.folded)
    value = deflated.largest()
    if value is None:
        return float(np.linalg.svd(matrix.dense(len(p_x)), compute_uv=False)[1])
    return value
