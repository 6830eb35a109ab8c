"""The needed agreement of one feature with its interval, from bootstrap samples of the subjects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from nbradiomics.reproducibility.needed_agreement.local_share import (
    Bins,
    crossings,
    local_shares,
    make_bins,
    value_at,
)
from nbradiomics.reproducibility.needed_agreement.settings import NeededAgreementSettings

Floats = NDArray[np.float64]
#: Bootstrap samples that are computed at once, which bounds the memory.
_AT_ONCE = 250
#: Where all pairs are within the limit, the samples hardly vary; their variance counts as at least this part
#: of that of the needed share.
_LEAST_VARIANCE = 0.2


@dataclass(frozen=True)
class Needed:
    """A needed agreement.

    Attributes
    ----------
    position
        Position on the scale of the bins: minus infinity if the share is reached nowhere, infinity if
        everywhere.
    needed
        In units of the metric; infinite as `position`.
    low, high
        Limits in units of the metric, `low` the lower number; NaN if the limit lies beyond the observed
        agreement.
    """

    position: float
    needed: float
    low: float
    high: float


@lru_cache(maxsize=16)
def draw_subjects(subjects: int, bootstraps: int, seed: int) -> Floats:
    """Return how often each subject counts: once in the first row, then as drawn with replacement.

    Returns
    -------
    numpy.ndarray
        Shape (bootstraps + 1, subjects); read-only. The same for every feature with this number of subjects,
        so that no result depends on the other features of a table.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(subjects, np.full(subjects, 1 / subjects), size=bootstraps)
    weights = np.vstack([np.ones(subjects), drawn]).astype(np.float64)
    weights.flags.writeable = False
    return weights


def needed_interval(
    agreement: Floats,
    inside: NDArray[np.bool_],
    subjects: NDArray[np.intp],
    draws: Floats,
    settings: NeededAgreementSettings,
) -> Needed:
    """Compute the needed agreement and its interval.

    Parameters
    ----------
    agreement
        Value of the metric of each pair, shape (pairs,), the best first.
    inside
        Whether each pair is within the limit of each sample, shape (samples, pairs).
    subjects
        Index of the subject of each pair, shape (pairs,).
    draws
        How often each subject counts, shape (samples, subjects); the first row is the whole sample.
    settings
        Share and confidence.

    Notes
    -----
    The deviations of the samples are widened where more pairs are within the limit than `share`: whether a
    share is the needed one is a question about a share of this size, and its variance p (1 - p) is larger
    than that of the observed share (the reason why Wilson's interval covers where Wald's does not; Wilson, J
    Am Stat Assoc 1927;22:209). A sample in which the share is reached nowhere or everywhere counts as beyond
    the observed agreement. benchmarks/needed_agreement.py simulates the coverage.
    """
    bins = make_bins(agreement, draws.shape[1])
    shares, total = _shares(inside[:1], draws[:1, subjects], bins)
    position = crossings(shares, total, settings.share)
    drawn = []
    for at in range(1, len(draws), _AT_ONCE):
        rows = slice(at, at + _AT_ONCE)
        samples, total = _shares(inside[rows], draws[rows, subjects], bins)
        widened = shares + (samples - shares) * _widening(shares, settings.share)
        drawn.append(crossings(widened, total, settings.share))
    ends = percentiles(np.concatenate(drawn), draws.shape[1], settings.confidence)
    low, high = _in_units(np.array(ends), bins)
    return Needed(float(position[0]), float(value_at(position, bins)[0]), low, high)


def _in_units(ends: Floats, bins: Bins) -> tuple[float, float]:
    """Both limits in units of the metric, the lower number first; NaN beyond the observed agreement."""
    values = np.where(np.isfinite(ends), value_at(ends, bins), np.nan)
    rising = bins.values[0] <= bins.values[-1]  # a distance: the best agreement is the lowest number
    better, worse = float(values[0]), float(values[1])
    return (better, worse) if rising else (worse, better)


def _shares(inside: NDArray[np.bool_], weights: Floats, bins: Bins) -> tuple[Floats, Floats]:
    """Local shares within the limit, and the weights of the bins, shape (samples, bins)."""
    total = np.add.reduceat(weights, bins.starts, axis=1)
    within = np.add.reduceat(weights * inside, bins.starts, axis=1)
    return local_shares(within, total, bins), total


def _widening(shares: Floats, share: float) -> Floats:
    """Factor by which a share of the size `share` varies more than the observed ones; at least 1."""
    wanted, observed = share * (1 - share), shares * (1 - shares)
    return np.asarray(np.sqrt(np.maximum(wanted / np.maximum(observed, wanted * _LEAST_VARIANCE), 1)))


def percentiles(values: Floats, subjects: int, confidence: float) -> tuple[float, float]:
    """Return the percentile interval of bootstrap samples, which may be infinite.

    Notes
    -----
    The level makes up for few subjects: the bootstrap variance of a mean is too small by (n - 1) / n, and a
    normal quantile is smaller than that of Student's t (Hesterberg, Am Stat 2015;69:371, section 5).
    """
    quantile = t.ppf((1 + confidence) / 2, subjects - 1) * np.sqrt(subjects / (subjects - 1))
    tail = float(norm.sf(quantile))
    low = np.quantile(values, tail, method="lower")
    return float(low), float(np.quantile(values, 1 - tail, method="higher"))
