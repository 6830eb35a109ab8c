"""Values of the columns of a feature table: which are compared, and which must be chosen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.tables import AUTO, select

_SHOWN = 5  # entries of a long list in messages
#: Columns whose values have the order of numbers; others have the order of the table.
_NUMBERED = ("reading", "repeat")


def listed(names: Sequence[Any]) -> str:
    """Write the first entries of a list, and the number of the others."""
    names = list(names)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(str, names[:_SHOWN])) + more


def texts(values: pd.Series) -> pd.Series:
    """Return values as text; a column of whole numbers with a gap is read as floats, and 1.0 means 1."""
    return values.map(_text).astype(object)


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def chosen_levels(index: pd.DataFrame, across: str, levels: Sequence[str] | None) -> list[str]:
    """Return the values to compare: the named ones, or all; of readers all except the model.

    Raises
    ------
    InputError
        When a named value is not in the table, or `levels` is a text.
    """
    if isinstance(levels, str):
        raise InputError(f"the levels are the text {levels!r}; a list was expected.", f"Give [{levels!r}].")
    present = [str(name) for name in pd.unique(index[across])]
    if levels is None:
        present = [name for name in present if across != "reader" or name != AUTO]
        return sorted(present, key=_numerically) if across in _NUMBERED else present
    named = [_text(name) for name in levels]
    absent = [name for name in named if name not in present]
    if absent:
        raise InputError(
            f"the table has no row of {across} {listed(absent)}.",
            f"{across.capitalize()}s in the table: {listed(sorted(present)) or 'none'}.",
        )
    return named


def _numerically(text: str) -> tuple[float, str]:
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text


def require_one_value(rows: pd.DataFrame, name: str, comparable: Collection[str]) -> None:
    """Raise `AmbiguousError` if a column has several values; say how to choose one, or to compare them.

    Parameters
    ----------
    rows
        Rows with text columns.
    name
        The column.
    comparable
        Columns whose values can be compared with each other.
    """
    try:
        select(rows, **{name: None})
    except AmbiguousError as error:
        if name not in comparable:
            raise
        remedy = "Keep the rows of one repeat" if name == "repeat" else f"Choose one with --{name}"
        raise AmbiguousError(error.problem, f"{remedy}, or compare them with --across {name}.") from error
