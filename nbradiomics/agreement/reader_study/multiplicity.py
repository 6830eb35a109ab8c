"""Corrections for multiple tests."""

from __future__ import annotations

import numpy as np
from scipy import stats

from nbradiomics.agreement.reader_study.resampling import Numbers


def holm(p: Numbers) -> Numbers:
    """Adjust p values to control the probability of any false rejection (family-wise error rate).

    Parameters
    ----------
    p
        Shape (tests,); NaN means no test, and stays NaN.

    Returns
    -------
    numpy.ndarray
        Shape (tests,): in ascending order, the running maximum of p times the remaining tests, at most 1.

    Notes
    -----
    Source: Holm S. Scand J Stat 1979;6:65-70.
    """
    adjusted = np.array(p, dtype=float)
    tested = np.flatnonzero(~np.isnan(adjusted))
    order = tested[np.argsort(adjusted[tested], kind="stable")]
    remaining = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(adjusted[order] * remaining), 1)
    return adjusted


def benjamini_yekutieli(p: Numbers) -> Numbers:
    """Adjust p values to control the false discovery rate under any dependence.

    Parameters
    ----------
    p
        Shape (tests,), no NaN.

    Notes
    -----
    Source: Benjamini Y, Yekutieli D. Ann Stat 2001;29:1165-1188.
    """
    return np.asarray(stats.false_discovery_control(p, method="by")) if len(p) else np.array([])


def benjamini_hochberg(p: Numbers) -> Numbers:
    """Adjust p values to control the false discovery rate of independent or positively dependent tests.

    Parameters
    ----------
    p
        Shape (tests,); NaN means no test, and stays NaN.

    Notes
    -----
    Source: Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300.
    """
    adjusted = np.array(p, dtype=float)
    tested = ~np.isnan(adjusted)
    if tested.any():
        adjusted[tested] = stats.false_discovery_control(adjusted[tested])
    return adjusted
