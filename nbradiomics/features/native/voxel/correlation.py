"""The maximal correlation coefficient (see `glcm_correlation`) of a box: a few grey levels, many boxes.

With counts c and their row sums r, B(i, k) = c(i, k) / sqrt(r(i) r(k)); what is wanted is the second largest
of B's absolute eigenvalues. (PyRadiomics' eps changes them by less than 1e-12.) Take grey levels for the
nodes of a graph, with an edge for each pair that occurs. By Perron and Frobenius the value is 1 where the
graph falls apart or is bipartite (then -1 is an eigenvalue), and only there. Else the known eigenvector,
sqrt(r / N), is taken out: M = B - sqrt(r r^T) / N has the eigenvalue 0 in its place. Up to four levels the
eigenvalues of M have a closed form. Of more, M is made tridiagonal by Householder's reflections, and the
eigenvalue of either end found by Laguerre's iteration, which closes in from outside (Golub and Van Loan,
Matrix Computations, section 8.3; Parlett, Math Comput 1964;18:464-485).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nbradiomics.features.native.compiled import compiled

#: Step of Laguerre's iteration, cubic in its convergence, after which it ends; most steps.
_STEP, _MOST = 1e-9, 100
#: Levels up to which the polynomial's values stay far from the limits of a number.
_FEW = 60


@compiled
def symmetric_correlation(
    counts: NDArray[np.float64],
    of_row: NDArray[np.float64],
    marks: NDArray[np.int64],
    work: NDArray[np.float64],
) -> float:
    """Maximal correlation coefficient of a symmetrical matrix; 0 for a single level.

    Parameters
    ----------
    counts
        Counts of pairs in both orders, shape (levels, levels).
    of_row
        Their row sums; levels without pairs are left out.
    marks, work
        Overwritten: room of shape (3, levels) and (levels + 5, levels) at least.
    """
    active, root = marks[0], work[len(of_row)]
    size = 0
    total = 0.0
    for level in range(len(of_row)):
        if of_row[level] > 0.0:
            active[size] = level
            root[size] = np.sqrt(of_row[level])
            total += of_row[level]
            size += 1
    if size < 2:
        return 0.0
    if size > 2 and _falls_apart(counts, active[:size], marks[1], marks[2]):
        return 1.0
    deflated = work[:size, :size]
    squares = 0.0
    for row in range(size):
        for column in range(row + 1):
            both = root[row] * root[column]
            value = counts[active[row], active[column]] / both - both / total
            deflated[row, column] = value
            deflated[column, row] = value
            squares += value * value if row == column else 2.0 * value * value
    if size < 5:
        return _closed_form(deflated, squares)
    if size > _FEW:
        return float(np.abs(np.linalg.eigvalsh(np.ascontiguousarray(deflated))).max())
    diagonal, beside = work[len(of_row) + 1, :size], work[len(of_row) + 2, :size]
    _make_tridiagonal(deflated, diagonal, beside, work[len(of_row) + 3], work[len(of_row) + 4])
    return _largest_size(diagonal, beside, min(np.sqrt(squares), 1.0))


@compiled
def _falls_apart(
    counts: NDArray[np.float64],
    active: NDArray[np.int64],
    side: NDArray[np.int64],
    waiting: NDArray[np.int64],
) -> bool:
    """Whether the graph of the levels is not connected, or bipartite; the last two are overwritten."""
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
            if counts[active[node], active[other]] == 0.0:
                continue
            if side[other] == 0:
                side[other] = -side[node]
                waiting[reached] = other
                reached += 1
            elif side[other] == side[node]:
                two_sided = False
    return two_sided or reached < size


@compiled
def _closed_form(deflated: NDArray[np.float64], squares: float) -> float:
    """The coefficient of two to four levels: the largest, in size, of up to three eigenvalues beside a 0.

    Their mean m and their central moments follow from the traces of M, M^2 (`squares`) and M^3. They are
    m + 2 q cos(phi + 2 pi k / 3) with q^2 = sum (x - m)^2 / 6 and cos(3 phi) = sum (x - m)^3 / (6 q^3)
    (Viete's solution of the cubic; with fewer levels further eigenvalues are 0).
    """
    size = len(deflated)
    trace = cubes = 0.0
    for row in range(size):
        trace += deflated[row, row]
        for column in range(size):
            inner = 0.0
            for k in range(size):
                inner += deflated[row, k] * deflated[k, column]
            cubes += inner * deflated[row, column]
    if size == 2:
        return float(abs(trace))
    mean = trace / 3.0
    spread = max(squares - 3.0 * mean * mean, 0.0) / 6.0
    root = np.sqrt(spread)
    if root == 0.0:
        return float(abs(mean))
    third = (cubes - 3.0 * mean * squares + 6.0 * mean**3) / 6.0
    angle = np.arccos(min(max(third / (spread * root), -1.0), 1.0)) / 3.0
    highest = mean + 2.0 * root * np.cos(angle)
    lowest = mean + 2.0 * root * np.cos(angle + 2.0 * np.pi / 3.0)
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
        Filled in: the diagonal, and the squares of the elements beside it.
    vector, image
        Overwritten.
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
def _largest_size(diagonal: NDArray[np.float64], beside: NDArray[np.float64], bound: float) -> float:
    """Largest eigenvalue in size of a tridiagonal matrix, `bound` at most; the diagonal may be negated."""
    found = _largest(diagonal, beside, bound)
    diagonal *= -1.0
    # By Sylvester's criterion: no eigenvalue of the other end is larger where all minors are positive.
    before, value = 1.0, found - diagonal[0]
    for row in range(1, len(diagonal)):
        if value <= 0.0:
            break
        before, value = value, (found - diagonal[row]) * value - beside[row - 1] * before
    return found if value > 0.0 else _largest(diagonal, beside, bound)


@compiled
def _largest(diagonal: NDArray[np.float64], beside: NDArray[np.float64], bound: float) -> float:
    """Largest eigenvalue of a tridiagonal matrix, `bound` at most.

    p(x) is the characteristic polynomial, p' and p'' its derivatives, by their three-term recurrences.
    """
    size = len(diagonal)
    place = bound
    for _ in range(_MOST):
        before, slope_before, bend_before = 1.0, 0.0, 0.0
        value, slope, bend = place - diagonal[0], 1.0, 0.0
        for row in range(1, size):
            off, square = place - diagonal[row], beside[row - 1]
            value_after = off * value - square * before
            slope_after = value + off * slope - square * slope_before
            bend_after = 2.0 * slope + off * bend - square * bend_before
            before, slope_before, bend_before = value, slope, bend
            value, slope, bend = value_after, slope_after, bend_after
        if value <= 0.0 or slope <= 0.0:
            break
        inner = (size - 1.0) * ((size - 1.0) * slope * slope - size * value * bend)
        move = size * value / (slope + np.sqrt(max(inner, 0.0)))
        place -= move
        if move < _STEP:
            break
    return float(place)
