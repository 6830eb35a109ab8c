"""Schemas of tables: one definition for the code that writes a table, the code that reads it, and the docs.

The schema is defined in the package that writes the table. The table is made with `Schema.table` and read
with `Schema.read`, and `docs/tables.md` is written from the schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.messages.wording import quoted
from nbradiomics.tables.columns import with_names
from nbradiomics.tables.numbers import read_numbers
from nbradiomics.tables.typed import ANSWERS, MISSING, is_row_number, read_raw, typed
from nbradiomics.tables.workbook import cell_text

Kind = Literal["text", "number", "integer", "flag"]
Dtype = Literal["object", "float64", "int64", "Int64", "bool", "boolean"]

REMEDY = "Run the stage that writes this table again; docs/tables.md describes each table."
_DTYPES: Mapping[Kind, Dtype] = {"text": "object", "number": "float64", "integer": "int64", "flag": "bool"}
_NULLABLE: Mapping[Kind, Dtype] = {"integer": "Int64", "flag": "boolean"}
_NO_REASONS: Mapping[int, str] = {}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name
        Name in the file.
    kind
        ``text``, ``number``, ``integer`` or ``flag`` (``True``, ``False``).
    meaning
        Meaning of the values.
    unit
        Unit of a number; empty if it has none.
    values
        All possible values of a text, if they are fixed.
    missing
        Meaning of an empty cell. Without this, a number or flag is never missing.
    optional
        Whether a table without the column is accepted: one of an earlier release, or made by a user.
    default
        Value of an empty cell, and of every cell if the table lacks the column. A column with a default is
        optional.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    values: tuple[str, ...] = ()
    missing: str = ""
    optional: bool = False
    default: str | int | None = None

    @property
    def dtype(self) -> Dtype:
        """Type of the column in a table; a nullable type if a value may be missing."""
        plain = _DTYPES[self.kind]
        return _NULLABLE.get(self.kind, plain) if self.missing else plain

    @property
    def needed(self) -> bool:
        """Whether a table without the column is refused."""
        return not self.optional and self.default is None


@dataclass(frozen=True)
class Schema:
    """All columns of a table, in their order.

    Attributes
    ----------
    name
        Name of the table.
    file
        Its path in a folder of results; a word in capitals stands for a name
        (``outcome/ENDPOINT/selection.csv``).
    row
        Meaning of one row.
    columns
        In the order of the file.
    key
        Columns that identify a row.
    further
        Columns that may follow, such as features; empty if none may.
    left_out
        Columns that the file lacks if all of their cells are empty.
    note
        Further information, such as other paths of the table.
    """

    name: str
    file: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    further: str = ""
    left_out: tuple[str, ...] = ()
    note: str = ""

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    @property
    def needed(self) -> list[str]:
        """Names of the columns without which a table is refused."""
        return [column.name for column in self.columns if column.needed]

    @property
    def dtypes(self) -> dict[str, Dtype]:
        """Type of each column."""
        return {column.name: column.dtype for column in self.columns}

    @property
    def defaults(self) -> dict[str, str | int]:
        """Value of an empty cell, for the columns with a default."""
        return {column.name: column.default for column in self.columns if column.default is not None}

    def table(self, rows: Iterable[Any] | Mapping[str, Any], further: Sequence[str] = ()) -> pd.DataFrame:
        """Make the table from rows, with its columns in order and with their types.

        Parameters
        ----------
        rows
            Data that `pandas.DataFrame` accepts: mappings, tuples in the order of the columns, or columns by
            name. A column that a mapping lacks is a missing value.
        further
            Names of the columns that follow those of the schema.
        """
        content = rows if isinstance(rows, (Mapping, pd.DataFrame)) else list(rows)
        table = pd.DataFrame(content, columns=[*self.names, *further])
        # Column by column, so that thousands of feature columns are not copied.
        for name, dtype in self.dtypes.items():
            if table[name].dtype != dtype:
                table[name] = table[name].astype(dtype)
        return table

    def empty(self) -> pd.DataFrame:
        """Make the table without rows."""
        return self.table([])

    def read(self, path: str | Path) -> pd.DataFrame:
        """Read the table from a file in any format that `read_text_table` reads.

        A column of text stays as written (a reader called ``01``, a subject called ``NA``), and a missing
        text is empty. Columns that are not in the schema stay text too, unless they are `further` columns,
        whose types are inferred from their cells.

        Raises
        ------
        InputError
            When the file is not a table, lacks a column, or a cell does not fit its column.
        """
        path = Path(path)
        raw, is_text = read_raw(path)
        raw, _ = with_names(raw, self.names, where=str(path))
        raw = raw.drop(columns=[name for name in raw.columns if is_row_number(name)])
        if is_text:
            raw = typed(raw, path, names=self.names if self.further else list(raw.columns))
        return self.checked(raw, path).reset_index(drop=True)

    def read_if_there(self, path: Path) -> pd.DataFrame | None:
        """Read the table as `read` does; ``None`` if the file does not exist."""
        return self.read(path) if path.exists() else None

    def checked(self, table: pd.DataFrame, path: Path) -> pd.DataFrame:
        """Convert a table to the types of the schema, and fill in the defaults.

        Parameters
        ----------
        table
            With text cells or with types. Row i is line i + 2 of the file.
        path
            The file, for messages.

        Raises
        ------
        InputError
            As in `read`.
        """
        missing = [name for name in self.needed if name not in table]
        if missing:
            raise InputError(f"{path} lacks the columns {', '.join(missing)}.", REMEDY)
        table = table.copy(deep=False)
        for column in self.columns:
            if column.name in table:
                table[column.name] = _typed_column(_cells(table[column.name], column), column, path)
            elif column.default is not None:
                table[column.name] = pd.Series(column.default, index=table.index, dtype=column.dtype)
        return table


def _cells(cells: pd.Series, column: Column) -> pd.Series:
    """Cells as text, with the default for missing ones."""
    texts = cells.map(cell_text).astype(object)
    if column.kind != "text":
        texts = texts.where(~texts.isin(MISSING), "")
    return texts if column.default is None else texts.replace("", str(column.default))


def _typed_column(cells: pd.Series, column: Column, path: Path) -> pd.Series:
    if column.kind == "text":
        return cells
    empty = (cells == "") if column.missing else pd.Series(False, cells.index)
    if column.kind == "flag":
        answers = cells.str.lower().map(ANSWERS).astype(object)
        _require(answers.notna() | empty, cells, column, path, "True or False was expected")
        return answers.astype(column.dtype)
    numbers = read_numbers(cells)
    read = ~pd.Series(cells.index.isin(list(numbers.unread)), cells.index)
    _require(read, cells, column, path, "numbers were expected", numbers.unread)
    _require((cells != "") | empty, cells, column, path, "a value was expected in every row")
    if column.kind == "integer":
        _require(empty | (numbers.values % 1 == 0), cells, column, path, "whole numbers were expected")
    return numbers.values.astype(column.dtype)


def _require(
    fits: pd.Series,
    cells: pd.Series,
    column: Column,
    path: Path,
    expected: str,
    why: Mapping[int, str] = _NO_REASONS,
) -> None:
    """Raise `InputError` for the first cell that does not fit its column."""
    if fits.all():
        return
    place = int(fits.index[~fits][0])
    cell = str(cells[place])
    found = f"{quoted(cell)} {why.get(place, '')}".strip() if cell else "a value is missing"
    raise InputError(f"{path}, line {place + 2}, column {column.name}: {found}; {expected}.", REMEDY)
