"""Tests and effect sizes of batches and covariates for many features at once, on arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import special, stats

from nbradiomics.harmonisation.kinds import ROUNDING, Codes, Flags, Numbers
from nbradiomics.harmonisation.linear import coefficients

#: A batch counts for a feature from this number of values on.
LEAST_VALUES = 3
#: Halvings of the range in which a limit lies: 1e-9 of it.
_HALVINGS = 30


class Effect(NamedTuple):
    """A test of many features, and the size of the effect; NaN where there is none.

    Attributes
    ----------
    p
        Shape (features,).
    share
        Share of the variance that is left by everything else and that the effect explains: partial omega
        squared, at least 0, shape (features,).
    statistic, above, below
        F statistic and its degrees of freedom, shape (features,).
    """

    p: Numbers
    share: Numbers
    statistic: Numbers
    above: Numbers
    below: Numbers


def normal_scores(values: Numbers) -> Numbers:
    """Normal quantiles of the ranks of each feature, shape (subjects, features); NaN stays NaN."""
    ranks = stats.rankdata(values, axis=0, nan_policy="omit")
    number = (~np.isnan(values)).sum(axis=0)
    scores: Numbers = stats.norm.ppf((ranks - 0.5) / np.maximum(number, 1))
    return scores


def location_effect(values: Numbers, codes: Codes, covariates: Numbers) -> Effect:
    """F test of batches after covariates, on the normal scores of each feature.

    Parameters
    ----------
    values
        Shape (subjects, features); NaN is missing.
    codes
        Batch of each subject, from 0 on.
    covariates
        Coded covariates, shape (subjects, columns).

    Notes
    -----
    Outliers and skewness do not disturb the test of scores (van der Waerden's test, with covariates). A
    feature whose values cannot tell covariates and batches apart has none.
    """
    scores = normal_scores(values)
    one_hot = _one_hot(codes)
    covariates = independent(one_hot, covariates)
    full, simple = coefficients(np.hstack([one_hot, covariates]), scores, one_hot.shape[1])
    intercept = np.ones((len(codes), 1))
    less, _ = coefficients(np.hstack([intercept, covariates]), scores, 1)
    present = ~np.isnan(values)
    batches = ((one_hot.T @ present) > 0).sum(axis=0)
    residual = _squares(scores - np.hstack([one_hot, covariates]) @ full)
    explained = _squares(scores - np.hstack([intercept, covariates]) @ less) - residual
    below = present.sum(axis=0) - batches - covariates.shape[1]
    return _f_test(explained, residual, (batches - 1, below), present=~simple)


def scale_effect(values: Numbers, codes: Codes, covariates: Numbers) -> Effect:
    """Brown and Forsythe's test of equal scales, on what batches and covariates leave of each feature.

    It is the analysis of variance of the absolute deviations from each batch's median.
    """
    residuals, simple = within_batches(values, codes, covariates)
    deviations = np.full_like(residuals, np.nan)
    for code in range(codes.max() + 1):
        own = residuals[codes == code]
        counted = (~np.isnan(own)).sum(axis=0) >= LEAST_VALUES
        if counted.any():
            centre = np.nanmedian(own[:, counted], axis=0)
            deviations[np.ix_(np.flatnonzero(codes == code), np.flatnonzero(counted))] = np.abs(
                own[:, counted] - centre
            )
    one_hot = _one_hot(codes)
    present = ~np.isnan(deviations)
    groups = ((one_hot.T @ present) > 0).sum(axis=0)
    inside = _squares(deviations - one_hot @ coefficients(one_hot, deviations, one_hot.shape[1])[0])
    number = present.sum(axis=0)
    mean = np.where(present, deviations, 0).sum(axis=0) / np.maximum(number, 1)
    between = _squares(deviations - mean) - inside
    return _f_test(between, inside, (groups - 1, number - groups), present=~simple)


def within_batches(values: Numbers, codes: Codes, covariates: Numbers) -> tuple[Numbers, np.ndarray]:
    """What batches and covariates leave of each feature, and the features for which it is undefined."""
    one_hot = _one_hot(codes)
    covariates = independent(one_hot, covariates)
    design = np.hstack([one_hot, covariates])
    found, simple = coefficients(design, values, one_hot.shape[1])
    return values - design @ found, simple


def largest_shift(values: Numbers, codes: Codes, covariates: Numbers) -> Numbers:
    """Largest difference between the batches' means after covariates, in deviations within batches."""
    one_hot = _one_hot(codes)
    covariates = independent(one_hot, covariates)
    found, simple = coefficients(np.hstack([one_hot, covariates]), values, one_hot.shape[1])
    present = (one_hot.T @ ~np.isnan(values)) > 0
    means = np.where(present, found[: one_hot.shape[1]], np.nan)
    residuals, _ = within_batches(values, codes, covariates)
    free = (~np.isnan(values)).sum(axis=0) - present.sum(axis=0) - covariates.shape[1]
    deviation = np.sqrt(_squares(residuals) / np.maximum(free, 1))
    wide = np.fmax.reduce(means, axis=0) - np.fmin.reduce(means, axis=0)
    shift: Numbers = np.divide(
        wide, deviation, out=np.full_like(wide, np.nan), where=_varies(values, deviation) & (free > 0)
    )
    shift[simple] = np.nan
    return shift


def largest_ratio(values: Numbers, codes: Codes, covariates: Numbers) -> Numbers:
    """Largest ratio of two batches' standard deviations, after covariates; at least 1."""
    residuals, simple = within_batches(values, codes, covariates)
    deviations = np.full((codes.max() + 1, values.shape[1]), np.nan)
    for code in range(codes.max() + 1):
        own = residuals[codes == code]
        number = (~np.isnan(own)).sum(axis=0)
        deviations[code] = np.where(
            number >= LEAST_VALUES, np.sqrt(_squares(own) / np.maximum(number - 1, 1)), np.nan
        )
    high, low = np.fmax.reduce(deviations, axis=0), np.fmin.reduce(deviations, axis=0)
    ratio: Numbers = np.divide(high, low, out=np.full_like(high, np.nan), where=_varies(values, low))
    ratio[simple] = np.nan
    return ratio


def covariate_effect(values: Numbers, tested: Numbers, others: Numbers) -> tuple[Effect, Numbers]:
    """F test of a covariate in a linear model of each feature, and its standardised coefficient.

    Parameters
    ----------
    values
        Shape (subjects, features); NaN is missing.
    tested
        Columns of the covariate, shape (subjects, columns), each centred.
    others
        Columns of the other covariates.

    Returns
    -------
    effect
        Test and share of the remaining variance; NaN if the other covariates determine this one.
    slope
        Standard deviations of the feature per unit of the covariate's first column; NaN with several columns.
    """
    start = np.ones((len(values), 1))
    less = np.hstack([start, independent(start, others)])
    if independent(less, tested).shape[1] < tested.shape[1]:
        nothing = np.full(values.shape[1], np.nan)
        return Effect(*(nothing,) * len(Effect._fields)), nothing
    design = np.hstack([less, tested])
    full, simple = coefficients(design, values, 1)
    short, _ = coefficients(less, values, 1)
    number = (~np.isnan(values)).sum(axis=0)
    residual = _squares(values - design @ full)
    explained = _squares(values - less @ short) - residual
    columns = np.full(values.shape[1], tested.shape[1])
    effect = _f_test(explained, residual, (columns, number - design.shape[1]), present=~simple)
    slope = np.full(values.shape[1], np.nan)
    if tested.shape[1] == 1:
        centred = values - np.where(np.isnan(values), 0, values).sum(axis=0) / np.maximum(number, 1)
        deviation = np.sqrt(_squares(centred) / np.maximum(number - 1, 1))
        np.divide(
            full[-1], deviation, out=slope, where=(deviation > 0) & ~simple & (number > design.shape[1])
        )
    return effect, slope


def _f_test(
    explained: Numbers, residual: Numbers, degrees: tuple[np.ndarray, np.ndarray], *, present: np.ndarray
) -> Effect:
    above, below = degrees
    # What is left of a feature that does not vary is rounding, and no test.
    usable = (
        present & (above > 0) & (below > 0) & (residual > 1e-20 * (explained + residual)) & (residual > 0)
    )
    safe = np.where(usable, residual, 1.0) / np.maximum(below, 1)
    statistic = np.maximum(explained, 0) / np.maximum(above, 1) / safe
    p = np.where(usable, stats.f.sf(statistic, np.maximum(above, 1), np.maximum(below, 1)), np.nan)
    number = above + below + 1
    gained = above * (statistic - 1)
    share = np.divide(gained, gained + number, out=np.zeros_like(gained), where=usable)
    return Effect(
        p,
        np.where(usable, np.maximum(share, 0), np.nan),
        np.where(usable, statistic, np.nan),
        above.astype(np.float64),
        below.astype(np.float64),
    )


def share_limits(effect: Effect, confidence: float = 0.95) -> tuple[Numbers, Numbers]:
    """Limits of the share of the variance that an effect explains, each of shape (features,).

    Notes
    -----
    The F statistic has a non-central distribution, whose non-centrality L is the share L / (L + n); the
    limits are those for which the statistic is a quantile (Steiger JH. Psychol Methods 2004;9:164-182).
    docs/harmonisation.md has their simulated coverage.
    """
    tail = (1 - confidence) / 2
    number = effect.above + effect.below + 1
    found = [_noncentrality(effect, 1 - tail), _noncentrality(effect, tail)]
    low, high = (each / (each + number) for each in found)
    return low, high


def _noncentrality(effect: Effect, quantile: float) -> Numbers:
    """Non-centrality for which the statistic is a quantile; 0 if there is none, shape (features,)."""
    known = np.isfinite(effect.statistic)
    f, above, below = (np.where(known, part, 1.0) for part in effect[2:])
    low, high = np.zeros_like(f), 10 * (above * f + above + below)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        larger = special.ncfdtr(above, below, middle, f) > quantile
        low, high = np.where(larger, middle, low), np.where(larger, high, middle)
    return np.where(known, low, np.nan)


def independent(known: Numbers, columns: Numbers) -> Numbers:
    """The columns that neither `known` nor earlier columns determine, each of shape (subjects, columns)."""
    start = known.shape[1]
    for column in columns.T:
        more = np.hstack([known, column[:, None]])
        if np.linalg.matrix_rank(more, tol=1e-8 * np.sqrt(len(more))) == more.shape[1]:
            known = more
    kept: Numbers = known[:, start:]
    return kept


def _varies(values: Numbers, deviation: Numbers) -> Flags:
    """Whether deviations are more than the rounding of the values, shape (features,)."""
    varies: Flags = deviation > ROUNDING * np.nan_to_num(np.abs(values)).max(axis=0, initial=0.0)
    return varies


def _one_hot(codes: Codes) -> Numbers:
    found: Numbers = (codes[:, None] == np.arange(codes.max() + 1)).astype(np.float64)
    return found


def _squares(residuals: Numbers) -> Numbers:
    filled = np.where(np.isnan(residuals), 0.0, residuals)
    return np.asarray(np.einsum("ij,ij->j", filled, filled), dtype=np.float64)
