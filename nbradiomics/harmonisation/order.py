"""The order of several batch columns, chosen on training subjects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nbradiomics.harmonisation.kinds import Numbers

#: Level of the test of a remaining batch effect.
LEVEL = 0.05
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
    Anderson and Darling's test of several samples (Scholz FW, Stephens MA. J Am Stat Assoc 1987;82:918-924,
    equation 7, with midranks), for all features without missing values at once. A feature with fewer than 5
    values in each of two batches is not tested.
    """
    codes = pd.factorize(batches, sort=True)[0]
    complete = ~np.isnan(values).any(axis=0)
    count = int(_differ(values[:, complete], codes).sum())
    for column in values[:, ~complete].T:
        present = ~np.isnan(column)
        count += int(_differ(column[present, None], codes[present]).sum())
    return count


def anderson_darling(values: Numbers, codes: np.ndarray) -> Numbers:
    """Standardised k-sample statistic of each feature, shape (features,); NaN for a constant feature.

    Parameters
    ----------
    values
        Shape (subjects, features), no value missing.
    codes
        Sample of each subject, 0 to samples - 1, each with a subject.
    """
    subjects, sizes = len(values), np.bincount(codes)
    order = np.argsort(values, axis=0, kind="stable")
    ranked = np.take_along_axis(values, order, axis=0)
    first = np.vstack([np.ones((1, values.shape[1]), bool), np.diff(ranked, axis=0) != 0])
    place = np.arange(subjects)[:, None]
    start = np.maximum.accumulate(np.where(first, place, 0), axis=0)
    last = np.vstack([first[1:], np.ones((1, values.shape[1]), bool)])
    end = np.minimum.accumulate(np.where(last, place, subjects)[::-1], axis=0)[::-1] + 1
    # Each value of a group of ties counts once for the group, so that a group of l has its weight l.
    middle = (start + end) / 2
    divisor = middle * (subjects - middle) - subjects * (end - start) / 4
    statistic = np.zeros(values.shape[1])
    sample = codes[order]
    for number, size in enumerate(sizes):
        sums = np.vstack([np.zeros((1, values.shape[1])), np.cumsum(sample == number, axis=0)])
        below = np.take_along_axis(sums, start, axis=0)
        upto = np.take_along_axis(sums, end, axis=0)
        squares = (subjects * (below + upto) / 2 - size * middle) ** 2
        parts = np.divide(squares, divisor, out=np.zeros_like(squares), where=divisor > 0)
        statistic += parts.sum(axis=0) / (subjects * size)
    statistic *= (subjects - 1) / subjects
    constant = first.sum(axis=0) < 2
    standardised: Numbers = (statistic - (len(sizes) - 1)) / _deviation(subjects, sizes)
    standardised[constant] = np.nan
    return standardised


def _deviation(subjects: int, sizes: np.ndarray) -> float:
    """Standard deviation of the statistic under the hypothesis of equal distributions (their equation 4)."""
    n, k = subjects, len(sizes)
    inverse = (1.0 / sizes).sum()
    steps = 1.0 / np.arange(1, n)
    h = steps.sum()
    # Sum over i < j of 1 / ((n - i) j).
    tails = np.cumsum(steps[::-1])[::-1]
    g = (tails[1:] / (n - np.arange(1, n - 1))).sum()
    a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse
    b = (2 * g - 4) * k**2 + 8 * h * k + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6
    c = (6 * h + 2 * g - 2) * k**2 + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse + 4 * h
    d = (2 * h + 6) * k**2 - 4 * h * k
    variance = (a * n**3 + b * n**2 + c * n + d) / ((n - 1) * (n - 2) * (n - 3))
    return float(np.sqrt(variance))


def _differ(values: Numbers, codes: np.ndarray) -> np.ndarray:
    sizes = np.bincount(codes) if len(codes) else np.zeros(1, int)
    large = np.flatnonzero(sizes >= 5)
    if len(large) < 2:
        return np.zeros(values.shape[1], dtype=bool)
    rows = np.isin(codes, large)
    m = len(large) - 1
    critical = _CRITICAL[0] + _CRITICAL[1] / np.sqrt(m) + _CRITICAL[2] / m
    statistic = anderson_darling(values[rows], np.searchsorted(large, codes[rows]))
    differ: np.ndarray = np.nan_to_num(statistic, nan=-np.inf) > critical
    return differ
