"""The largest singular value of a sparse matrix less a known part of rank one, by Lanczos' iteration.

A symmetric operator A is reduced to a tridiagonal matrix in the basis of the Krylov vectors (Golub and Van
Loan, Matrix Computations, chapter 10). An eigenvalue of the tridiagonal matrix, a Ritz value, differs from
one of A by at most its residual r, and by at most r^2 / gap, the gap being the distance to A's other
eigenvalues.
So half of the digits of the vector are enough for all of the value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nbradiomics.execution.compiled import compiled

Numbers = NDArray[np.float64]
#: Steps of the iteration before the Ritz values are first computed, between two of these, and at most.
_FIRST, _FURTHER, _MOST = 12, 4, 240
#: Largest error of the value as a share of it, and what rounding leaves of a value near 0.
_ERROR, _ROUNDING = 1e-12, 1e-15
_ONE = np.uint64(1)


@dataclass
class Deflated:
    """A sparse matrix B, less left right^T, and the Krylov basis of it.

    Attributes
    ----------
    rows, columns, values
        Cells of B that are not 0, row by row, the columns of a row ascending.
    left, right
        Vectors of the part that is taken away, shape (size,).
    folded
        B is symmetric (then `left` is `right`) and only the cells on and below the diagonal are listed.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    values: Numbers
    left: Numbers
    right: Numbers
    folded: bool
    _basis: Numbers = field(init=False)
    _diagonal: Numbers = field(init=False)
    _beside: Numbers = field(init=False)
    _starts: NDArray[np.int64] = field(init=False, default_factory=lambda: np.empty(0, np.int64))
    _steps: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        size = len(self.left)
        most = min(size, _MOST)
        self._basis = np.empty((most + 1, size))
        # Random, so that no vector is missing from it; the same each time, so that a value never depends on
        # what was computed before. A start near the likely end could miss a value that is hardly larger.
        self._basis[0] = _random_direction(size)
        self._diagonal, self._beside = np.empty(most), np.empty(most)
        if self.folded:
            self._starts = np.concatenate(([0], np.cumsum(np.bincount(self.rows, minlength=size))))

    def largest(self) -> float | None:
        """Compute the largest singular value; None if the iteration does not converge."""
        until = _FIRST
        while True:
            until = min(until, len(self._diagonal))
            ended = self._extend(until)
            value, sure = self._ritz(ended)
            if sure:
                return value if self.folded else float(np.sqrt(max(value, 0.0)))
            if until == len(self._diagonal):
                return None
            until += _FURTHER

    def _extend(self, until: int) -> bool:
        """Continue to a number of steps; whether the Krylov space is complete before it."""
        reached = _extend(
            self.rows,
            self.columns,
            self.values,
            self.left,
            self.right,
            self._starts,
            self._basis,
            self._diagonal,
            self._beside,
            self._steps,
            until,
        )
        self._steps = abs(reached)
        return bool(reached < 0)

    def _ritz(self, ended: bool) -> tuple[float, bool]:
        """Return the largest Ritz value by its size, and whether its error is small enough."""
        steps = self._steps
        beside = self._beside[: steps - 1]
        tridiagonal = np.zeros((steps, steps))
        tridiagonal.flat[:: steps + 1] = self._diagonal[:steps]
        tridiagonal.flat[steps :: steps + 1] = beside  # the half that `eigh` reads
        ritz, vectors = np.linalg.eigh(tridiagonal)
        residuals = np.abs(vectors[-1]) * (0.0 if ended else self._beside[steps - 1])
        value = max(ritz[-1], -ritz[0])
        allowed = max(_ERROR * value, _ROUNDING * (1.0 if self.folded else np.sqrt(abs(value)) + _ROUNDING))
        if steps == 1:
            return float(value), bool(residuals[0] <= allowed)
        top = _bound(residuals[-1], ritz[-1] - ritz[-2] - residuals[-2])
        bottom = _bound(residuals[0], ritz[1] - ritz[0] - residuals[1])
        settled = [
            error <= allowed or size + error < value for size, error in ((ritz[-1], top), (-ritz[0], bottom))
        ]
        return float(value), all(settled)


@lru_cache
def _random_direction(size: int) -> Numbers:
    random = np.random.default_rng(0).standard_normal(size)
    return np.asarray(random / np.linalg.norm(random))


def _bound(residual: float, gap: float) -> float:
    """Return the largest error of a Ritz value."""
    return residual if gap <= residual else residual**2 / gap


