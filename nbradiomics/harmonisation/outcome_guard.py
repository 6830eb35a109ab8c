"""Refuse the outcome as a covariate or batch: a harmonisation that knows it puts it into the features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.covariates import is_number, texts


def require_no_outcome(table: pd.DataFrame, columns: list[str], y: Any) -> None:
    """Refuse columns that carry the outcome `y`, shape (subjects,), also one of its fields.

    A column carries it if it has the same values, other names for the same classes, or numbers on another
    linear scale. It cannot be recognised if a subject differs; whoever knows the endpoint must refuse it by
    its name.

    Raises
    ------
    InputError
        When a column carries the outcome.
    """
    for name in columns:
        for part in _parts(y):
            if len(part) == len(table) and _same(table[name].reset_index(drop=True), part):
                raise InputError(
                    f"column {name!r} is the outcome that is to be predicted.",
                    "Leave it out of the harmonisation: features that are harmonised with the outcome "
                    "contain it, and predict it even if they are noise.",
                )


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
