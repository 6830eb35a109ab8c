"""Shrink the location and the scale of a batch, with priors that are pooled over its features.

Source of all formulas: Johnson WE, Li C, Rabinovic A. Biostatistics 2007;8:118-127, with its supplement.
Letters as there: g is the location (gamma) and d the squared scale (delta squared) of a batch, for each
feature.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nbradiomics.harmonisation.kinds import ROUNDING, Codes, Flags, MeanOnly, Numbers

#: Largest relative change of the last step of the iteration.
CONVERGENCE = 1e-10
_MOST_STEPS = 1000
#: Cells of a matrix of features by features that is held in memory at once.
_CELLS = 4_000_000


class Moments(NamedTuple):
    """What a batch's standardised values say about its location and scale, for each feature.

    Attributes
    ----------
    number
        Subjects with a value, shape (features,).
    location
        Mean of the values, shape (features,); NaN without a value.
    squares
        Sum of their squared deviations from it, shape (features,); if subjects have several values, as much
        as one value of each would have.
    """

    number: Numbers
    location: Numbers
    squares: Numbers

    @property
    def scale(self) -> Numbers:
        """Variance, shape (features,); 1 where it is rounding or where there are fewer than two values.

        By the variance of a feature that is constant in this batch, later values would be rescaled to
        anything.
        """
        variance = self._variance
        variance[self.constant] = 1.0
        return variance

    @property
    def constant(self) -> Flags:
        """Features of two values or more that do not vary but for rounding, shape (features,)."""
        limit = ROUNDING * np.fmax(np.abs(self.location), 1.0)
        flags: Flags = (self.number > 1) & (np.sqrt(self._variance) <= limit)
        return flags

    @property
    def _variance(self) -> Numbers:
        known = self.number > 1
        return np.divide(self.squares, self.number - 1, out=np.ones_like(self.squares), where=known)


class Adjustment(NamedTuple):
    """Location and squared scale of a batch for each feature, in units of the standardised features."""

    location: Numbers
    scale: Numbers


def moments(standardised: Numbers, subjects: Codes) -> Moments:
    """Summarise a batch's standardised values.

    Several values of a subject, as of several readers, are no independent ones: they count as one, with the
    variance of all.

    Parameters
    ----------
    standardised
        Shape (rows, features); NaN is missing.
    subjects
        Number of each row's subject, shape (rows,).
    """
    present = ~np.isnan(standardised)
    values = present.sum(axis=0).astype(np.float64)
    total = np.where(present, standardised, 0.0).sum(axis=0)
    location = np.divide(total, values, out=np.full_like(total, np.nan), where=values > 0)
    deviations = np.where(present, standardised - location, 0.0)
    squares = np.einsum("ij,ij->j", deviations, deviations)
    number = _subjects_with_value(present, subjects)
    return Moments(number, location, squares * number / np.maximum(values, 1))


def _subjects_with_value(present: Flags, subjects: Codes) -> Numbers:
    """Number of subjects with a value, shape (features,)."""
    order = np.argsort(subjects, kind="stable")
    starts = np.flatnonzero(np.diff(subjects[order], prepend=-1))
    if not len(starts):
        return np.zeros(present.shape[1])
    found: Numbers = np.logical_or.reduceat(present[order], starts, axis=0).sum(axis=0).astype(np.float64)
    return found


def unshrunk(batch: Moments, *, mean_only: MeanOnly) -> Adjustment:
    """Location and scale of each feature by itself."""
    return Adjustment(batch.location, np.ones_like(batch.location) if mean_only else batch.scale)


def parametric(batch: Moments, *, mean_only: MeanOnly) -> Adjustment:
    """Posterior location and scale, with a normal prior for locations and an inverse gamma for scales.

    Parameters
    ----------
    batch
        Summary of the batch's values.
    mean_only
        Estimate the location alone, with a scale of 1. ``neurocombat``: each location counts as one value,
        whatever the number of subjects, as `sva` and `neuroCombat` compute it.

    Returns
    -------
    Adjustment
        A feature without a value in the batch has the mean of the prior.
    """
    g, d, n = batch.location, batch.scale, batch.number
    has_value = n > 0
    g_bar, t2 = float(g[has_value].mean()), float(g[has_value].var(ddof=1))
    if mean_only:
        weight = t2 * (np.ones_like(n) if mean_only == "neurocombat" else n)
        location = (weight * g + g_bar) / (weight + 1)
        return Adjustment(np.where(has_value, location, g_bar), np.ones_like(g))
    several = n > 1
    m, s2 = float(d[several].mean()), float(d[several].var(ddof=1)) if several.sum() > 1 else 0.0
    if s2 <= (1e-12 * m) ** 2:
        location = (t2 * n * g + m * g_bar) / (t2 * n + m)
        return Adjustment(np.where(has_value, location, g_bar), np.full_like(g, m))
    prior = (g_bar, t2, (2 * s2 + m**2) / s2, (m * s2 + m**3) / s2)
    known = Moments(n, np.where(has_value, g, g_bar), batch.squares)
    return _iterated(known, d, prior)


def _iterated(batch: Moments, d: Numbers, prior: tuple[float, float, float, float]) -> Adjustment:
    g_bar, t2, a, b = prior
    g_hat, n, squares = batch.location, batch.number, batch.squares
    g = g_hat
    for _ in range(_MOST_STEPS):
        g_new = (t2 * n * g_hat + d * g_bar) / (t2 * n + d)
        d_new = (0.5 * (squares + n * (g_hat - g_new) ** 2) + b) / (n / 2 + a - 1)
        change = max(_relative(g_new, g), _relative(d_new, d))
        g, d = g_new, d_new
        if change <= CONVERGENCE:
            break
    return Adjustment(g, d)


def _relative(new: Numbers, old: Numbers) -> float:
    """Largest change, relative to the old value; values near 0 count absolutely."""
    return float((np.abs(new - old) / np.maximum(np.abs(old), 1e-3)).max())


def non_parametric(batch: Moments, *, mean_only: MeanOnly) -> Adjustment:
    """Posterior location and scale, with the estimates of the other features as the prior.

    Each other feature's estimate is weighted by the likelihood of this feature's values under it. The
    likelihood of normal values depends on their number, mean and sum of squares alone, so that all features
    are computed at once; it is kept as a logarithm, which many subjects cannot make 0.
    """
    has_value = batch.number > 0
    g = batch.location[has_value]
    d = np.ones_like(g) if mean_only else batch.scale[has_value]
    location, scale = np.empty_like(batch.location), np.empty_like(batch.location)
    known = Moments(batch.number, np.where(has_value, batch.location, 0.0), batch.squares)
    columns = np.flatnonzero(has_value)
    for rows in np.array_split(np.arange(len(has_value)), 1 + len(has_value) * len(g) // _CELLS):
        n, mean, squares = (part[rows, None] for part in known)
        likelihood = -(squares + n * (mean - g) ** 2) / (2 * d) - n / 2 * np.log(2 * np.pi * d)
        likelihood[rows[:, None] == columns[None, :]] = -np.inf
        weight = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        location[rows], scale[rows] = weight @ g, weight @ d
    return Adjustment(location, np.ones_like(scale) if mean_only else scale)
