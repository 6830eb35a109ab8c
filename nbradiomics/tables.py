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
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from nbradiomics.errors import AmbiguousError, InputError

if TYPE_CHECKING:
    import pandas as pd

INDEX = ("subject", "timepoint", "sequence", "roi", "reader", "reading", "variant")
AUTO = "auto"
#: Columns of names.
_TEXT = ("subject", "timepoint", "sequence", "roi", "reader", "reference", "variant")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV or Parquet table; the ending tells which. Subjects are text, ``007`` stays ``007``."""
    import pandas as pd

    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist or is no file.", "Check the path of the table.")
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # A converter sees the cell as it is written: a subject `007` or `NA` is neither a number nor missing.
        return pd.read_csv(path, converters=dict.fromkeys(_TEXT, str.strip), float_precision="round_trip")
    except (ValueError, OSError) as error:  # pandas' and Arrow's parser errors are ValueErrors
        raise InputError(f"{path} cannot be read as a table: {error}", "Give CSV or Parquet.") from error


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table as CSV or Parquet, by its ending, so that a reader sees all of it or none."""
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(f"{path} ends in {path.suffix!r}.", "Let the name end in .csv or .parquet.")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid4().hex}-{path.name}")
    try:
        if path.suffix == ".csv":
            table.to_csv(temporary, index=False)
        else:
            table.to_parquet(temporary, index=False)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def feature_columns(table: pd.DataFrame) -> list[str]:
    """Names of the features of a feature table: its numeric columns but for the index columns.

    PyRadiomics' ``diagnostics_...`` columns tell how it ran (image sizes, versions) and are no features.
    """
    numeric = [str(name) for name in table.select_dtypes("number").columns]
    return [name for name in numeric if name not in INDEX and not name.startswith("diagnostics_")]


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
            raise InputError(f"the table has no column {column!r}.", f"Leave out --{column}.")
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
