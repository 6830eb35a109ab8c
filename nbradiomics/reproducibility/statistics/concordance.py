"""Lin's concordance correlation coefficient, for two raters and more, with its interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from nbradiomics.reproducibility.statistics.mean_squares import standardise

Floats = NDArray[np.float64]


class Estimate(NamedTuple):
    """A statistic of each feature and the limits of its interval, each of shape (features,)."""

    value: Floats
    low: Floats
    high: Floats


def concordance(ratings: Floats, confidence: float = 0.95) -> Estimate:
    """Return the concordance correlation coefficient (CCC) of each feature.

    For more than two raters it is the overall coefficient, a weighted mean of the coefficients of the pairs:
    the sum of their covariances, divided by the sum of what these would be if all raters agreed.

    Parameters
    ----------
    ratings
        Shape (features, subjects, raters), without missing values.
    confidence
        Confidence level of the interval.

    Returns
    -------
    Estimate
        Limits by the jackknife over subjects on Fisher's scale, around the estimate corrected for its bias,
        with the quantile of the t distribution; they are valid for the given raters. NaN if the values do
        not vary, or with fewer than three subjects.

    References
    ----------
    .. [1] Lin LI. A concordance correlation coefficient to evaluate reproducibility. Biometrics
       1989;45:255-268.
    .. [2] Barnhart HX, Haber M, Song J. Overall concordance correlation coefficient for evaluating agreement
       among multiple observers. Biometrics 2002;58:1020-1027.
    .. [3] King TS, Chinchilli VM. A generalized concordance correlation coefficient for continuous and
       categorical data. Stat Med 2001;20:2131-2147.
    """
    features, n, k = ratings.shape
    if n < 3 or k < 2:
        return Estimate(*(np.full(features, np.nan) for _ in range(3)))
    x, rounding = standardise(ratings, np.ones((features, n, 1), dtype=bool))
    differences = pair_differences(x)
    means = x.mean(axis=1)
    x -= means[:, np.newaxis, :]
    gap, left_out = _with_each_left_out(x, means, differences, rounding)
    low, high = _jackknife_limits(gap, left_out, k, confidence)
    return Estimate(1 - gap, low, high)


def pair_differences(x: Floats) -> Floats:
    """Return the sum of the squared differences of all pairs of raters, shape (features, subjects).

    It is exactly 0 for equal ratings, because every rater is compared with the first.
    """
    k = x.shape[2]
    squares, sums = (np.zeros(x.shape[:2]) for _ in range(2))
    for rater in range(1, k):
        difference = x[:, :, rater] - x[:, :, 0]
        sums += difference
        difference *= difference
        squares += difference
    return np.asarray(np.maximum(k * squares - sums**2, 0))


def _with_each_left_out(
    x: Floats, means: Floats, differences: Floats, rounding: Floats
) -> tuple[Floats, Floats]:
    """Return 1 - CCC of all subjects, and without each subject: (features,), (features, subjects).

    Parameters
    ----------
    x
        Ratings without the means of the raters.
    means
        Means of the raters, shape (features, raters); their sum is 0.
    differences
        From `pair_differences`.
    rounding
        Size of the rounding errors of the ratings; NaN if they vary only by rounding.
    """
    _, n, k = x.shape
    squares, sums = np.einsum("fnk,fnk->fn", x, x), x.sum(axis=2)
    products = np.einsum("fnk,fk->fn", x, means)
    spread = squares.sum(axis=1)  # n times the sum of the variances
    between = np.einsum("fk,fk->f", means, means)
    together = differences.sum(axis=1)
    gap = distance(_exact(together / n, rounding), spread / n, k * between, k)
    rest = n - 1
    shifted = k * (between[:, np.newaxis] - 2 * products / rest + squares / rest**2) - (sums / rest) ** 2
    share = (1 + 1 / rest) / rest
    left_out = distance(
        _exact((together[:, np.newaxis] - differences) / rest, rounding[:, np.newaxis]),
        spread[:, np.newaxis] / rest - squares * share,
        shifted,
        k,
    )
    return np.where(np.isnan(rounding), np.nan, gap), left_out


def _exact(differences: Floats, rounding: Floats) -> Floats:
    """Set mean squared differences that are only rounding to 0."""
    return np.where(differences <= rounding**2, 0.0, differences)


def distance(differences: Floats, spread: Floats, shift: Floats, k: int) -> Floats:
    """Return 1 - CCC: squared differences of the raters / what they would be without any agreement.

    Parameters
    ----------
    differences
        Mean over the subjects of `pair_differences`.
    spread
        Sum of the variances of the raters.
    shift
        Sum of the squared differences of their means.
    k
        Number of raters.
    """
    below = (k - 1) * spread + shift
    usable = below > 0
    return np.where(usable, differences / np.where(usable, below, 1.0), np.nan)


def _jackknife_limits(gap: Floats, left_out: Floats, k: int, confidence: float) -> tuple[Floats, Floats]:
    n = left_out.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        plain, scores = _fisher(gap, k), _fisher(left_out, k)
        mean = scores.mean(axis=1)
        variance = (n - 1) / n * ((scores - mean[:, np.newaxis]) ** 2).sum(axis=1)
        centre = n * plain - (n - 1) * mean  # without the bias of the estimate in small samples
    # Without one subject the agreement is perfect: one difference is all that is known about the error.
    known = np.isfinite(variance)
    error = np.where(known, np.sqrt(np.where(known, variance, 0.0)), np.inf)
    reach = float(stdtrit(n - 1, (1 + confidence) / 2)) * error
    centre = np.where(known, centre, 0.0)
    values = 1 - gap
    low, high = np.fmin(_back(centre - reach, k), values), np.fmax(_back(centre + reach, k), values)
    perfect = gap == 0
    defined = np.isfinite(gap)
    return (
        np.where(perfect, 1.0, np.where(defined, low, np.nan)),
        np.where(perfect, 1.0, np.where(defined, high, np.nan)),
    )


def _fisher(gap: Floats, k: int) -> Floats:
    """Fisher's transformation of a coefficient between -1 / (k - 1) and 1, of which `gap` is missing to 1."""
    return np.asarray(0.5 * (np.log(np.maximum(k - (k - 1) * gap, 0)) - np.log(gap)))


def _back(score: Floats, k: int) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        fall = np.exp(-2 * score)
        return np.asarray(np.where(np.isposinf(fall), -1 / (k - 1), (1 - fall) / (1 + (k - 1) * fall)))
