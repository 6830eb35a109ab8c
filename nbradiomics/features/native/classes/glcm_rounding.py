"""Imc2, MCC and Correlation of independent levels: PyRadiomics' value depends on the rounding of its sums.

Imc2 and MCC are roots of a difference that is 0 in exact arithmetic if neighbouring grey levels are
independent. The difference's last bit then decides between 0 and NaN (the root of a negative number), and the
mean over directions leaves NaN out: one bit can change the feature by a thirteenth. Correlation is 1 if all
pairs of a direction start, or end, with one level, but 0 if their standard deviation is above 0 by rounding.
Here the sums run over full matrices with PyRadiomics' memory layout, because NumPy adds in the order of
memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.classes.glcm_formulas import EPSILON
from nbradiomics.features.native.classes.glcm_matrix import Cooccurrence


def laid_out(
    matrices: list[Cooccurrence], levels: int, *, absent: int, empty: int, weighted: bool
) -> NDArray[np.float64]:
    """Stack matrices as PyRadiomics does: it deletes empty parts, which changes the memory layout.

    Parameters
    ----------
    matrices
        Matrices that are not empty.
    levels
        Number of grey levels that occur.
    absent, empty
        Numbers of grey levels below the highest that do not occur, and of directions without pairs.
    weighted
        The only matrix is a sum over directions.

    Returns
    -------
    array of shape (1, levels, levels, matrices)
    """
    # The positions of deleted parts do not matter; NumPy deletes none, one or several parts in three ways.
    absent, empty = min(absent, 2), min(empty, 2)
    deleted = np.arange(levels, levels + absent)
    directions = 2 if weighted else len(matrices) + empty
    stack = np.zeros((1, levels + absent, levels + absent, directions))
    for index, matrix in enumerate(matrices):
        stack[0, :levels, :levels, index] = matrix.dense(levels)
    stack = np.delete(np.delete(stack, deleted, 1), deleted, 2)
    if weighted:
        return np.asarray(stack.sum(3, keepdims=True))
    if empty:
        stack = np.delete(stack, (np.arange(len(matrices), directions),), 3)
    return stack


def informational_correlation(p: NDArray[np.float64]) -> float:
    """Compute Imc2 as the mean over directions; see `glcm_formulas` for the mathematics.

    Parameters
    ----------
    p
        p(i, j), shape (1, levels, levels, directions).
    """
    HXY = -np.sum(p * np.log2(p + EPSILON), (1, 2))
    q = p.sum(2, keepdims=True) * p.sum(1, keepdims=True)
    HXY2 = -np.sum(q * np.log2(q + EPSILON), (1, 2))
    gain = HXY2 - HXY
    return _mean_of_roots(np.where(gain == 0.0, 0.0, 1.0 - np.e ** (-2.0 * gain)))


def maximal_correlation(p: NDArray[np.float64]) -> float:
    """Compute the MCC as the mean over directions; see `glcm_correlation` for the mathematics, p as above."""
    p_x, p_y = p.sum(2, keepdims=True), p.sum(1, keepdims=True)
    levels, directions = p.shape[2:]
    Q = np.zeros((levels, levels, directions))
    for k in range(levels):
        divisor = p_x[0, :, 0, np.newaxis] * p_y[0, 0, k] + EPSILON
        Q += p[0, :, np.newaxis, k] * p[0, np.newaxis, :, k] / divisor
    eigenvalues = np.sort(np.linalg.eigvals(Q.transpose(2, 0, 1)), axis=1)
    return _mean_of_roots(eigenvalues[:, -2])


def correlation(p: NDArray[np.float64], levels: NDArray[np.float64]) -> float:
    """Compute Correlation as the mean over directions.

    Parameters
    ----------
    p
        p(i, j), shape (1, levels, levels, directions).
    levels
        The grey levels.
    """
    i, j = levels[np.newaxis, :, np.newaxis, np.newaxis], levels[np.newaxis, np.newaxis, :, np.newaxis]
    off_x, off_y = (level - np.sum(level * p, (1, 2), keepdims=True) for level in (i, j))
    s_x, s_y = (np.sum(p * off**2, (1, 2)) ** 0.5 for off in (off_x, off_y))
    s_xy = s_x * s_y
    covariance = np.sum(p * off_x * off_y, (1, 2))
    return float(np.mean(np.where(s_xy == 0.0, 1.0, covariance / (s_xy + EPSILON))))


def _mean_of_roots(squared: NDArray[np.float64] | NDArray[np.complex128]) -> float:
    """Average the square roots, leaving out those of negative real numbers."""
    with np.errstate(invalid="ignore"):
        roots = np.sqrt(squared)
    kept = roots[~np.isnan(roots)]
    return float(kept.mean().real) if len(kept) else np.nan
