"""How much a feature may differ between two masks: its limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbradiomics.errors import InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import quoted

Floats = NDArray[np.float64]

#: Interquartile range and median absolute value of a standard normal variable.
_NORMAL_IQR = 1.3489795003921634
_NORMAL_MEDIAN = 0.6744897501960817
#: Two measurements differ by less than this times their standard deviation in 95 % (Bland and Altman 1999).
RC_FACTOR = 1.96 * np.sqrt(2)
#: Names of the column of a table of repeatability, by the scale of the differences.
RC_COLUMNS = {"raw": "rc", "log": "rc_log"}


@dataclass(frozen=True)
class Spread:
    """What the limits of a feature are computed from, for many weightings of the same pairs.

    Attributes
    ----------
    means
        Mean of the two values of each pair, shape (pairs,).
    differences
        Absolute difference of the two values, shape (pairs,).
    subjects
        Index of the subject of each pair, shape (pairs,).
    """

    means: Floats
    differences: Floats
    subjects: NDArray[np.intp]


def icc_limits(spread: Spread, draws: Floats, icc: float) -> Floats:
    """Compute the limit that belongs to an intraclass correlation, for each bootstrap sample.

    Parameters
    ----------
    spread
        The pairs with two values.
    draws
        How often each subject counts, shape (samples, subjects).
    icc
        The intraclass correlation that the feature is to have.

    Returns
    -------
    numpy.ndarray
        Shape (samples,); 0 if the subjects do not differ by more than their masks.

    Notes
    -----
    ICC = sb^2 / (sb^2 + sw^2), so that sw^2 = sb^2 (1 - ICC) / ICC, and two masks differ by less than
    1.96 sqrt(2) sw in 95 % of pairs. sb is the standard deviation between the subjects, without the masks'
    own: sb^2 = S(mean of the pair)^2 - S(difference of the pair)^2 / 4, which is the robust covariance of two
    masks (Gnanadesikan and Kettenring, Biometrics 1972;28:81). S is the interquartile range (of differences,
    whose sign means nothing: twice the median of the absolute value), scaled to the normal distribution.
    Every subject counts once, however many masks it has.
    """
    per_subject = np.bincount(spread.subjects, minlength=draws.shape[1])
    weights = draws / np.maximum(per_subject, 1)
    quartiles = _quantiles(spread.means, weights, spread.subjects, (0.25, 0.75))
    between = (quartiles[1] - quartiles[0]) / _NORMAL_IQR
    median = _quantiles(spread.differences, weights, spread.subjects, (0.5,))[0]
    variance = np.maximum(between**2 - (median / _NORMAL_MEDIAN) ** 2 / 4, 0)
    return np.asarray(RC_FACTOR * np.sqrt(variance * (1 - icc) / icc))


def _quantiles(
    values: Floats, weights: Floats, subjects: NDArray[np.intp], shares: tuple[float, ...]
) -> list[Floats]:
    """Quantiles of the pairs, weighted by their subjects: one array of shape (samples,) for each share."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[:, subjects[order]], axis=1)
    # A sum of weights such as 1/3 + 1/3 + 1/3 may miss a whole number by rounding.
    wanted = reached[:, -1:] * (1 - 1e-12)
    return [values[order][np.argmax(reached >= share * wanted, axis=1)] for share in shares]


def read_repeatability(table: pd.DataFrame, scale: str) -> dict[str, float]:
    """Read the repeatability coefficient of each feature, on the scale of the differences.

    Parameters
    ----------
    table
        Columns ``feature`` and ``rc``, or ``rc_log`` for the scale ``log``: the ratio by which two
        measurements differ in 95 % of pairs at most.
    scale
        ``raw`` or ``log``.

    Raises
    ------
    InputError
        When a column is missing, a feature has two rows, or a coefficient is not a positive number (above 1
        for ``rc_log``).
    """
    name = RC_COLUMNS[scale]
    for column in ("feature", name):
        if column not in table:
            raise InputError(
                f"the table of repeatability has no column {column!r}.",
                f"{did_you_mean(column, map(str, table.columns))}Give a table with the columns feature and "
                f"{name}, such as that of `nbradiomics reproducibility` of a test-retest study.",
            )
    twice = table.loc[table["feature"].duplicated(), "feature"]
    if len(twice):
        raise InputError(
            f"the table of repeatability has two rows of {twice.iloc[0]}.", "Keep one row for each feature."
        )
    least = 1.0 if scale == "log" else 0.0
    values = pd.to_numeric(table[name], errors="coerce").astype(float)
    wrong = table[(table[name].notna() & (table[name].astype(str) != "")) & ~(values >= least)]
    if len(wrong) or np.isinf(values).any():
        feature = table.loc[wrong.index[0] if len(wrong) else values[np.isinf(values)].index[0]]
        raise InputError(
            f"{feature['feature']}: {name} is {quoted(feature[name])}; a number of {least:g} or more was "
            "expected.",
            "Correct the table of repeatability, or leave the cell empty.",
        )
    limits = np.log(values) if scale == "log" else values
    return dict(zip(table["feature"].astype(str), limits.astype(float), strict=True))
