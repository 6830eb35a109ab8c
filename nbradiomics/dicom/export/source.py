"""Find the files of source series: of which series a scan was made, and where its files are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nbradiomics.cohort import Cohort, Scan
from nbradiomics.dicom.pseudonyms import Pseudonyms
from nbradiomics.dicom.series.records import Instance
from nbradiomics.dicom.series.tree import read_tree
from nbradiomics.errors import InputError
from nbradiomics.execution.execution import Execution
from nbradiomics.files.regular_file import is_regular
from nbradiomics.messages.wording import counted
from nbradiomics.tables import read_text_table, with_names

#: Kind of the pseudonym of a series, as in the tables of an ingest.
SERIES = "series"
#: Table beside the cohort table that names the series of each scan.
ACQUISITION = "acquisition.csv"
_SCAN = ("subject", "timepoint", "sequence")
_DEFAULTS = {"timepoint": "baseline", "sequence": "unspecified"}


def series_of_scans(cohort: Cohort, table: Path | None) -> dict[Scan, set[str]]:
    """Names of the source series of each scan: pseudonyms of an ingest, or Series Instance UIDs.

    Parameters
    ----------
    cohort
        The cohort; `ACQUISITION` beside its table is used if no other table is given.
    table
        Table with the columns ``subject`` and ``series``, and ``timepoint`` and ``sequence`` if the cohort
        has several; ``None`` for the default.

    Raises
    ------
    InputError
        When there is no table, or it lacks a column.
    """
    path = table or cohort.path.parent / ACQUISITION
    if table is None and not is_regular(path):
        raise InputError(
            f"there is no table {ACQUISITION} beside {cohort.path}, which names the source series of a scan.",
            "Only images that were made from DICOM can be exported. Give the acquisition.csv of their ingest "
            "(option --series), or a table of your own with the columns subject, timepoint, sequence and "
            "series; series is the pseudonym of an ingest, or the Series Instance UID.",
        )
    rows = _read(path)
    found: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in rows.to_dict("records"):
        if row[SERIES]:
            found[tuple(row[name] for name in _SCAN)].add(row[SERIES])
    return {scan: found.get((scan.subject, scan.timepoint, scan.sequence), set()) for scan in cohort.scans()}


def _read(path: Path) -> pd.DataFrame:
    table, _ = with_names(read_text_table(path), (*_SCAN, SERIES), where=str(path))
    missing = [name for name in ("subject", SERIES) if name not in table]
    if missing:
        raise InputError(
            f"{path} has no column {' and no column '.join(missing)}.",
            "Give a table with the columns subject, timepoint, sequence and series.",
        )
    for name, default in _DEFAULTS.items():
        table[name] = table[name].where(table[name] != "", default) if name in table else default
    return table


class FoundSeries(NamedTuple):
    """Instances by the name of their series, and notes on what could not be read."""

    instances: Mapping[str, list[Instance]]
    notes: list[str]


def find_series(
    folder: Path, wanted: Collection[str], pseudonyms: Pseudonyms | None, execution: Execution
) -> FoundSeries:
    """Find the files of series in a folder and all folders in it, whatever the files are called.

    Parameters
    ----------
    folder
        The folder; files that are not DICOM are passed over.
    wanted
        Names of the series: pseudonyms or Series Instance UIDs.
    pseudonyms
        Makes the pseudonym of a series; ``None`` if the series are named by their UIDs.
    execution
        Processes and progress display.
    """
    tree = read_tree(folder, skip=None, execution=execution, digests=False)
    found: dict[str, list[Instance]] = defaultdict(list)
    names: dict[str, str | None] = {}
    for one in tree.instances:
        uid = one.header.series
        if uid not in names:
            both = [uid, pseudonyms.name(SERIES, uid)] if pseudonyms else [uid]
            names[uid] = next((name for name in both if name in wanted), None)
        name = names[uid]
        if name is not None:
            found[name].append(one)
    lost = len(tree.problems)
    # Without their paths, which may name persons.
    notes = [f"{counted(lost, 'file or folder')} of the source could not be read."] if lost else []
    return FoundSeries(found, notes)
