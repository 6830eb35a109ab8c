"""Convert tables of text cells to tables with types: numbers, true and false, or text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.tables.cells import text_table
from nbradiomics.tables.columns import NO_COLUMNS, with_names
from nbradiomics.tables.index import NAMES
from nbradiomics.tables.numbers import Numbers, may_be_thousands, read_numbers
from nbradiomics.tables.parquet import parquet_table
from nbradiomics.tables.text import read_bytes

#: Name of the index of a table whose row i is line i + 2 of its file.
LINE = "line - 2"
#: Cells that are missing values: those of pandas, which include what R, Excel and pandas write.
MISSING = frozenset(
    {"", "NA", "N/A", "n/a", "<NA>", "#N/A", "#N/A N/A", "#NA", "NaN", "nan", "-NaN", "-nan", "NULL", "null"}
    | {"None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
)
ANSWERS = {"true": True, "false": False}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table in any format that `read_text_table` reads, with its types.

    Subjects are text: ``007`` stays ``007``. Decimal commas are read if the whole column agrees; otherwise
    the column stays text. Row numbers (a first column without a name) are left out.
    """
    table, _ = read_named_table(path)
    return table


def read_named_table(
    path: str | Path, known: Iterable[str] = (), columns: Mapping[str, str] = NO_COLUMNS
) -> tuple[pd.DataFrame, list[str]]:
    """Read a table with its types, and rename columns to known names.

    Parameters
    ----------
    path
        As in `read_table`.
    known
        Names that are found regardless of capitals.
    columns
        The table's column for some of these names.

    Returns
    -------
    table
        As from `read_table`.
    notes
        Renamed columns; see `with_names`.
    """
    path = Path(path)
    raw, is_text = read_raw(path)
    raw, notes = with_names(raw, known, columns, where=str(path))
    table = typed(raw, path).reset_index(drop=True) if is_text else raw
    return table.drop(columns=[name for name in table.columns if is_row_number(name)]), notes


def read_raw(path: Path, kind: str = "table") -> tuple[pd.DataFrame, bool]:
    """Read a table without conversion, and return whether its cells are text; those of Parquet are not."""
    raw = read_bytes(path, kind)
    if path.suffix == ".parquet" or raw.startswith(b"PAR1"):
        return parquet_table(raw, path), False
    return text_table(raw, path), True


def typed(text: pd.DataFrame, path: Path, *, names: Collection[str] = NAMES) -> pd.DataFrame:
    """Convert the columns of a text table to their types.

    Parameters
    ----------
    text
        As from `read_text_table`.
    path
        The file, for messages.
    names
        Columns that always stay text.

    Returns
    -------
    pandas.DataFrame
        The same rows, with the same index under the name `LINE`. Only a whole column becomes numbers or
        booleans.

    Raises
    ------
    InputError
        When a column may have points as thousands separators, and another column has decimal commas.
    """
    columns, points, commas = {}, {}, []
    for name in text.columns:
        if name in names:
            columns[name] = text[name]
            continue
        texts = ["" if cell in MISSING else cell for cell in text[name]]
        cells = pd.Series(texts, index=text.index, dtype=object)
        numbers = read_numbers(cells)
        columns[name] = _typed_column(cells, numbers)
        if numbers.mark == ",":
            commas.append(name)
        elif numbers.mark == "." and not numbers.unread:
            points[name] = cells
    if commas:
        _require_no_thousands(points, commas, path)
    table = pd.DataFrame(columns, index=text.index.rename(LINE), columns=text.columns)
    table.attrs = dict(text.attrs)
    return table


def _typed_column(cells: pd.Series, numbers: Numbers) -> pd.Series:
    if not numbers.unread:
        whole = len(cells) and all(_WHOLE.fullmatch(cell) for cell in cells)
        return cells.map(int).astype("int64") if whole else numbers.values
    answers = cells.str.lower().map(ANSWERS)
    if answers.notna().equals(cells != ""):
        return answers.astype(bool) if answers.notna().all() else answers.astype(object)
    return cells.where(cells != "", None).astype(object)


def _require_no_thousands(points: dict[str, pd.Series], commas: list[str], path: Path) -> None:
    for name, cells in points.items():
        places = may_be_thousands(cells)
        if places and not name.startswith("diagnostics_"):
            raise InputError(
                f"{path}, line {places[0] + 2}, column {name!r}: {cells[places[0]]!r} may mean a thousand "
                f"times as much, because column {commas[0]!r} has decimal commas.",
                "Use the same decimal mark everywhere, and no thousands separators.",
            )


def is_row_number(name: object) -> bool:
    """Whether a column has no name, like the row numbers that pandas writes."""
    return re.fullmatch(r"Unnamed: \d+|", str(name)) is not None
