"""Variation within subjects: standard deviation, coefficient of variation, repeatability, dispersion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

Floats = NDArray[np.float64]

#: Factor of the repeatability coefficient: 95 % of the differences of two measurements are smaller.
REPEATABILITY = 1.96 * np.sqrt(2.0)
#: Up to this number of values of a subject, neighbours are compared instead of sorting.
MOST_COMPARED = 6


@dataclass(frozen=True)
class WithinSubject:
    """Variation of each feature within subjects, arrays of shape (features,); NaN if undefined.

    Attributes
    ----------
    wsd
        Within-subject standard deviation, in units of the feature.
    wcv
        Within-subject coefficient of variation: `wsd` divided by the absolute mean of all values. Undefined
        if the values do not all have the same sign, because 0 is then no lower end of their scale.
    rc, rc_low, rc_high
        Repeatability coefficient, 1.96 sqrt(2) `wsd`, with its interval.
    rc_log, rc_log_low, rc_log_high
        The same on the log scale as a ratio: two measurements of a subject differ by a smaller factor in
        95 %. Undefined if a value is not above 0.
    qcd
        Quartile coefficient of dispersion (Q3 - Q1) / (Q3 + Q1) of the values of a subject, the median over
        subjects. Undefined for values of both signs.
    """

    wsd: Floats
    wcv: Floats
    rc: Floats
    rc_low: Floats
    rc_high: Floats
    rc_log: Floats
    rc_log_low: Floats
    rc_log_high: Floats
    qcd: Floats


def within_subject(ratings: Floats, confidence: float = 0.95) -> WithinSubject:
    """Return the variation within subjects.

    Parameters
    ----------
    ratings
        Shape (features, subjects, raters). NaN is a missing value; a subject with fewer than two values does
        not count.
    confidence
        Confidence level of the intervals.

    Notes
    -----
    The variance within subjects is the mean square of a one-way analysis of variance [1]_: it includes the
    differences between the means of the raters. The interval of the repeatability coefficient is that of a
    variance with N - n degrees of freedom (N values of n subjects): exact for exchangeable measurements,
    conservative if the given raters differ [2]_.

    References
    ----------
    .. [1] Bland JM, Altman DG. Measurement error. BMJ 1996;313:744; Measurement error proportional to the
       mean. BMJ 1996;313:106.
    .. [2] Obuchowski NA, Bullen J. Quantitative imaging biomarkers: effect of sample size and bias on
       confidence interval coverage. Stat Methods Med Res 2018;27:3139-3150.
    """
    ratings = _of_two_values(ratings)
    present = np.isfinite(ratings)
    wsd, freedom = _deviation(ratings, present)
    lowest, highest, mean = _range_and_mean(ratings, present)
    some = freedom > 0
    one_sign = some & ((lowest >= 0) | (highest <= 0)) & (np.maximum(np.abs(lowest), np.abs(highest)) > 0)
    logs = _logarithm(ratings, present, some & (lowest > 0))
    log_wsd, _ = _deviation(logs, np.isfinite(logs))
    limits, log_limits = _limits(wsd, freedom, confidence), _limits(log_wsd, freedom, confidence)
    with np.errstate(over="ignore"):
        return WithinSubject(
            wsd=wsd,
            wcv=np.where(one_sign, wsd / np.where(one_sign, np.abs(mean), 1.0), np.nan),
            rc=REPEATABILITY * wsd,
            rc_low=limits[0],
            rc_high=limits[1],
            rc_log=np.exp(REPEATABILITY * log_wsd),
            rc_log_low=np.exp(log_limits[0]),
            rc_log_high=np.exp(log_limits[1]),
            qcd=np.where(one_sign, _dispersion(ratings), np.nan),
        )


def _range_and_mean(ratings: Floats, present: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Return the smallest and largest value and the mean of each feature; infinity and 0 without values."""
    whole = bool(present.all())
    low, high, values = (
        ratings if whole else np.where(present, ratings, other) for other in (np.inf, -np.inf, 0.0)
    )
    count = np.maximum(present.sum(axis=2).sum(axis=1), 1)
    return (
        low.min(axis=2).min(axis=1, initial=np.inf),
        high.max(axis=2).max(axis=1, initial=-np.inf),
        values.sum(axis=2).sum(axis=1) / count,
    )


def _logarithm(ratings: Floats, present: NDArray[np.bool_], positive: NDArray[np.bool_]) -> Floats:
    """Logarithm of the features whose values are all above 0; NaN for the others."""
    if positive.all() and present.all():
        return np.log(ratings)
    return np.log(ratings, out=np.full_like(ratings, np.nan), where=present & positive[:, None, None])