@compiled
def _extend(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    values: Numbers,
    left: Numbers,
    right: Numbers,
    starts: NDArray[np.int64],
    basis: Numbers,
    diagonal: Numbers,
    beside: Numbers,
    start: int,
    until: int,
) -> int:
    """Take the steps from `start` to `until`; the number of steps taken, negative if none can follow.

    `starts` is where each row of a folded matrix starts, and where the last one ends; otherwise it is empty.
    """
    across = np.empty(len(left))
    for step in range(start, until):
        vector, image = basis[step], basis[step + 1]
        if len(starts) > 0:
            _apply_folded(starts, columns, values, left, vector, image)
        else:
            _apply(rows, columns, values, left, right, vector, across)
            _apply(columns, rows, values, right, left, across, image)
        size = np.sqrt(_dot(image, image))
        diagonal[step] = _dot(vector, image)
        rest = _orthogonal(image, basis, step)
        if rest < 1e-3 * size:
            # What is left of a large vector has its rounding errors, which are not orthogonal.
            rest = _orthogonal(image, basis, step)
        if rest <= 1e-14 * size or rest == 0.0:
            beside[step] = 0.0
            return -(step + 1)
        beside[step] = rest
        for place in range(len(image)):
            image[place] /= rest
    return until


@compiled
def _orthogonal(vector: Numbers, basis: Numbers, step: int) -> float:
    """Take away a vector's parts along the basis up to a step, and return the length that is left."""
    for earlier in range(step, -1, -1):
        _subtract(vector, basis[earlier], _dot(basis[earlier], vector))
    return float(np.sqrt(_dot(vector, vector)))


@compiled
def _apply_folded(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    values: Numbers,
    left: Numbers,
    vector: Numbers,
    image: Numbers,
) -> None:
    """Apply B - left left^T to a vector, for a symmetric B of which one half is listed."""
    part = _dot(left, vector)
    for place in range(len(image)):
        image[place] = -left[place] * part
    for row in range(len(starts) - 1):
        first, last = np.uint64(starts[row]), np.uint64(starts[row + 1])
        if first == last:
            continue
        here = vector[row]
        # The diagonal is the last cell of its row.
        diagonal = columns[last - _ONE] == row
        if diagonal:
            last -= _ONE
        image[row] += _apply_row(columns[first:last], values[first:last], here, vector, image)
        if diagonal:
            image[row] += values[last] * here


@compiled
def _apply_row(
    columns: NDArray[np.int32], values: Numbers, here: float, vector: Numbers, image: Numbers
) -> float:
    """Return the product of some cells of a row with a vector, and add that of their mirror images."""
    # Four sums, so that one addition need not wait for the one before.
    a = b = c = d = 0.0
    whole = len(values) // 4 * 4
    for cell in range(0, whole, 4):
        i, j = np.uint64(columns[cell]), np.uint64(columns[cell + 1])
        k, m = np.uint64(columns[cell + 2]), np.uint64(columns[cell + 3])
        p, q, r, s = values[cell], values[cell + 1], values[cell + 2], values[cell + 3]
        a += p * vector[i]
        b += q * vector[j]
        c += r * vector[k]
        d += s * vector[m]
        image[i] += p * here
        image[j] += q * here
        image[k] += r * here
        image[m] += s * here
    for cell in range(whole, len(values)):
        i = np.uint64(columns[cell])
        a += values[cell] * vector[i]
        image[i] += values[cell] * here
    return a + b + c + d


@compiled
def _apply(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    values: Numbers,
    left: Numbers,
    right: Numbers,
    vector: Numbers,
    image: Numbers,
) -> None:
    """Apply B - left right^T to a vector."""
    part = _dot(right, vector)
    for place in range(len(image)):
        image[place] = -left[place] * part
    for cell in range(len(values)):
        image[np.uint64(rows[cell])] += values[cell] * vector[np.uint64(columns[cell])]


@compiled
def _dot(one: Numbers, other: Numbers) -> float:
    # Four sums, so that one addition need not wait for the one before.
    a = b = c = d = 0.0
    whole = len(one) // 4 * 4
    for place in range(0, whole, 4):
        a += one[place] * other[place]
        b += one[place + 1] * other[place + 1]
        c += one[place + 2] * other[place + 2]
        d += one[place + 3] * other[place + 3]
    for place in range(whole, len(one)):
        a += one[place] * other[place]
    return a + b + c + d


@compiled
def _subtract(one: Numbers, other: Numbers, times: float) -> None:
    for place in range(len(one)):
        one[place] -= times * other[place]
