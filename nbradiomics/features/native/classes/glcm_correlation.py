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
from scipy.linalg import eigh
from scipy.sparse import coo_array
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

from nbradiomics.features.native.classes.glcm_formulas import EPSILON
from nbradiomics.features.native.classes.glcm_matrix import Cooccurrence

#: Grey levels up to which all singular values are computed, which is then faster than an iteration.
_DENSE = 120
_TOLERANCE = 1e-9
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
    scaled = [_scaled(matrix, *side) for matrix, side in zip(matrices, sides, strict=True)]
    if levels > _DENSE:
        return np.array([_iterated(matrix, *side) for matrix, side in zip(scaled, sides, strict=True)])
    stack = np.stack([matrix.dense(levels) for matrix in scaled])
    if matrices[0].folded:
        return np.asarray(np.sort(np.abs(np.linalg.eigvalsh(stack)), axis=1)[:, -2])
    return np.asarray(np.linalg.svd(stack, compute_uv=False)[:, 1])


def _scaled(matrix: Cooccurrence, p_x: NDArray[np.float64], p_y: NDArray[np.float64]) -> Cooccurrence:
    """Return the matrix B instead of p."""
    q = p_x[matrix.rows] * p_y[matrix.columns]
    return Cooccurrence(matrix.rows, matrix.columns, matrix.shares / np.sqrt(q + EPSILON), matrix.folded)


def _iterated(matrix: Cooccurrence, p_x: NDArray[np.float64], p_y: NDArray[np.float64]) -> float:
    """Compute the second largest singular value by a Lanczos iteration after removing the largest.

    The removed part is sqrt(p_x) sqrt(p_y)^T, exact except for eps: the error is below 4 eps divided by the
    share of the rarest group of levels that occur only with each other. The iteration always starts from the
    same vector; if it does not converge, the full problem is solved.
    """
    levels = len(p_x)
    left, right = np.sqrt(p_x), np.sqrt(p_y)
    B = coo_array((matrix.shares, (matrix.rows, matrix.columns)), shape=(levels, levels)).tocsr()
    if matrix.folded:
        below = matrix.rows != matrix.columns
        mirrored = coo_array(
            (matrix.shares[below], (matrix.columns[below], matrix.rows[below])), shape=(levels, levels)
        )
        B = (B + mirrored.tocsr()).tocsr()

        def apply(vector: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray(B @ vector - left * (left @ vector))

    else:
        B_turned = B.T.tocsr()

        def apply(vector: NDArray[np.float64]) -> NDArray[np.float64]:
            across = B @ vector - left * (right @ vector)
            return np.asarray(B_turned @ across - right * (left @ across))

    operator = LinearOperator((levels, levels), matvec=apply, dtype=np.float64)
    start = np.random.default_rng(0).standard_normal(levels)
    try:
        value = abs(eigsh(operator, k=1, which="LM", v0=start, tol=_TOLERANCE, return_eigenvectors=False)[0])
    except ArpackError:
        dense = matrix.dense(levels)
        value = eigh(dense @ dense.T, eigvals_only=True, subset_by_index=[levels - 2, levels - 2])[0]
        return float(np.sqrt(max(value, 0.0)))
    return float(value if matrix.folded else np.sqrt(value))
