"""Select rows of a table by the values of its index columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import Field

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.settings import Settings
from nbradiomics.tables.index import SLICE


class Rows(Settings):
    """Which rows of a feature table to use, if it has several per subject and reader."""

    timepoint: str | None = Field(default=None, description="Timepoint to use, if the table has several.")
    sequence: str | None = Field(default=None, description="Sequence to use, if the table has several.")
    roi: str | None = Field(default=None, description="Region to use, if the table has several.")
    variant: str | None = Field(default=None, description="Variant to use, if the table has several.")
    engine: str | None = Field(
        default=None,
        description="Engine to use, as written in the column `engine`, if the table has several.",
    )
    reading: int | str | None = Field(default=None, description="Reading to use, if the table has several.")

    def wanted(self) -> dict[str, Any]:
        """The requested value of each column; ``None`` for any."""
        return dict(self)

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Select these rows of a table; see `select` for the errors."""
        return select(table, **self.wanted())


class RowsOfReader(Rows):
    """Which rows of a feature table to use, if it has several per subject."""

    reader: str | None = Field(default=None, description="Reader of the masks from which the features come.")

    def wanted(self) -> dict[str, Any]:
        """The requested value of each column, the reader first."""
        return {"reader": self.reader, **super().wanted()}


def select(table: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """Select the rows in which each named column has the requested value.

    The value ``None`` stands for any value, but is refused as ambiguous if the remaining rows have several
    values in that column. Columns that the table lacks are ignored if their value is ``None``.

    Raises
    ------
    InputError
        When no row has the requested value, or the table lacks the column.
    AmbiguousError
        When a column without a requested value has several values; the message lists them.
    """
    require_regions(table)
    requested = {column: value for column, value in wanted.items() if value is not None}
    for column, value in requested.items():
        if column not in table:
            guess = did_you_mean(column, map(str, table.columns))
            remedy = f"{guess}Leave out --{column}, or give a table with this column."
            raise InputError(f"the table has no column {column!r}.", remedy)
        chosen = table[table[column].map(_text) == _text(value)]
        if chosen.empty:
            raise InputError(
                f"the table has no row with {column} {value!r}.", f"Choose from: {_choices(table[column])}."
            )
        table = chosen
    for column in wanted:
        if column not in requested and column in table and table[column].nunique(dropna=False) > 1:
            raise AmbiguousError(
                f"the table has several values of {column}: {_choices(table[column])}.",
                f"Choose one with --{column} (in a study file, with the key {column}).",
            )
    return table


def require_regions(table: pd.DataFrame, name: str = "the table") -> None:
    """Refuse a feature table whose rows are slices: each of them would count as a region of its own."""
    if SLICE in table and table[SLICE].notna().any():
        raise InputError(
            f"{name} has a row for each slice (column {SLICE!r}), which would count as regions or subjects.",
            "Extract one row for each region: `--per-slice largest` or `--per-slice median`, or without it.",
        )


def _text(value: Any) -> str:
    # A column of whole numbers with a gap is read as floats: 1.0 means reading 1.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _choices(values: Sequence[Any] | pd.Series) -> str:
    return ", ".join(sorted({_text(value) for value in values}))
