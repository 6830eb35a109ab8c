"""Compare a table with one that was computed again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

#: Difference of two numbers, relative to the larger one, up to which they count as the same: another
#: processor adds in another order. A smaller change is found by the hash of the file alone.
RELATIVE = 1e-7
_ABSOLUTE = 1e-12


def differences(
    found: pd.DataFrame, again: pd.DataFrame, key: Sequence[str], but: Sequence[str] = ()
) -> list[str]:
    """Describe where a table differs from the same table computed again.

    Parameters
    ----------
    found, again
        The table, and the same computed again.
    key
        Columns that identify a row.
    but
        Columns that are not compared.
    """
    keys = [name for name in key if name in found and name in again]
    ours, theirs = (_indexed(table, keys) for table in (found, again))
    if ours.index.has_duplicates:
        return [f"the row {_row(ours.index[ours.index.duplicated()][0])} occurs twice"]
    missing, extra = theirs.index.difference(ours.index), ours.index.difference(theirs.index)
    problems = [f"the row {_row(missing[0])} is missing ({len(missing)} rows)"] if len(missing) else []
    problems += [f"the row {_row(extra[0])} should not be there ({len(extra)} rows)"] if len(extra) else []
    problems += [
        f"the column {name} is missing" for name in theirs if name not in ours and theirs[name].notna().any()
    ]
    both = ours.index.intersection(theirs.index)
    shared = [name for name in theirs if name in ours and name not in but]
    for name in shared:
        problems += _of_column(ours[name].loc[both], theirs[name].loc[both])
    return problems


def _indexed(table: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    texts = [table[name].map(_text) for name in keys]
    named = table.drop(columns=list(keys))
    return named.set_index(pd.MultiIndex.from_arrays(texts, names=list(keys)) if texts else table.index)


def _of_column(ours: pd.Series, theirs: pd.Series) -> list[str]:
    wrong = ~same(ours, theirs)
    if not wrong.any():
        return []
    place = int(np.flatnonzero(wrong)[0])
    row, more = _row(ours.index[place]), f" ({int(wrong.sum())} rows)" if wrong.sum() > 1 else ""
    return [
        f"{ours.name} of {row} is {_text(ours.iloc[place])}, computed again {_text(theirs.iloc[place])}{more}"
    ]


def same(ours: pd.Series, theirs: pd.Series) -> np.ndarray:
    """Whether the cells are the same: numbers within `RELATIVE`, texts as they are, both missing."""
    one, other = (pd.to_numeric(cells, errors="coerce") for cells in (ours, theirs))
    numbers = one.notna().to_numpy() & other.notna().to_numpy()
    a, b = one.to_numpy(dtype="float64", na_value=np.nan), other.to_numpy(dtype="float64", na_value=np.nan)
    equal = np.zeros(len(ours), dtype=bool)
    with np.errstate(invalid="ignore"):
        close = np.abs(a - b) <= RELATIVE * np.maximum(np.abs(a), np.abs(b)) + _ABSOLUTE
    equal[numbers] = (close | (a == b))[numbers]
    texts = ours.map(_text).to_numpy(dtype=object) == theirs.map(_text).to_numpy(dtype=object)
    equal |= ~numbers & texts
    return equal


def _text(cell: object) -> str:
    """A cell in one way for all types: 1 and 1.0 are the same, and what is missing is empty."""
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)


def _row(key: object) -> str:
    return ", ".join(text for text in key if text) if isinstance(key, tuple) else str(key)
