"""Kendall's coefficient of concordance: whether raters put the subjects in the same order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def kendall_w(ratings: Floats) -> Floats:
    """Return Kendall's W of each feature, between 0 (no common order) and 1 (the same order).

    Parameters
    ----------
    ratings
        Shape (features, subjects, raters), without missing values.

    Returns
    -------
    numpy.ndarray
        Shape (features,), corrected for ties; NaN if the values of every rater are all equal, or with fewer
        than two subjects or raters.

    References
    ----------
    .. [1] Kendall MG, Babington Smith B. The problem of m rankings. Ann Math Stat 1939;10:275-287.
    """
    features, n, k = ratings.shape
    if n < 2 or k < 2:
        return np.full(features, np.nan)
    ranks, ties = _ranks(np.ascontiguousarray(ratings.transpose(0, 2, 1)))
    sums = ranks.sum(axis=1) - k * (n - 1) / 2  # ranks from 0
    largest = k * (k * (n**3 - n) - ties.sum(axis=1))
    usable = largest > 0
    squares = np.einsum("fn,fn->f", sums, sums)
    return np.where(usable, 12 * squares / np.where(usable, largest, 1.0), np.nan)


def _ranks(values: Floats) -> tuple[Floats, Floats]:
    """Return mean ranks from 0 along the last axis, and the sum of t^3 - t over the groups of t ties."""
    order = np.argsort(values, axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1)
    n = values.shape[-1]
    same = ordered[..., 1:] == ordered[..., :-1]
    places = np.broadcast_to(np.arange(n, dtype=np.float64), values.shape)
    ties = np.zeros(values.shape[:-1])
    if same.any():
        places = places.copy()
        rows = np.nonzero(same.any(axis=-1))
        places[rows], ties[rows] = _mean_places(same[rows])
    ranks = np.empty_like(values)
    np.put_along_axis(ranks, order, places, axis=-1)
    return ranks, ties


def _mean_places(same: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the mean place of each value in sorted rows with ties, and the sum of t^3 - t of each row."""
    rows, n = same.shape[0], same.shape[1] + 1
    begins = np.ones((rows, n), dtype=bool)
    begins[:, 1:] = ~same
    group = np.cumsum(begins.ravel()) - 1
    sizes = np.bincount(group)
    starts = np.flatnonzero(begins.ravel())
    means = (starts % n) + (sizes - 1) / 2
    sums = np.bincount(starts // n, weights=(sizes**3 - sizes).astype(np.float64), minlength=rows)
    return means[group].reshape(rows, n), np.asarray(sums, dtype=np.float64)
