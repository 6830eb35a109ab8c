"""Tables are the interfaces between stages: reading, writing and choosing rows.

Index columns of every per-case table
-------------------------------------
subject
    Identifier of the person, text.
timepoint
    Which scan of the person; ``baseline`` where the cohort table says nothing.
sequence
    Which image of the scan (``T2w``); ``unspecified`` where the cohort table says nothing.
roi
    Which region; ``tumour`` where the cohort table says nothing, ``union`` for several made one.
reader
    Who drew the mask; ``auto`` is the model.
reading
    1, 2, ... of the same reader.
variant
    Which processing or perturbation; ``original`` for none.
engine
    Which engine computed the features, and its version; tables of two engines are not mixed unasked.
in_training
    Of an automatic mask: whether the model was trained on the subject (``yes``, ``no``, empty: not known).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbradiomics.atomic import whole
from nbradiomics.errors import AmbiguousError, InputError

if TYPE_CHECKING:
    import pandas as pd

INDEX = ("subject", "timepoint", "sequence", "roi", "reader", "reading", "variant", "engine", "in_training")
AUTO = "auto"
#: Columns of names.
_TEXT = ("subject", "timepoint", "sequence", "roi", "reader", "reference", "variant", "engine", "in_training")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV or Parquet table; the ending tells which. Subjects are text, ``007`` stays ``007``."""
    import pandas as pd

    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist or is no file.", "Check the path of the table.")
    if path.suffix != ".parquet":
        # A converter sees the cell as it is written: a subject `007` or `NA` is neither number nor missing.
        table = read_csv(path, converters=dict.fromkeys(_TEXT, str.strip), float_precision="round_trip")
        table = table[~_blank(table)].reset_index(drop=True)
        return table.drop(columns=[name for name in table.columns if _is_row_number(name)])
    try:
        return pd.read_parquet(path)
    except (ValueError, OSError) as error:  # Arrow's errors are ValueErrors
        raise InputError(f"{path} cannot be read as a table: {error}", "Give CSV or Parquet.") from error


def read_text(path: Path) -> str:
    """Read a text file in UTF-8; raise `InputError` when it is in another encoding."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except ValueError as error:
        raise InputError(f"{path} is no text in UTF-8: {error}", "Save it in UTF-8.") from error


def read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """Read a CSV file as it is: commas or semicolons, with or without a byte order mark.

    Raises
    ------
    InputError
        When it is no CSV in UTF-8, or rows have more cells than the header.
    """
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            table: pd.DataFrame = pd.read_csv(
                path, sep=_separator(path), encoding="utf-8-sig", index_col=False, **options
            )
        except pd.errors.ParserWarning as error:
            raise InputError(
                f"{path}: rows have more cells than the header.",
                "Remove separators at the end of the rows, or name the columns.",
            ) from error
        except (ValueError, OSError) as error:  # pandas' parser and encoding errors are ValueErrors
            raise InputError(
                f"{path} cannot be read as CSV: {error}.",
                "Save it as CSV in UTF-8, with quotes around cells that hold the separator.",
            ) from error
    return table


def read_text_table(path: Path) -> pd.DataFrame:
    """Read a table with each cell as the text that stands in it, without blanks at the ends.

    Row i stands on line i + 2 of the file; rows of nothing but separators are left out, and the index goes on
    counting lines.
    """
    raw = read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False)
    raw = raw.map(str.strip).rename(columns=lambda name: str(name).strip())
    return raw[(raw != "").any(axis=1)]


def _blank(rows: pd.DataFrame) -> pd.Series:
    """Rows of nothing but separators, as spreadsheets leave them at the end."""
    return (rows.isna() | (rows == "")).all(axis=1)


def _separator(path: Path) -> str:
    # Spreadsheets of many countries write semicolons.
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    return ";" if ";" in header and "," not in header else ","


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table as CSV or Parquet, by its ending, so that a reader sees all of it or none."""
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(f"{path} ends in {path.suffix!r}.", "Let the name end in .csv or .parquet.")
    with whole(path) as temporary:
        if path.suffix == ".csv":
            table.to_csv(temporary, index=False)
        else:
            table.to_parquet(temporary, index=False)
    return path


def feature_columns(table: pd.DataFrame) -> list[str]:
    """Names of the features of a feature table: its numeric columns but for the index columns.

    PyRadiomics' ``diagnostics_...`` columns tell how it ran (image sizes, versions) and are no features, nor
    are row numbers (a column without a name).

    Raises
    ------
    InputError
        When two columns have one name, or a column of numbers holds cells that are none: it would be passed
        over without a word.
    """
    columns = [name for name in table.columns if name not in INDEX and not _is_row_number(name)]
    repeated = sorted({str(name) for name in columns if columns.count(name) > 1})
    if repeated:
        raise InputError(f"several columns are called {', '.join(repeated)}.", "Give each a name of its own.")
    numeric = set(table.select_dtypes("number").columns)
    for name in columns:
        if name not in numeric:
            _refuse_broken_numbers(table[name])
    return [str(name) for name in columns if name in numeric and not str(name).startswith("diagnostics_")]


def _is_row_number(name: object) -> bool:
    return re.fullmatch(r"Unnamed: \d+|", str(name)) is not None


def _refuse_broken_numbers(column: pd.Series) -> None:
    import pandas as pd

    there = column.dropna().astype(str).str.strip()
    broken = there[pd.to_numeric(there.str.replace(",", "."), errors="coerce").isna()]
    if len(there) and 2 * len(broken) < len(there) and not str(column.name).startswith("diagnostics_"):
        found = repr(broken.iloc[0]) if len(broken) else f"{there.iloc[0]!r} (a decimal comma, or text)"
        raise InputError(
            f"column {column.name!r} holds numbers, but also {found}.",
            "Correct the cell or leave it empty; write decimals with a point.",
        )


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
            remedy = f"Leave out --{column}, or give a table that has it."
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
