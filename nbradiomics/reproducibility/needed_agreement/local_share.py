"""The share of pairs within the limit as a function of their agreement, and where it reaches a share.

All functions work on many weightings of the same pairs at once (bootstrap samples of the subjects). Pairs are
in the order of their agreement, the best first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]

#: Fewest pairs of a bin, and most bins.
_PAIRS_PER_BIN = 4
_MOST_BINS = 50
#: Half of the span of the local regression, as a share of the pairs, up to so many subjects ...
_SPAN = 0.3
_SPAN_SUBJECTS = 40
#: ... and the rate at which it shrinks beyond: that of a regression whose curve has a second derivative.
_RATE = -0.2
#: Below this, the spread of the ranks around a bin is too small for a slope.
_FLAT = 1e-9
_NO_WEIGHT = 1e-9


@dataclass(frozen=True)
class Bins:
    """Pairs in the order of their agreement, in bins of similar agreement.

    Attributes
    ----------
    starts
        First pair of each bin, shape (bins,). Pairs of equal agreement are never divided.
    values
        Mean of the metric in each bin, shape (bins,), the best first.
    kernel
        Weights of all bins (columns) around each bin (rows), shape (bins, bins).
    offsets
        Difference of the normal scores of their ranks, shape (bins, bins).
    """

    starts: NDArray[np.intp]
    values: Floats
    kernel: Floats
    offsets: Floats


def make_bins(metric: Floats, subjects: int) -> Bins:
    """Divide pairs into bins.

    Parameters
    ----------
    metric
        Agreement of each pair, shape (pairs,), the best first.
    subjects
        Number of subjects, which decides how far the local regression looks.
    """
    pairs = len(metric)
    amount = max(min(_MOST_BINS, pairs // _PAIRS_PER_BIN), 1)
    wanted = (pairs * np.arange(amount)) // amount
    starts = _between_equals(metric, wanted)
    sizes = np.diff([*starts, pairs])
    values = np.add.reduceat(metric, starts) / sizes
    ranks = (starts + sizes / 2) / pairs
    kernel = _tricube(_offsets(ranks), _half_widths(ranks, subjects))
    return Bins(starts, values, kernel, _offsets(norm.ppf(ranks)))


def _offsets(places: Floats) -> Floats:
    return np.asarray(places[np.newaxis, :] - places[:, np.newaxis])


def _between_equals(metric: Floats, wanted: NDArray[np.intp]) -> NDArray[np.intp]:
    """Move starts that lie among pairs of equal agreement to the first of them, and behind the last."""
    new = np.flatnonzero(np.concatenate([[True], metric[1:] != metric[:-1]]))
    run = np.searchsorted(new, wanted, side="right") - 1
    among = new[run] != wanted
    behind = new[np.minimum(run + 1, len(new) - 1)]
    return np.unique(np.concatenate([new[run], behind[among]]))


def _half_widths(ranks: Floats, subjects: int) -> Floats:
    """Half-width of the kernel around each bin; at the ends it is wider, so that it has as many pairs."""
    half = _SPAN * (max(subjects, _SPAN_SUBJECTS) / _SPAN_SUBJECTS) ** _RATE
    nearest_end = np.minimum(ranks, 1 - ranks)
    return np.asarray(np.maximum(half, 2 * half - nearest_end))


def _tricube(offsets: Floats, half: Floats) -> Floats:
    distance = np.minimum(np.abs(offsets) / half[:, np.newaxis], 1)
    return np.asarray((1 - distance**3) ** 3)


def local_shares(inside: Floats, weights: Floats, bins: Bins) -> Floats:
    """Estimate the share of pairs within the limit in every bin, by local linear regression.

    Parameters
    ----------
    inside, weights
        Sum of the weights of the pairs within the limit, and of all pairs, in each bin, shape
        (samples, bins).

    Returns
    -------
    numpy.ndarray
        Shape (samples, bins), between 0 and 1.

    Notes
    -----
    Weighted least squares with a tricube kernel (Cleveland, J Am Stat Assoc 1979;74:829), solved in closed
    form. A local line has no bias of first order at the ends of the range, unlike a moving average. It is a
    line in the normal scores of the ranks of the agreement: so the result is the same for every monotone
    transformation of the metric, and a few very bad pairs do not bend it.
    """
    moments = [weights @ (bins.kernel * bins.offsets**power).T for power in range(3)]
    products = [inside @ (bins.kernel * bins.offsets**power).T for power in range(2)]
    s0, s1, s2 = moments
    t0, t1 = products
    determinant = s0 * s2 - s1**2
    sloped = determinant > _FLAT * np.maximum(s0, 1) ** 2
    level = t0 / np.where(s0 > 0, s0, 1)
    line = (s2 * t0 - s1 * t1) / np.where(sloped, determinant, 1)
    return np.asarray(np.clip(np.where(sloped, line, level), 0, 1))


def crossings(shares: Floats, weights: Floats, share: float) -> Floats:
    """Find the worst agreement at which the monotone share is still at least `share`.

    Parameters
    ----------
    shares, weights
        From `local_shares`, shape (samples, bins).
    share
        The share to reach.

    Returns
    -------
    numpy.ndarray
        Position on the scale of the bins, shape (samples,): minus infinity if even the best agreement is not
        enough, infinity if the worst is enough. `value_at` converts it to the metric.

    Notes
    -----
    The isotonic regression of the shares, which fall with worse agreement, is at least `share` up to the bin
    at which the sum of weight * (share - `share`) over the bins so far is largest (Groeneboom's switch
    relation). So the crossing needs no isotonic fit.
    """
    # A bin without a drawn subject has no weight, but its share decides if there is nothing else.
    sums = np.cumsum(np.maximum(weights, _NO_WEIGHT) * (shares - share), axis=1)
    backwards = sums[:, ::-1]
    last = sums.shape[1] - 1 - np.argmax(backwards, axis=1)
    rows = np.arange(len(sums))
    following = np.minimum(last + 1, sums.shape[1] - 1)
    above, below = shares[rows, last] - share, share - shares[rows, following]
    drop = above + below
    part = np.where(drop > 0, np.clip(above / np.where(drop > 0, drop, 1), 0, 1), 0)
    found = np.where(last == sums.shape[1] - 1, np.inf, last + part)
    return np.where(sums[rows, last] < 0, -np.inf, found)


def value_at(position: Floats, bins: Bins) -> Floats:
    """Convert positions of `crossings` to values of the metric; infinite positions stay infinite."""
    inside = np.interp(position, np.arange(len(bins.values)), bins.values)
    return np.where(np.isfinite(position), inside, position)
