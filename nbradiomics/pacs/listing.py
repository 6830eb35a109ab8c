"""Read the list of the series to fetch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.pacs.answers import is_uid
from nbradiomics.pacs.schema import FETCH_LIST


@dataclass(frozen=True)
class ListedSeries:
    """A row of a fetch list.

    Attributes
    ----------
    line
        Line of the file.
    study, series
        UIDs.
    instances
        Number of instances at the query; ``None`` if it is not known.
    server
        Root of the DICOMweb service.
    """

    line: int
    study: str
    series: str
    instances: int | None
    server: str

    @property
    def label(self) -> str:
        """Name in messages and failures: the place in the list, which the user has."""
        return f"line {self.line} of the list"


def read_fetch_list(path: Path) -> list[ListedSeries]:
    """Read a fetch list that `pacs query` wrote, or a part of one.

    Raises
    ------
    InputError
        When it is not such a list, is empty, or names a series twice, or several servers.
    """
    table = FETCH_LIST.read(path)
    counts = table["instances"] if "instances" in table else [None] * len(table)
    columns = (table["study_uid"], table["series_uid"], counts, table["server"])
    rows = [
        ListedSeries(line, study, series, _known(number), server.rstrip("/"))
        for line, (study, series, number, server) in enumerate(zip(*columns, strict=True), start=2)
    ]
    for row in rows:
        if not (is_uid(row.study) and is_uid(row.series)):
            raise InputError(f"{path}, line {row.line}: a UID is missing or wrong.", "Make the list again.")
    if len({row.series for row in rows}) < len(rows):
        raise InputError(f"{path} names a series twice.", "Remove the rows that stand twice.")
    if not rows:
        raise InputError(f"{path} names no series.", "Make a list with other days, patients or modalities.")
    if len({row.server for row in rows}) > 1:
        raise InputError(f"{path} names several servers.", "Make a list for each server by pacs query.")
    return rows


def _known(number: object) -> int | None:
    text = str(number)
    return int(text) if text.isdecimal() else None
