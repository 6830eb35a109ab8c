"""Reading a clinical table: every cell as the text that stands in it, every column with a name of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from nbradiomics.tables import NO_COLUMNS, read_raw, require_single_names, with_names


def read_clinical_table(path: str | Path, columns: Mapping[str, str] = NO_COLUMNS) -> pd.DataFrame:
    """Read a clinical table; the cells of a text file stay text, and a Parquet table keeps its types.

    Parameters
    ----------
    path
        File of any kind that `nbradiomics.tables.read_text_table` reads, or Parquet.
    columns
        The table's own column of the subject (``{"subject": "PatientID"}``), where it is called otherwise.

    Raises
    ------
    InputError
        When the file cannot be read, or several columns have one name.

    Examples
    --------
    >>> read_clinical_table("clinical.csv").columns.tolist()
    ['subject', 'os_days', 'os_event', 'age']
    """
    return read_clinical_with_notes(path, columns)[0]


def read_clinical_with_notes(
    path: str | Path, columns: Mapping[str, str] = NO_COLUMNS
) -> tuple[pd.DataFrame, list[str]]:
    """As `read_clinical_table`, with a sentence for each column that was read under another name."""
    path = Path(path)
    table, _ = read_raw(path, "clinical table")
    require_single_names(table.columns, str(path))
    return with_names(table, ["subject"], columns, where=str(path))
