"""The order of several batch columns, chosen on training subjects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbradiomics.harmonisation.kinds import Numbers

#: Level of the test of a remaining batch effect.
LEVEL = 0.05
#: Least number of values of a batch that is tested.
LEAST_VALUES = 5
#: Critical values of the standardised statistic at this level, as b0 + b1 / sqrt(m) + b2 / m for m = batches
#: - 1 (Scholz and Stephens 1987, table 2).
_CRITICAL = (1.645, 0.678, -0.362)


def differing(values: Numbers, batches: pd.Series) -> int:
    """Number of features whose distribution differs between batches, at a level of 5 %.

    Parameters
    ----------
    values
        Shape (subjects, features); NaN is missing.
    batches
        Batch of each subject.

    Notes
    -----
    Anderson and Darling's test of several samples with midranks (Scholz FW, Stephens MA. J Am Stat Assoc
    1987;82:918-924), for all features at once. A batch counts for a feature from 5 values on; a feature with
    fewer than two such batches is not tested.
    """
    codes = pd.factorize(batches, sort=True)[0]
    values = values.copy()
    for code in range(codes.max() + 1):
        rows = np.flatnonzero(codes == code)
        few = (~np.isnan(values[rows])).sum(axis=0) < LEAST_VALUES
        values[np.ix_(rows, np.flatnonzero(few))] = np.nan
    statistic, samples = anderson_darling(values, codes)
    m = np.maximum(samples - 1, 1)
    critical = _CRITICAL[0] + _CRITICAL[1] / np.sqrt(m) + _CRITICAL[2] / m
    return int((np.nan_to_num(statistic, nan=-np.inf) > critical).sum())


def anderson_darling(values: Numbers, codes: np.ndarray) -> tuple[Numbers, np.ndarray]:
    """Standardised k-sample statistic of each feature.

    Parameters
    ----------
    values
        Shape (subjects, features); NaN is missing.
    codes
        Sample of each subject, from 0 on.

    Returns
    -------
    statistic
        Shape (features,); NaN for a constant feature, or one with values in fewer than two samples.
    samples
        Number of samples with values, shape (features,).
    """
    order = np.argsort(values, axis=0, kind="stable")
    ranked, sample = np.take_along_axis(values, order, axis=0), codes[order]
    valid = ~np.isnan(ranked)
    total = valid.sum(axis=0)
    start, end = _ties(ranked)
    # Each value of a group of ties has the group's term, so that a group of l has the weight l.
    middle = (start + end) / 2
    divisor = middle * (total - middle) - total * (end - start) / 4
    usable = valid & (divisor > 0)
    statistic, inverse = np.zeros(values.shape[1]), np.zeros(values.shape[1])
    samples = np.zeros(values.shape[1], dtype=int)
    for number in range(codes.max() + 1):
        own = (sample == number) & valid
        size = np.maximum(own.sum(axis=0), 1)
        sums = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(own, axis=0)])
        below, upto = (np.take_along_axis(sums, place, axis=0) for place in (start, end))
        squares = (total * (below + upto) / 2 - size * middle) ** 2
        there = own.any(axis=0)
        parts = np.divide(squares, divisor, out=np.zeros_like(squares), where=usable & there)
        statistic += parts.sum(axis=0) / (np.maximum(total, 1) * size)
        inverse += there / size
        samples += there
    statistic *= (total - 1) / np.maximum(total, 1)
    found = np.full(values.shape[1], np.nan)
    tested = (samples > 1) & usable.any(axis=0) & (total > 3)
    deviation = _deviation(total[tested], samples[tested], inverse[tested])
    found[tested] = (statistic[tested] - (samples[tested] - 1)) / deviation
    return found, samples


def _ties(ranked: Numbers) -> tuple[np.ndarray, np.ndarray]:
    """Number of values below each value, and up to it, shape (subjects, features)."""
    subjects, features = ranked.shape
    place, edge = np.arange(subjects)[:, None], np.ones((1, features), bool)
    changes = np.diff(ranked, axis=0) != 0
    start = np.maximum.accumulate(np.where(np.vstack([edge, changes]), place, 0), axis=0)
    last = np.where(np.vstack([changes, edge]), place + 1, subjects)
    return start, np.minimum.accumulate(last[::-1], axis=0)[::-1]


def _deviation(n: np.ndarray, k: np.ndarray, inverse: Numbers) -> Numbers:
    """Standard deviation of the statistic if all samples have one distribution (equation 4 of the source)."""
    sums = {number: _harmonic(number) for number in np.unique(n)}
    h = np.array([sums[number][0] for number in n])
    g = np.array([sums[number][1] for number in n])
    size = n.astype(np.float64)
    a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse
    b = (2 * g - 4) * k**2 + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
    c = (6 * h + 2 * g - 2) * k**2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h
    d = (2 * h + 6) * k**2 - 4 * h * k
    variance = a * size**3 + b * size**2 + c * size + d
    deviation: Numbers = np.sqrt(variance / ((size - 1) * (size - 2) * (size - 3)))
    return deviation


def _harmonic(n: int) -> tuple[float, float]:
    """Sum of 1 / i, and sum of 1 / ((n - i) j) over i < j, both below n."""
    steps = 1.0 / np.arange(1, n)
    tails = np.cumsum(steps[::-1])[::-1]
    return float(steps.sum()), float((tails[1:] / (n - np.arange(1, n - 1))).sum())
