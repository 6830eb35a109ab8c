"""Tables with types: text cells as numbers, yes and no, or text."""

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

#: Name of the index of a table whose row i stands on line i + 2 of its file.
LINE = "line - 2"
#: What stands for a missing value: what pandas takes for one, which is what R, Excel and pandas write.
MISSING = frozenset(
    {"", "NA", "N/A", "n/a", "<NA>", "#N/A", "#N/A N/A", "#NA", "NaN", "nan", "-NaN", "-nan", "NULL", "null"}
    | {"None", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
)
ANSWERS = {"true": True, "false": False}
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table of any kind that `read_text_table` reads, with its types.

    Subjects are text, ``007`` stays ``007``. Decimal commas are read where the whole column agrees; else the
    column stays text. Row numbers (a first column without a name) are left out.
    """
    table, _ = read_named_table(path)
    return table


def read_named_table(
    path: str | Path, known: Iterable[str] = (), columns: Mapping[str, str] = NO_COLUMNS
) -> tuple[pd.DataFrame, list[str]]:
    """Read a table with its types, some of its columns under names that we know.

    Parameters
    ----------
    path
        As for `read_table`.
    known
        Names that are found whatever their capitals.
    columns
        The table's own column for some of these.

    Returns
    -------
    table
        As `read_table` gives it.
    notes
        What was read under another name; see `with_names`.
    """
    path = Path(path)
    raw, is_text = read_raw(path)
    raw, notes = with_names(raw, known, columns, where=str(path))
    table = typed(raw, path).reset_index(drop=True) if is_text else raw
    return table.drop(columns=[name for name in table.columns if is_row_number(name)]), notes


def read_raw(path: Path, what: str = "table") -> tuple[pd.DataFrame, bool]:
    """Read a table without giving it types, and say whether its cells are text; those of Parquet are not."""
    raw = read_bytes(path, what)
    if path.suffix == ".parquet" or raw.startswith(b"PAR1"):
        return parquet_table(raw, path), False
    return text_table(raw, path), True


def typed(text: pd.DataFrame, path: Path, *, names: Collection[str] = NAMES) -> pd.DataFrame:
    """Give the columns of a text table their types.

    Parameters
    ----------
    text
        As `read_text_table` gives it.
    path
        The file, for the messages.
    names
        Columns that stay text whatever they hold.

    Returns
    -------
    pandas.DataFrame
        The same rows and index, which is called `LINE`. A column is numbers or yes and no only as a whole.

    Raises
    ------
    InputError
        When a column may hold points between thousands, beside one with decimal commas.
    """
    columns, points, commas = {}, {}, []
    for name in text.columns:
        if name in names:
            columns[name] = text[name]
            continue
        there = ["" if cell in MISSING else cell for cell in text[name]]
        cells = pd.Series(there, index=text.index, dtype=object)
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
                f"times as much, as column {commas[0]!r} writes decimals with a comma.",
                "Write all decimals in one way, and no separators of thousands.",
            )


def is_row_number(name: object) -> bool:
    """Whether a column has no name, as the row numbers that pandas writes."""
    return re.fullmatch(r"Unnamed: \d+|", str(name)) is not None
