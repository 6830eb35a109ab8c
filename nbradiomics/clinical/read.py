"""Reading a clinical table: every cell as the text that stands in it, every column with a name of its own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.tables import read_csv, read_table, read_text_table


def read_clinical_table(path: str | Path) -> pd.DataFrame:
    """Read a clinical table; the cells of a text file stay text, and a Parquet table keeps its types.

    Raises
    ------
    InputError
        When the file cannot be read, or several columns have one name.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist or is no file.", "Check the path of the table.")
    if path.suffix == ".parquet":
        return read_table(path)
    table = read_text_table(path)
    # pandas renames the second of two columns of one name; the header as it is written shows both.
    header = read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False)
    require_single_names(header.iloc[0].map(str.strip) if len(header) else pd.Series(dtype=str), str(path))
    return table


def require_single_names(names: pd.Series | pd.Index, file: str = "the clinical table") -> None:
    """Raise `InputError` where several columns have one name: nobody can tell which is meant."""
    found = pd.Series(list(names), dtype=object).astype(str)
    repeated = list(dict.fromkeys(found[found.duplicated() & (found != "")]))
    if repeated:
        raise InputError(
            f"{file}: several columns are called {', '.join(repeated)}.", "Give each a name of its own."
        )
