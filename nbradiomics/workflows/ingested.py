"""What a report says of an ingested cohort: how its images were acquired, and what became no image."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.tables.cells import read_text_table

#: Name of the entry in the provenance of a run.
INGEST = "ingest"
#: An ingest writes it beside its tables, whose names others may use too.
_MARK = "ingest.provenance.json"
_SCAN = ["subject", "timepoint", "sequence"]
_NAMES = ("units", "site", "vendor", "model", "field_strength", "kvp", "kernel", "contrast")
_NUMBERS = ("te", "tr", "b_value", "spacing_x", "spacing_z")


def ingest_record(cohort_file: Path, cohort: pd.DataFrame) -> dict[str, Any] | None:
    """Describe the ingest that wrote a cohort table; ``None`` if none did.

    Parameters
    ----------
    cohort_file
        The cohort table; the other tables of the ingest are beside it.
    cohort
        Its rows that are used.

    Returns
    -------
    dict
        ``acquisition``: for each sequence the number of images, counts of each name (``vendor`` ...), and
        smallest and largest value of each number (``te`` in ms, ``spacing_z`` in mm ...) with the number of
        images that lack it; ``failures`` and ``not_chosen``: counts by reason; ``without_image``: number of
        subjects of these two tables that have no image in the cohort.
    """
    folder = cohort_file.parent
    if not (folder / _MARK).is_file():
        return None
    scans = cohort[_SCAN].drop_duplicates()
    acquired = scans.merge(_acquisition(folder / "acquisition.csv"), on=_SCAN)
    failures, left = _table(folder / "failures.csv"), _table(folder / "not_chosen.csv")
    lost = {*left.get("subject", ()), *(case.partition("/")[0] for case in failures.get("case", ()))}
    # A case without a subject is named by a word with a blank or by that word alone.
    lost = {name for name in lost if name and " " not in name and name != "files"}
    return {
        "acquisition": [
            {"sequence": name, "images": len(rows), **_described(rows)}
            for name, rows in acquired.groupby("sequence")
        ],
        "failures": _counts(failures.get("cause")),
        "not_chosen": _counts(left.get("reason")),
        "without_image": len(lost - set(scans["subject"])),
    }


def _table(path: Path) -> pd.DataFrame:
    return read_text_table(path) if path.is_file() else pd.DataFrame(columns=_SCAN)


def _acquisition(path: Path) -> pd.DataFrame:
    """The table of the acquisition, without rows if somebody removed its columns."""
    table = _table(path)
    return table if set(_SCAN) <= set(table.columns) else pd.DataFrame(columns=_SCAN)


def _described(rows: pd.DataFrame) -> Mapping[str, Any]:
    names = {name: _counts(rows[name]) for name in _NAMES if name in rows and (rows[name] != "").any()}
    numbers = {
        name: [float(values.min()), float(values.max()), len(rows) - len(values)]
        for name in _NUMBERS
        if name in rows and len(values := pd.to_numeric(rows[name], errors="coerce").dropna())
    }
    return {**names, **numbers}


def _counts(values: pd.Series | None) -> dict[str, int]:
    """Count the values, the most frequent first; an empty one is `not stated`."""
    if values is None:
        return {}
    counts = values.replace("", "not stated").value_counts()
    return {str(name): int(number) for name, number in counts.items()}
