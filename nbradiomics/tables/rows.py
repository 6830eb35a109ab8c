"""Rows of a table by what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import Field

from nbradiomics.errors import AmbiguousError, InputError
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.settings import Settings


class Rows(Settings):
    """Which rows of a feature table, where it holds several of a subject and reader."""

    timepoint: str | None = Field(default=None, description="Which timepoint, where there are several.")
    sequence: str | None = Field(default=None, description="Which sequence, where there are several.")
    roi: str | None = Field(default=None, description="Which region, where there are several.")
    variant: str | None = Field(default=None, description="Which variant, where there are several.")
    engine: str | None = Field(
        default=None, description="Which engine's rows, as the column says it, where there are several."
    )
    reading: int | str | None = Field(default=None, description="Which reading, where there are several.")

    def wanted(self) -> dict[str, Any]:
        """What is asked of each column; ``None`` where nothing is."""
        return dict(self)

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """These rows of a table; see `select` for what is refused."""
        return select(table, **self.wanted())


class RowsOfReader(Rows):
    """Which rows of a feature table, where it holds several of a subject."""

    reader: str | None = Field(default=None, description="Whose masks the features come from.")

    def wanted(self) -> dict[str, Any]:
        """What is asked of each column, the reader first."""
        return {"reader": self.reader, **super().wanted()}


def select(table: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """Keep the rows in which each named column has the wanted value.

    A value of ``None`` asks for nothing, and is refused when the rows that are left still hold
    several values of that column: what is meant is then ambiguous. Columns that the table lacks are
    passed over when nothing is asked of them.

    Raises
    ------
    InputError
        When no row has the wanted value, or the table lacks the column.
    AmbiguousError
        When nothing is asked of a column that holds several values; the message lists them.
    """
    asked = {column: value for column, value in wanted.items() if value is not None}
    for column, value in asked.items():
        if column not in table:
            guess = did_you_mean(column, map(str, table.columns))
            remedy = f"{guess}Leave out --{column}, or give a table that has it."
            raise InputError(f"the table has no column {column!r}.", remedy)
        chosen = table[table[column].map(_text) == _text(value)]
        if chosen.empty:
            raise InputError(f"no row with {column} {value!r}.", f"Choose from: {_choices(table[column])}.")
        table = chosen
    for column in wanted:
        if column not in asked and column in table and table[column].nunique(dropna=False) > 1:
            raise AmbiguousError(
                f"the table holds several values of {column}: {_choices(table[column])}.",
                f"Choose one with --{column}.",
            )
    return table


def _text(value: Any) -> str:
    # A column of whole numbers with a gap is read as floats: 1.0 means reading 1.
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _choices(values: Sequence[Any] | pd.Series) -> str:
    return ", ".join(sorted({_text(value) for value in values}))
