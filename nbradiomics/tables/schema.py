"""What a table holds, stated once: its writer, its readers and the page of all tables use the same statement.

A schema stands in the room that writes its table. The writer makes the table with `Schema.table`, a reader
reads it with `Schema.read`, and `docs/tables.md` is written from it.
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

REMEDY = "Run the stage that writes it again; docs/tables.md says what each table holds."
_DTYPES: Mapping[Kind, Dtype] = {"text": "object", "number": "float64", "integer": "int64", "flag": "bool"}
_NULLABLE: Mapping[Kind, Dtype] = {"integer": "Int64", "flag": "boolean"}
_NO_REASONS: Mapping[int, str] = {}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name
        As it stands in the file.
    kind
        ``text``, ``number``, ``integer`` or ``flag`` (``True``, ``False``).
    meaning
        What it says.
    unit
        Of a number; empty for one without unit.
    values
        All values of a text that has a fixed list of them.
    missing
        What an empty cell means. Without this a number or flag is never missing.
    optional
        Whether a table without the column is read too: one of an earlier release, or of a user's own make.
    default
        How an empty cell is read, and every cell of a table that lacks the column. A column that has one is
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
        """Type of the column in a table; where a value may be missing it is a type that can say so."""
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
        What the table is called.
    file
        Where it lies in a folder of results; a word in capitals stands for a name
        (``outcome/ENDPOINT/selection.csv``).
    row
        What one row stands for.
    columns
        In the order of the file.
    key
        Columns that tell the rows apart.
    further
        What columns may follow, such as features; empty where none may.
    left_out
        Columns that the file lacks where no cell of them says anything.
    note
        What else to know, such as other places where the table lies.
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
        """How an empty cell of a column is read, for the columns that have such a default."""
        return {column.name: column.default for column in self.columns if column.default is not None}

    def table(self, rows: Iterable[Any] | Mapping[str, Any], further: Sequence[str] = ()) -> pd.DataFrame:
        """Make the table of rows, with the columns in order and of their types.

        Parameters
        ----------
        rows
            Whatever `pandas.DataFrame` takes: mappings, tuples in the order of the columns, or columns by
            name. What a mapping lacks is missing.
        further
            Names of the columns that follow those of the schema.
        """
        content = rows if isinstance(rows, (Mapping, pd.DataFrame)) else list(rows)
        table = pd.DataFrame(content, columns=[*self.names, *further])
        # One by one: of thousands of features none is copied.
        for name, dtype in self.dtypes.items():
            if table[name].dtype != dtype:
                table[name] = table[name].astype(dtype)
        return table

    def empty(self) -> pd.DataFrame:
        """Make the table without a row."""
        return self.table([])

    def read(self, path: str | Path) -> pd.DataFrame:
        """Read the table from a file of any kind that `read_text_table` reads.

        A column of text stays as it is written (a reader called ``01``, a subject called ``NA``), and a
        missing text is empty. Columns that the schema does not know stay text too, unless they are `further`
        ones, whose types are found from their cells.

        Raises
        ------
        InputError
            When it is no table, lacks a column, or a cell holds something else than its column says.
        """
        path = Path(path)
        raw, is_text = read_raw(path)
        raw, _ = with_names(raw, self.names, where=str(path))
        raw = raw.drop(columns=[name for name in raw.columns if is_row_number(name)])
        if is_text:
            raw = typed(raw, path, names=self.names if self.further else list(raw.columns))
        return self.checked(raw, path).reset_index(drop=True)

    def read_if_there(self, path: Path) -> pd.DataFrame | None:
        """Read the table as `read` does; ``None`` where there is no such file."""
        return self.read(path) if path.exists() else None

    def checked(self, table: pd.DataFrame, path: Path) -> pd.DataFrame:
        """Give a table the types of the schema, and fill what has a default.

        Parameters
        ----------
        table
            With text cells or with types. Row i stands on line i + 2 of the file.
        path
            The file, for the messages.

        Raises
        ------
        InputError
            As `read` does.
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
    """Cells as text, a missing one as the default."""
    texts = cells.map(cell_text).astype(object)
    if column.kind != "text":
        texts = texts.where(~texts.isin(MISSING), "")
    return texts if column.default is None else texts.replace("", str(column.default))


def _typed_column(cells: pd.Series, column: Column, path: Path) -> pd.Series:
    if column.kind == "text":
        return cells
    lacking = (cells == "") if column.missing else pd.Series(False, cells.index)
    if column.kind == "flag":
        answers = cells.str.lower().map(ANSWERS).astype(object)
        _require(answers.notna() | lacking, cells, column, path, "True or False was expected")
        return answers.astype(column.dtype)
    numbers = read_numbers(cells)
    read = ~pd.Series(cells.index.isin(list(numbers.unread)), cells.index)
    _require(read, cells, column, path, "numbers were expected", numbers.unread)
    _require((cells != "") | lacking, cells, column, path, "all were expected")
    if column.kind == "integer":
        _require(lacking | (numbers.values % 1 == 0), cells, column, path, "whole numbers were expected")
    return numbers.values.astype(column.dtype)


def _require(
    fits: pd.Series,
    cells: pd.Series,
    column: Column,
    path: Path,
    expected: str,
    why: Mapping[int, str] = _NO_REASONS,
) -> None:
    """Name the first cell that does not fit its column."""
    if fits.all():
        return
    place = int(fits.index[~fits][0])
    cell = str(cells[place])
    found = f"{quoted(cell)} {why.get(place, '')}".strip() if cell else "a value is missing"
    raise InputError(f"{path}, line {place + 2}, column {column.name}: {found}; {expected}.", REMEDY)
