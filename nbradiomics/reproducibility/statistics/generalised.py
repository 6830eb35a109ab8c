"""Intervals for raters in general, of ICC and repeatability: generalised pivotal quantities."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv
from scipy.stats import qmc

from nbradiomics.reproducibility.statistics.mean_squares import MeanSquares

Floats = NDArray[np.float64]

#: Points of the quasi-random sequence; a limit moves by less than 0.002 with more points.
POINTS = 2**12
_BLOCK = 2**21


def generalised_limits(squares: MeanSquares, form: str, confidence: float) -> tuple[Floats, Floats]:
    """Return the limits of the agreement ICC for raters in general.

    Parameters
    ----------
    squares
        Mean squares of each feature.
    form
        ``"A,1"`` or ``"A,k"``.
    confidence
        Confidence level.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limit, shape (features,); NaN if the mean squares are undefined.

    Notes
    -----
    Each sum of squares, divided by a variable with its chi-squared distribution, stands for its unknown mean
    square; the ICC of these three values has a generalised distribution, whose quantiles are the limits
    [1]_ [2]_. Variance components below 0 are 0. The points of a scrambled Sobol sequence with a fixed seed
    represent the three distributions, so the same ratings always have the same limits.

    References
    ----------
    .. [1] Weerahandi S. Generalized confidence intervals. J Am Stat Assoc 1993;88:899-905.
    .. [2] Ionan AC et al. Comparison of confidence interval methods for an ICC. BMC Med Res Methodol
       2014;14:121.
    """
    return _quantiles(squares, confidence, lambda draws: _coefficient(draws, form))


def generalised_ratio(squares: MeanSquares, confidence: float) -> tuple[Floats, Floats]:
    """Return the limits of the variance within subjects for raters in general, divided by its estimate.

    Parameters
    ----------
    squares
        Mean squares of each feature.
    confidence
        Confidence level.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper limit, shape (features,); NaN if the mean squares are undefined or there is no
        variance within subjects.
    """
    low, high = _quantiles(squares, confidence, _within)
    some = squares.within > 0
    within = np.where(some, squares.within, np.nan)
    return low / within, high / within


class _Draws(NamedTuple):
    """Variance components at each point, shape (features, points), and the number of raters."""

    subject: Floats
    rater: Floats
    error: Floats
    k: int


def _quantiles(
    squares: MeanSquares, confidence: float, function: Callable[[_Draws], Floats]
) -> tuple[Floats, Floats]:
    """Quantiles of a function of the variance components, shape (features,) each."""
    low, high = (np.full(len(squares.n), np.nan) for _ in range(2))
    defined = np.isfinite(squares.rows + squares.columns + squares.error)
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    size = _BLOCK // POINTS
    for n in np.unique(squares.n[defined]):
        places = np.flatnonzero(defined & (squares.n == n))
        factors = _factors(int(n), squares.k)
        for start in range(0, len(places), size):
            block = places[start : start + size]
            low[block], high[block] = np.quantile(function(_draws(squares, block, factors)), tails, axis=1)
    return low, high


@lru_cache(maxsize=8)
def _factors(n: int, k: int) -> tuple[Floats, Floats, Floats]:
    """Degrees of freedom divided by draws of chi-squared: for subjects, raters and error."""
    points = qmc.Sobol(3, seed=0).random(POINTS)
    points = np.clip(points, 1e-12, 1 - 1e-12)
    rows, columns, error = (
        np.asarray(freedom / 2 / gammaincinv(freedom / 2, points[:, place]), dtype=np.float64)
        for place, freedom in enumerate((n - 1, k - 1, (n - 1) * (k - 1)))
    )
    return rows, columns, error


def _draws(squares: MeanSquares, block: NDArray[np.intp], factors: tuple[Floats, Floats, Floats]) -> _Draws:
    parts = (squares.rows[block], squares.columns[block], squares.error[block])
    rows, columns, error = (part[:, np.newaxis] * factor for part, factor in zip(parts, factors, strict=True))
    return _Draws(
        subject=np.maximum(rows - error, 0) / squares.k,
        rater=np.maximum(columns - error, 0) / squares.n[block][:, np.newaxis],
        error=error,
        k=squares.k,
    )


def _within(draws: _Draws) -> Floats:
    return draws.rater + draws.error


def _coefficient(draws: _Draws, form: str) -> Floats:
    rest = _within(draws) / (draws.k if form == "A,k" else 1)
    total = draws.subject + rest
    return np.asarray(np.divide(draws.subject, total, out=np.zeros_like(total), where=total > 0))
