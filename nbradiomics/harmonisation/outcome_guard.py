"""Refuse the outcome as a covariate or batch: a harmonisation that knows it puts it into the features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.covariates import is_number, texts

#: A covariate that explains more than this share of the variance of a class or event is the outcome, or
#: nearly so: an outcome with 4 % of wrong cells explains 0.73 to 0.87, a stage with an odds ratio of 17
#: between its extremes 0.09 to 0.25 (docs/harmonisation.md has the simulation).
MOST_EXPLAINED = 0.6
#: Fewer subjects reach such a share by chance.
_FEWEST = 15
#: Numbers with at most this many values are compared as categories too.
_MOST_LEVELS = 10


def require_no_outcome(table: pd.DataFrame, batches: list[str], covariates: list[str], y: Any) -> None:
    """Refuse columns that carry the outcome `y`, shape (subjects,), also one of its fields.

    A column carries it if it has the same values, other names for the same classes, or numbers on another
    linear scale; a covariate also if it explains more than `MOST_EXPLAINED` of the variance of a class.

    Raises
    ------
    InputError
        When a column carries the outcome.
    """
    for part in _parts(y):
        if len(part) != len(table):
            continue
        for name in (*batches, *covariates):
            column = table[name].reset_index(drop=True)
            if _same(column, part):
                what = "is the outcome that is to be predicted"
            elif name in covariates and (share := _most_explained(column, part)) > MOST_EXPLAINED:
                what = f"explains {share:.0%} of the variance of the outcome that is to be predicted"
            else:
                continue
            raise InputError(
                f"column {name!r} {what}.",
                "Leave it out of the harmonisation: features that are harmonised with the outcome "
                "contain it, and predict it even if they are noise.",
            )


def explained_share(column: pd.Series, outcome: np.ndarray) -> float:
    """Share of the variance of an outcome that a column explains, corrected for its number of levels.

    Parameters
    ----------
    column
        Shape (subjects,): categories by their levels; numbers by their ranks, and by their levels if they
        have few.
    outcome
        Numbers, such as 0 and 1, shape (subjects,).

    Returns
    -------
    float
        Adjusted R squared, at least 0; 0 for fewer than 15 subjects with both values.
    """
    known = column.notna().to_numpy() & np.isfinite(outcome)
    y, own = outcome[known].astype(np.float64), column[known].reset_index(drop=True)
    number, levels = len(y), own.nunique()
    if number < _FEWEST or levels < 2 or np.ptp(y) == 0:
        return 0.0
    found = [0.0]
    if is_number(own):
        found.append(_adjusted(float(np.corrcoef(rankdata(own), y)[0, 1]) ** 2, number, 2))
    if levels <= _MOST_LEVELS or (not is_number(own) and 2 * levels <= number):
        rest = y - pd.Series(y).groupby(texts(own)).transform("mean").to_numpy()
        found.append(_adjusted(1 - float(rest @ rest) / (number * y.var()), number, levels))
    return max(found)


def _adjusted(share: float, number: int, columns: int) -> float:
    return 1 - (1 - share) * (number - 1) / max(number - columns, 1)


def _most_explained(column: pd.Series, part: pd.Series) -> float:
    """Largest share of a class against all others that a column explains; 0 for many classes."""
    levels = texts(part)
    if not 2 <= levels.nunique() <= _MOST_LEVELS:
        return 0.0
    classes = [np.where(levels.isna(), np.nan, levels == level) for level in levels.dropna().unique()]
    return max(explained_share(column, each.astype(np.float64)) for each in classes)


def _parts(y: Any) -> list[pd.Series]:
    if y is None:
        return []
    if isinstance(y, pd.DataFrame):
        return [y.iloc[:, place].reset_index(drop=True) for place in range(y.shape[1])]
    values = y.to_numpy() if isinstance(y, pd.Series) else np.asarray(y)
    if values.dtype.names:
        return [pd.Series(values[name]) for name in values.dtype.names]
    return [pd.Series(column) for column in values.reshape(len(values), -1).T]


def _same(column: pd.Series, part: pd.Series) -> bool:
    levels = part.nunique()
    if levels < 2 or (column.isna() != part.isna()).any():
        return False
    if is_number(column) and is_number(part) and levels > 2:
        known = part.notna().to_numpy()
        pair = np.stack([column.to_numpy(float)[known], part.to_numpy(float)[known]])
        return bool(pair[0].std() > 0 and abs(np.corrcoef(pair)[0, 1]) > 1 - 1e-12)
    pairs = pd.DataFrame({"column": texts(column), "outcome": texts(part)}).dropna().drop_duplicates()
    # Names of subjects are no outcome, although they determine it.
    return bool(len(pairs) == levels == pairs["column"].nunique() and 2 * levels <= part.notna().sum())
