"""Bootstrap intervals of ICC and CCC over subjects, of many features at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from nbradiomics.reproducibility.statistics.concordance import distance, pair_differences
from nbradiomics.reproducibility.statistics.icc import coefficient_of
from nbradiomics.reproducibility.statistics.mean_squares import MeanSquares, standardise

Floats = NDArray[np.float64]

#: The same ratings always have the same intervals.
SEED = 20
#: Share of the samples in which a coefficient may be undefined.
MOST_UNDEFINED = 0.05
_SAME = 1e-12


def bootstrap_limits(
    ratings: Floats, form: str, confidence: float, bootstraps: int
) -> dict[str, tuple[Floats, Floats]]:
    """Return bootstrap limits of ICC and CCC.

    Parameters
    ----------
    ratings
        Shape (features, subjects, raters), without missing values.
    form
        Form of the ICC.
    confidence
        Confidence level.
    bootstraps
        Number of samples of the subjects.

    Returns
    -------
    dict
        ``icc`` and ``ccc``, each with lower and upper limits of shape (features,): bias-corrected and
        accelerated (BCa). NaN if the coefficient is undefined, or undefined in more than 5 % of the samples.
        All features have the same samples.

    References
    ----------
    .. [1] Efron B. Better bootstrap confidence intervals. J Am Stat Assoc 1987;82:171-185.
    """
    features, n, k = ratings.shape
    if n < 3 or k < 2:
        missing = np.full(features, np.nan)
        return {name: (missing, missing.copy()) for name in ("icc", "ccc")}
    x, rounding = standardise(ratings, np.ones((features, n, 1), dtype=bool))
    counts = np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), size=bootstraps)
    rows = {"all": np.ones((1, n)), "left out": 1 - np.eye(n), "drawn": counts.astype(np.float64)}
    sums = {name: _Sums(x, weights) for name, weights in rows.items()}
    result = {}
    functions: dict[str, Callable[[_Sums], Floats]] = {"icc": lambda part: part.icc(form), "ccc": _Sums.ccc}
    for name, function in functions.items():
        values = {part: function(one) for part, one in sums.items()}
        low, high = _accelerated(values["all"][0], values["left out"], values["drawn"], confidence)
        undefined = np.isnan(rounding)
        result[name] = (np.where(undefined, np.nan, low), np.where(undefined, np.nan, high))
    return result


class _Sums:
    """Sums of squares of weighted subjects: all that ICC and CCC need, shape (samples, features)."""

    def __init__(self, x: Floats, weights: Floats) -> None:
        _, _, self.k = x.shape
        self.n = weights.sum(axis=1)[:, np.newaxis]
        self.totals = weights @ x.sum(axis=2).T
        self.of_totals = weights @ (x.sum(axis=2) ** 2).T
        self.squares = weights @ np.einsum("fnk,fnk->nf", x, x)
        self.columns = np.stack([weights @ x[:, :, rater].T for rater in range(self.k)])
        # From differences of raters: both are exactly 0 where the raters agree.
        self.pairs = weights @ pair_differences(x).T
        self.apart = np.stack([weights @ (x[:, :, rater] - x[:, :, 0]).T for rater in range(self.k)])

    @property
    def shift(self) -> Floats:
        """Sum over the pairs of raters of the squared difference of their means."""
        means = self.apart / self.n
        return np.asarray(np.maximum(self.k * (means**2).sum(axis=0) - means.sum(axis=0) ** 2, 0))

    def icc(self, form: str) -> Floats:
        n, k = self.n, self.k
        by_subject = self.of_totals / k - self.totals**2 / (n * k)
        columns = n * self.shift / k
        error = np.maximum(self.pairs / k - columns, 0) / ((n - 1) * (k - 1))
        columns = columns / (k - 1)
        squares = MeanSquares(
            rows=np.maximum(by_subject, 0) / (n - 1),
            columns=columns,
            error=error,
            within=(columns + (n - 1) * error) / n,
            n=n,
            k=k,
        )
        return coefficient_of(squares, form)

    def ccc(self) -> Floats:
        n, k = self.n, self.k
        spread = np.maximum(self.squares / n - (self.columns**2).sum(axis=0) / n**2, 0)
        return 1 - distance(self.pairs / n, spread, self.shift, k)


def _accelerated(value: Floats, left_out: Floats, drawn: Floats, confidence: float) -> tuple[Floats, Floats]:
    """BCa limits of each feature; samples by features in, features out."""
    known = np.isfinite(drawn)
    enough = known.mean(axis=0) >= 1 - MOST_UNDEFINED
    ordered = np.sort(drawn, axis=0)  # undefined samples come last
    count = np.maximum(known.sum(axis=0), 1)
    # A sample with the estimate of all subjects counts half; rounding must not decide.
    below = ((drawn < value - _SAME) + 0.5 * (np.abs(drawn - value) <= _SAME)).sum(axis=0) / count
    bias = ndtri(np.clip(below, 0.5 / count, 1 - 0.5 / count))
    # An undefined coefficient without one subject says nothing about the influence of that subject.
    kept = np.where(np.isfinite(left_out), left_out, np.where(np.isfinite(value), value, 0.0))
    away = kept.mean(axis=0) - kept
    scale = (away**2).sum(axis=0) ** 1.5
    skew = np.divide((away**3).sum(axis=0), 6 * scale, out=np.zeros_like(scale), where=scale > 0)
    limits = []
    for share in ((1 - confidence) / 2, (1 + confidence) / 2):
        score = bias + ndtri(share)
        level = ndtr(bias + score / np.maximum(1 - skew * score, 1e-6))
        place = np.clip(level * (count - 1), 0, count - 1)
        first = np.floor(place).astype(np.intp)
        second = np.minimum(first + 1, count - 1)
        one, other = (np.take_along_axis(ordered, index[np.newaxis], axis=0)[0] for index in (first, second))
        limit = one + (place - first) * (other - one)
        limits.append(np.where(enough & np.isfinite(value), limit, np.nan))
    return limits[0], limits[1]