def _of_two_values(ratings: Floats) -> Floats:
    """Blank the subjects with fewer than two values."""
    if ratings.size and np.isfinite(ratings).all() and ratings.shape[2] > 1:
        return ratings
    counts = np.isfinite(ratings).sum(axis=2, keepdims=True)
    return np.where(np.isfinite(ratings) & (counts > 1), ratings, np.nan)


def _deviation(ratings: Floats, present: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the standard deviation within subjects and its degrees of freedom; NaN if there are none."""
    # From the first value of each subject on: equal values have exactly no deviation.
    if present.all():
        features, n, k = ratings.shape
        freedom = np.full(features, float(n * max(k - 1, 0)))
        rest = ratings - ratings[:, :, :1]
        rest -= rest.mean(axis=2, keepdims=True)
    else:
        counts = present.sum(axis=2)
        freedom = np.maximum(counts - 1, 0).sum(axis=1).astype(np.float64)
        first = np.take_along_axis(ratings, present.argmax(axis=2)[:, :, np.newaxis], axis=2)
        values = np.where(present, ratings - first, 0.0)
        means = values.sum(axis=2) / np.maximum(counts, 1)
        rest = np.where(present, values - means[:, :, np.newaxis], 0.0)
    # Squares of very large and very small units would leave the range of numbers.
    largest = np.abs(rest).max(axis=2).max(axis=1)
    unit = np.where(largest > 0, largest, 1.0)
    rest /= unit[:, np.newaxis, np.newaxis]
    squares = np.einsum("fnk,fnk->f", rest, rest)
    return np.where(freedom > 0, unit * np.sqrt(squares / np.maximum(freedom, 1.0)), np.nan), freedom


def _limits(deviation: Floats, freedom: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Limits of the repeatability coefficient from the chi-squared distribution of a variance."""
    tail = (1 - confidence) / 2
    different, place = np.unique(np.where(freedom > 0, freedom, np.nan), return_inverse=True)
    low, high = (
        REPEATABILITY * deviation * np.sqrt(freedom / chdtri(different, share)[place])
        for share in (tail, 1 - tail)
    )
    return low, high


def _dispersion(ratings: Floats) -> Floats:
    """Median over the subjects of the quartile coefficient of dispersion of their values."""
    ordered = _sorted(np.abs(ratings))  # missing values come last
    counts = np.isfinite(ordered).sum(axis=2)
    first, third = (_quantile(ordered, counts, share) for share in (0.25, 0.75))
    total = first + third
    shares = np.divide(third - first, total, out=np.full_like(total, np.nan), where=total > 0)
    shares[(total == 0) & (counts > 0)] = 0.0  # all values of the subject are 0
    return _median(np.sort(shares, axis=1))


def _sorted(values: Floats) -> Floats:
    """Sort the values of each subject; a few values by comparing neighbours, which is faster."""
    k = values.shape[2]
    if k > MOST_COMPARED or np.isnan(values).any():
        return np.sort(values, axis=2)
    for turn in range(k):
        for place in range(turn % 2, k - 1, 2):
            one, other = values[:, :, place], values[:, :, place + 1]
            low = np.minimum(one, other)
            np.maximum(one, other, out=other)
            one[...] = low
    return values


def _quantile(ordered: Floats, counts: NDArray[np.int_], share: float) -> Floats:
    """Quantile by linear interpolation of the first `counts` sorted values of each subject."""
    k = ordered.shape[2]
    if (counts == k).all():
        first = int(share * (k - 1))
        low, high = ordered[:, :, first], ordered[:, :, min(first + 1, k - 1)]
        return np.asarray(low + (share * (k - 1) - first) * (high - low))
    place = share * np.maximum(counts - 1, 0)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(counts - 1, 0))
    low = np.take_along_axis(ordered, below[:, :, np.newaxis], axis=2)[:, :, 0]
    high = np.take_along_axis(ordered, above[:, :, np.newaxis], axis=2)[:, :, 0]
    return np.asarray(low + (place - below) * (high - low))


def _median(ordered: Floats) -> Floats:
    """Median of sorted rows in which missing values come last; NaN for rows without values."""
    counts = np.isfinite(ordered).sum(axis=1)
    places = np.stack([np.maximum(counts - 1, 0) // 2, counts // 2], axis=1)
    places = np.minimum(places, ordered.shape[1] - 1)
    return np.asarray(np.take_along_axis(ordered, places, axis=1).mean(axis=1))
