"""Read the patients to search for from a column of a table."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.tables.typed import read_raw
from nbradiomics.tables.workbook import cell_text

_COLUMN = "patient_id"


def read_patients(path: Path, column: str = "") -> tuple[list[str], int]:
    """Read Patient IDs, as written (``007`` stays ``007``).

    Parameters
    ----------
    path
        A table in any format that the other commands read.
    column
        Its column with the Patient IDs; by default ``patient_id``, or the only column.

    Returns
    -------
    tuple
        The Patient IDs, each once; number of empty cells.

    Raises
    ------
    InputError
        When the table cannot be read, lacks the column, or has no Patient ID.
    """
    table, _ = read_raw(path)
    names = [str(name) for name in table.columns]
    chosen = column or (names[0] if len(names) == 1 else _COLUMN)
    if chosen not in names:
        raise InputError(f"{path} has no column {chosen}.", "Name the column of the Patient IDs (--column).")
    cells = [cell_text(cell).strip() for cell in table[chosen]]
    patients = list(dict.fromkeys(cell for cell in cells if cell))
    if not patients:
        raise InputError(f"The column {chosen} of {path} is empty.", "Give a table with Patient IDs.")
    return patients, cells.count("")
