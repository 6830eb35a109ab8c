"""Write tables so that a reader sees either the complete table or none."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.files.atomic import whole
from nbradiomics.tables.spreadsheet import guarded_table

#: Rows of a Parquet file that can be read without the others.
ROW_GROUP = 1000


def write_table(table: pd.DataFrame, path: str | Path) -> Path:
    """Write a table as CSV or Parquet by the ending of its name; a reader sees the complete table or none.

    Text that a spreadsheet would run is protected by `spreadsheet.guarded`. The values of a Parquet file have
    checksums, which `read_table` compares.
    """
    path = Path(path)
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(
            f"{path} ends in {path.suffix!r}; .csv or .parquet was expected.",
            "Change the ending of the name.",
        )
    with whole(path) as temporary:
        if path.suffix == ".csv":
            guarded_table(table).to_csv(temporary, index=False)
        else:
            table.to_parquet(temporary, index=False, row_group_size=ROW_GROUP, write_page_checksum=True)
    return path
