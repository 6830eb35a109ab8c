"""The maximal correlation coefficient (see `glcm_correlation`) of a box: a few grey levels, many boxes.

With counts c and their row sums r, B(i, k) = c(i, k) / sqrt(r(i) r(k)); the coefficient is the second largest
of B's absolute eigenvalues. (PyRadiomics' eps changes them by less than 1e-12.) Let grey levels be the nodes
of a graph, with an edge for each pair that occurs. By Perron and Frobenius the value is 1 if and only if the
graph is not connected or is bipartite (then -1 is an eigenvalue). Otherwise the known eigenvector,
sqrt(r / N), is removed: M = B - sqrt(r r^T) / N has the eigenvalue 0 in its place. For up to four levels the
eigenvalues of M have a closed form. For more levels, M is made tridiagonal by Householder's reflections, and
the eigenvalue at either end is found by Laguerre's iteration, which converges from outside (Golub and Van
Loan, Matrix Computations, section 8.3; Parlett, Math Comput 1964;18:464-485).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

#: Step size at which Laguerre's iteration, with cubic convergence, ends; largest number of steps.
_STEP, _MOST = 1e-9, 100
#: Levels up to which the polynomial's values stay far from the limits of double precision.
_FEW = 60


@compiled
def symmetric_correlation(
    c: NDArray[np.float64],
    r: NDArray[np.float64],
    marks: NDArray[np.int64],
    work: NDArray[np.float64],
) -> float:
    """Compute the maximal correlation coefficient of a symmetrical matrix; 0 for a single level.

    Parameters
    ----------
    c
        Counts of pairs in both orders, shape (levels, levels).
    r
        Their row sums; levels without pairs are left out.
    marks, work
        Working memory: of shape (3, levels) and (levels + 5, levels) at least.
    """
    levels = len(r)
    active, root = marks[0], work[levels]
    size = 0
    N = 0.0
    for level in range(levels):
        if r[level] > 0.0:
            active[size] = level
            root[size] = np.sqrt(r[level])
            N += r[level]
            size += 1
    if size < 2:
        return 0.0
    if size > 2 and _is_disconnected_or_bipartite(c, active[:size], marks[1], marks[2]):
        return 1.0
    M = work[:size, :size]
    squares = 0.0
    for row in range(size):
        for column in range(row + 1):
            both = root[row] * root[column]
            value = c[active[row], active[column]] / both - both / N
            M[row, column] = value
            M[column, row] = value
            squares += value * value if row == column else 2.0 * value * value
    if size < 5:
        return _closed_form(M, squares)
    if size > _FEW:
        return float(np.abs(np.linalg.eigvalsh(np.ascontiguousarray(M))).max())
    diagonal, beside = work[levels + 1, :size], work[levels + 2, :size]
    _make_tridiagonal(M, diagonal, beside, work[levels + 3], work[levels + 4])
    return _largest_absolute(diagonal, beside, min(np.sqrt(squares), 1.0))


@compiled
def _is_disconnected_or_bipartite(
    c: NDArray[np.float64],
    active: NDArray[np.int64],
    side: NDArray[np.int64],
    waiting: NDArray[np.int64],
) -> bool:
    """Whether the levels' graph is not connected, or bipartite; `side` and `waiting` are overwritten."""
    size = len(active)
    side[:size] = 0
    waiting[0] = 0
    side[0] = 1
    reached = 1
    two_sided = True
    next_ = 0
    while next_ < reached:
        node = waiting[next_]
        next_ += 1
        for other in range(size):
            if c[active[node], active[other]] == 0.0:
                continue
            if side[other] == 0:
                side[other] = -side[node]
                waiting[reached] = other
                reached += 1
            elif side[other] == side[node]:
                two_sided = False
    return two_sided or reached < size


