"""How strongly each column by itself goes with the outcome: score tests, all columns at once."""

from __future__ import annotations

import numpy as np
from scipy.stats import chi2, f

from nbradiomics.outcome.solvers.risk_sets import Floats, RiskSets


def univariable_p(values: Floats, y: np.ndarray) -> Floats:
    """P value of each column by itself.

    Parameters
    ----------
    values
        Shape (subjects, columns), no value missing.
    y
        Structured array with the fields event and time: the score test of a Cox model with Efron's ties (for
        two groups without ties the log-rank test). Otherwise the number of the class: the F test of one-way
        analysis of variance. Shape (subjects,).

    Returns
    -------
    numpy.ndarray
        Shape (columns,); 1 for a constant column.
    """
    centred = values - values.mean(axis=0)
    return _of_times(centred, y) if y.dtype.names else _of_classes(centred, y)


def _of_times(x: Floats, y: np.ndarray) -> Floats:
    sets = RiskSets.of(y)
    ordered = x[sets.order]
    ones = np.ones((len(x), 1))
    number, first, second = (_at_risk(part, sets) for part in (ones, ordered, ordered**2))
    mean = first / number
    score = (ordered[sets.event] - mean).sum(axis=0)
    variance = (second / number - mean**2).sum(axis=0)
    statistic = np.divide(score**2, variance, out=np.zeros_like(score), where=variance > 0)
    p: Floats = chi2.sf(statistic, 1)
    return p


def _at_risk(values: Floats, sets: RiskSets) -> Floats:
    """Sum over the subjects at risk at each event, with Efron's ties, shape (events, columns)."""
    sums: Floats = np.cumsum(values[::-1], axis=0)[::-1][sets.first]
    return sums - sets.part[:, None] * sets.of_ties(values)


def _of_classes(x: Floats, y: np.ndarray) -> Floats:
    groups = [x[y == each] for each in np.unique(y)]
    between = np.sum([len(group) * group.mean(axis=0) ** 2 for group in groups], axis=0)
    within = np.sum([((group - group.mean(axis=0)) ** 2).sum(axis=0) for group in groups], axis=0)
    free = len(groups) - 1, len(x) - len(groups)
    ratio = np.divide(between / free[0], within / free[1], out=np.zeros_like(between), where=within > 0)
    # Classes that a column separates without any scatter.
    ratio[(within <= 0) & (between > 0)] = np.inf
    p: Floats = f.sf(ratio, *free)
    return p
