"""One-way intraclass correlation of subjects with unequal numbers of values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from nbradiomics.reproducibility.statistics.concordance import Estimate
from nbradiomics.reproducibility.statistics.mean_squares import standardise

Floats = NDArray[np.float64]


def one_way_icc(ratings: Floats, confidence: float = 0.95) -> tuple[Estimate, NDArray[np.int64]]:
    """Return ICC(1) of each feature from all subjects with two values or more.

    With the same number of values of every subject this is `icc` in the form ``"1"``.

    Parameters
    ----------
    ratings
        Shape (features, subjects, raters); NaN is a missing value. The order of the values of a subject has
        no meaning.
    confidence
        Confidence level of the interval.

    Returns
    -------
    Estimate
        NaN if undefined: fewer than two such subjects, or values that vary only by rounding.
    subjects
        Number of subjects with at least two values, shape (features,).

    Notes
    -----
    The mean square between subjects is that of their unweighted means, multiplied by the harmonic mean h of
    the numbers of values; its expectation is h times the variance of subjects plus that of the error. The
    interval is the F interval with these mean squares [1]_.

    References
    ----------
    .. [1] Thomas JD, Hultquist RA. Interval estimation for the unbalanced case of the one-way random effects
       model. Ann Stat 1978;6:582-587.
    """
    counts = np.isfinite(ratings).sum(axis=2)
    counts = np.where(counts > 1, counts, 0)
    present = np.isfinite(ratings) & (counts > 0)[:, :, np.newaxis]
    used = counts > 0
    subjects = used.sum(axis=1).astype(np.int64)
    x, rounding = standardise(np.where(present, ratings, np.nan), present)
    n = np.maximum(subjects, 1).astype(np.float64)
    means = x.sum(axis=2) / np.maximum(counts, 1)
    centre = means.sum(axis=1) / n
    rest = np.where(present, x - means[:, :, np.newaxis], 0.0)
    freedom = np.maximum((counts - used).sum(axis=1), 1).astype(np.float64)
    within = np.einsum("fnk,fnk->f", rest, rest) / freedom
    harmonic = n / np.maximum((used / np.maximum(counts, 1)).sum(axis=1), 1e-300)
    off = np.where(used, means - centre[:, np.newaxis], 0.0)
    between = harmonic * np.einsum("fn,fn->f", off, off) / np.maximum(n - 1, 1)
    between, within = (np.where(part <= rounding**2, 0.0, part) for part in (between, within))
    enough = (subjects > 1) & ~np.isnan(rounding)
    value, low, high = _limits(between, within, harmonic, n, freedom, confidence)
    return Estimate(*(np.where(enough, part, np.nan) for part in (value, low, high))), subjects


def _limits(
    between: Floats, within: Floats, size: Floats, n: Floats, freedom: Floats, confidence: float
) -> tuple[Floats, Floats, Floats]:
    tail = (1 - confidence) / 2
    quantiles = [
        np.asarray(fdtri(freedom, np.maximum(n - 1, 1), share), dtype=np.float64)
        for share in (tail, 1 - tail)
    ]
    factors = [np.ones_like(n), *quantiles]
    value, low, high = (_coefficient(between * factor, within, size) for factor in factors)
    return value, np.fmin(low, value), np.fmax(high, value)


def _coefficient(between: Floats, within: Floats, size: Floats) -> Floats:
    total = between + (size - 1) * within
    usable = total > 0
    return np.where(usable, (between - within) / np.where(usable, total, 1.0), np.nan)