@compiled
def _closed_form(M: NDArray[np.float64], squares: float) -> float:
    """Compute the coefficient of two to four levels: the largest of up to three absolute eigenvalues.

    These are the eigenvalues besides a 0. Their mean m and their central moments follow from the traces of M,
    M^2 (`squares`) and M^3. The eigenvalues are m + 2 q cos(phi + 2 pi k / 3) with q^2 = sum (x - m)^2 / 6
    and cos(3 phi) = sum (x - m)^3 / (6 q^3)
    (Viete's solution of the cubic; with fewer levels further eigenvalues are 0).
    """
    size = len(M)
    trace = cubes = 0.0
    for row in range(size):
        trace += M[row, row]
        for column in range(size):
            inner = 0.0
            for k in range(size):
                inner += M[row, k] * M[k, column]
            cubes += inner * M[row, column]
    if size == 2:
        return float(abs(trace))
    m = trace / 3.0
    q_squared = max(squares - 3.0 * m * m, 0.0) / 6.0
    q = np.sqrt(q_squared)
    if q == 0.0:
        return float(abs(m))
    third = (cubes - 3.0 * m * squares + 6.0 * m**3) / 6.0
    phi = np.arccos(min(max(third / (q_squared * q), -1.0), 1.0)) / 3.0
    highest = m + 2.0 * q * np.cos(phi)
    lowest = m + 2.0 * q * np.cos(phi + 2.0 * np.pi / 3.0)
    return float(max(abs(highest), abs(lowest)))


@compiled
def _make_tridiagonal(
    matrix: NDArray[np.float64],
    diagonal: NDArray[np.float64],
    beside: NDArray[np.float64],
    vector: NDArray[np.float64],
    image: NDArray[np.float64],
) -> None:
    """Find a tridiagonal matrix with the eigenvalues of a symmetric one, which is overwritten.

    Parameters
    ----------
    matrix
        Shape (size, size).
    diagonal, beside
        Output: the diagonal, and the squares of the elements beside it.
    vector, image
        Working memory.
    """
    size = len(matrix)
    for step in range(size - 2):
        beyond = 0.0
        for row in range(step + 2, size):
            vector[row] = matrix[row, step]
            beyond += vector[row] * vector[row]
        first = matrix[step + 1, step]
        beside[step] = beyond + first * first
        if beyond == 0.0:
            continue
        root = np.sqrt(beside[step])
        vector[step + 1] = first + root if first >= 0.0 else first - root
        scale = 2.0 / (beyond + vector[step + 1] ** 2)
        inner = 0.0
        for row in range(step + 1, size):
            image[row] = 0.0
            for column in range(step + 1, size):
                image[row] += matrix[row, column] * vector[column]
            image[row] *= scale
            inner += image[row] * vector[row]
        for row in range(step + 1, size):
            image[row] -= 0.5 * scale * inner * vector[row]
        for row in range(step + 1, size):
            for column in range(step + 1, size):
                matrix[row, column] -= vector[row] * image[column] + image[row] * vector[column]
    beside[size - 2] = matrix[size - 1, size - 2] ** 2
    for row in range(size):
        diagonal[row] = matrix[row, row]


@compiled
def _largest_absolute(diagonal: NDArray[np.float64], beside: NDArray[np.float64], bound: float) -> float:
    """Find the largest absolute eigenvalue of a tridiagonal matrix, at most `bound`; negates the diagonal."""
    largest = _largest(diagonal, beside, bound)
    diagonal *= -1.0
    # By Sylvester's criterion no eigenvalue at the other end is larger if all minors are positive.
    p_before, p = 1.0, largest - diagonal[0]
    for row in range(1, len(diagonal)):
        if p <= 0.0:
            break
        p_before, p = p, (largest - diagonal[row]) * p - beside[row - 1] * p_before
    return largest if p > 0.0 else _largest(diagonal, beside, bound)


@compiled
def _largest(diagonal: NDArray[np.float64], beside: NDArray[np.float64], bound: float) -> float:
    """Find the largest eigenvalue of a tridiagonal matrix, at most `bound`.

    p(x) is the characteristic polynomial, p1 and p2 its derivatives, by their three-term recurrences.
    """
    n = len(diagonal)
    x = bound
    for _ in range(_MOST):
        p_before, p1_before, p2_before = 1.0, 0.0, 0.0
        p, p1, p2 = x - diagonal[0], 1.0, 0.0
        for row in range(1, n):
            off, square = x - diagonal[row], beside[row - 1]
            p_after = off * p - square * p_before
            p1_after = p + off * p1 - square * p1_before
            p2_after = 2.0 * p1 + off * p2 - square * p2_before
            p_before, p1_before, p2_before = p, p1, p2
            p, p1, p2 = p_after, p1_after, p2_after
        if p <= 0.0 or p1 <= 0.0:
            break
        inner = (n - 1.0) * ((n - 1.0) * p1 * p1 - n * p * p2)
        move = n * p / (p1 + np.sqrt(max(inner, 0.0)))
        x -= move
        if move < _STEP:
            break
    return float(x)
