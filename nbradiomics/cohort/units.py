"""Units of the voxels of a cohort's images, as far as they are stated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.tables.cells import read_text_table

if TYPE_CHECKING:
    import pandas as pd

#: Files that an ingest writes beside its cohort table.
_INGEST, _ACQUISITION = "ingest.provenance.json", "acquisition.csv"
_SCAN = ["subject", "timepoint", "sequence"]


def stated_units(table: pd.DataFrame, path: Path) -> pd.Series:
    """Unit of each row's image: the column ``unit``, else what an ingest recorded beside the table.

    Parameters
    ----------
    table
        Cohort table.
    path
        Its file; ``acquisition.csv`` beside it is read if an ingest wrote it.

    Returns
    -------
    pandas.Series
        Text, like the rows of the table; empty if the unit is not stated.
    """
    units = table["unit"].astype(str)
    recorded = _recorded(path.parent)
    if not recorded or (units != "").all():
        return units
    scans = table[_SCAN].itertuples(index=False, name=None)
    known = [
        recorded.get((*map(str, scan), str(image)), "")
        for scan, image in zip(scans, table["image"], strict=True)
    ]
    return units.where(units != "", known)


def _recorded(folder: Path) -> dict[tuple[str, ...], str]:
    """Unit by subject, timepoint, sequence and image."""
    file = folder / _ACQUISITION
    if not (folder / _INGEST).is_file() or not file.is_file():
        return {}
    table = read_text_table(file)
    if not {*_SCAN, "image", "units"} <= set(table.columns):
        return {}
    rows = table[[*_SCAN, "image", "units"]].itertuples(index=False, name=None)
    return {(*scan, str((folder / image).absolute())): unit for *scan, image, unit in rows}
