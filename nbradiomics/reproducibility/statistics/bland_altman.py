"""Limits of agreement of two raters, for many features at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, stdtrit
from scipy.stats import nct

Floats = NDArray[np.float64]

#: Between the limits lie 95 % of the differences.
FACTOR = 1.96


@dataclass(frozen=True)
class LimitsOfAgreement:
    """Differences of two raters (first minus second), arrays of shape (features,); NaN if undefined.

    Attributes
    ----------
    bias, bias_low, bias_high
        Mean difference with its interval.
    loa_low, loa_low_low, loa_low_high
        Lower limit of agreement (`bias` - 1.96 standard deviations of the differences) with its interval.
    loa_high, loa_high_low, loa_high_high
        Upper limit of agreement with its interval.
    proportional_p
        p value of the test of proportional bias: whether the difference depends on the size of the value.
    """

    bias: Floats
    bias_low: Floats
    bias_high: Floats
    loa_low: Floats
    loa_low_low: Floats
    loa_low_high: Floats
    loa_high: Floats
    loa_high_low: Floats
    loa_high_high: Floats
    proportional_p: Floats


def limits_of_agreement(ratings: Floats, confidence: float = 0.95) -> LimitsOfAgreement:
    """Return bias and limits of agreement of two raters, with their intervals.

    Parameters
    ----------
    ratings
        Shape (features, subjects, 2), without missing values. With another number of raters all results are
        NaN: there is no single difference.
    confidence
        Confidence level of the intervals; the limits themselves are always those of 95 % of the differences.

    Notes
    -----
    Bland and Altman [1]_ approximate the standard error of a limit. A limit is a quantile of a normal
    distribution, whose interval the noncentral t distribution gives exactly [2]_; the two are close from
    about 50 subjects on. The test of proportional bias is that of the correlation between difference and
    mean (Pitman and Morgan: equal variances of the two raters) [3]_.

    References
    ----------
    .. [1] Bland JM, Altman DG. Lancet 1986;i:307-310; Stat Methods Med Res 1999;8:135-160.
    .. [2] Carkeet A. Exact parametric confidence intervals for Bland-Altman limits of agreement. Optom Vis
       Sci 2015;92:e71-e80.
    .. [3] Pitman EJG. A note on normal correlation. Biometrika 1939;31:9-12.
    """
    features, n, k = ratings.shape
    if k != 2 or n < 3:
        return LimitsOfAgreement(*(np.full(features, np.nan) for _ in range(10)))
    difference = ratings[:, :, 0] - ratings[:, :, 1]
    bias = difference.mean(axis=1)
    largest = np.abs(difference).max(axis=1)
    unit = np.where(largest > 0, largest, 1.0)
    spread = unit * (difference / unit[:, np.newaxis]).std(axis=1, ddof=1)
    tail = (1 - confidence) / 2
    reach = float(stdtrit(n - 1, 1 - tail)) / np.sqrt(n) * spread
    # Factors of the standard deviation for the interval of the upper limit; mirrored for the lower limit.
    near, far = (float(nct.ppf(share, n - 1, FACTOR * np.sqrt(n))) / np.sqrt(n) for share in (tail, 1 - tail))
    return LimitsOfAgreement(
        bias=bias,
        bias_low=bias - reach,
        bias_high=bias + reach,
        loa_low=bias - FACTOR * spread,
        loa_low_low=bias - far * spread,
        loa_low_high=bias - near * spread,
        loa_high=bias + FACTOR * spread,
        loa_high_low=bias + near * spread,
        loa_high_high=bias + far * spread,
        proportional_p=_proportional_p(difference - bias[:, np.newaxis], ratings),
    )


def _proportional_p(difference: Floats, ratings: Floats) -> Floats:
    """Two-sided p value of the correlation between difference and mean; NaN if one of them does not vary."""
    n = difference.shape[1]
    mean = ratings.mean(axis=2)
    largest = np.abs(ratings).max(axis=(1, 2))
    unit = np.where(largest > 0, largest, 1.0)[:, np.newaxis]
    difference, mean = difference / unit, (mean - mean.mean(axis=1, keepdims=True)) / unit
    tiny = 1e-24 * n
    squares = [np.einsum("fn,fn->f", one, one) for one in (difference, mean)]
    vary = (squares[0] > tiny) & (squares[1] > tiny)
    product = np.einsum("fn,fn->f", difference, mean)
    below = np.where(vary, squares[0] * squares[1], 1.0)
    explained = np.minimum(product**2 / below, 1.0)
    # The square of a correlation without association has a beta distribution: the t test of the slope.
    p = betainc((n - 2) / 2, 0.5, 1 - explained)
    return np.where(vary, p, np.nan)
