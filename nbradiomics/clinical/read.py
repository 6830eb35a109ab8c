"""Read clinical tables, with every cell as text and different names for all columns."""

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
        File in any format that `nbradiomics.tables.read_text_table` reads.
    columns
        The table's column of the subject (``{"subject": "PatientID"}``), if it has another name.

    Raises
    ------
    InputError
        When the file cannot be read, or several columns have the same name.

    Examples
    --------
    >>> read_clinical_table("clinical.csv").columns.tolist()
    ['subject', 'os_days', 'os_event', 'age']
    """
    return read_clinical_with_notes(path, columns)[0]


def read_clinical_with_notes(
    path: str | Path, columns: Mapping[str, str] = NO_COLUMNS
) -> tuple[pd.DataFrame, list[str]]:
    """Read a clinical table, and describe each column that was read under another name in a sentence."""
    path = Path(path)
    table, _ = read_raw(path, "clinical table")
    require_single_names(table.columns, str(path))
    return with_names(table, ["subject"], columns, where=str(path))
