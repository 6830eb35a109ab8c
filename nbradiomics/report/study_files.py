"""Read the tables of a reader study, the folder ``readers/`` of a run."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.agreement.reader_study.schemas import TABLES
from nbradiomics.report.record_files import read_object


@dataclass(frozen=True, eq=False)
class StudyFiles:
    """Tables of a reader study, named like their files; ``None`` for a missing file.

    Attributes
    ----------
    record
        ``summary.json``: settings, counts and sentences.
    distance_maps
        Number of files in the folder ``distance_maps/``.
    """

    summary: pd.DataFrame | None = None
    comparison: pd.DataFrame | None = None
    comparison_segmented: pd.DataFrame | None = None
    tests: pd.DataFrame | None = None
    bland_altman: pd.DataFrame | None = None
    detection: pd.DataFrame | None = None
    subgroups: pd.DataFrame | None = None
    subgroup_tests: pd.DataFrame | None = None
    direction: pd.DataFrame | None = None
    times: pd.DataFrame | None = None
    time_saved: pd.DataFrame | None = None
    cases: pd.DataFrame | None = None
    record: dict[str, Any] = field(default_factory=dict)
    distance_maps: int = 0

    @property
    def empty(self) -> bool:
        """Whether all files are missing."""
        return not self.record and all(getattr(self, item.name) is None for item in fields(self)[:-2])


def read_study(run: Path) -> StudyFiles | None:
    """Read the files of the reader study of a run; return ``None`` if there are none.

    Raises
    ------
    InputError
        When a file is malformed; the message names it.
    """
    tables = {name: schema.read_if_there(run / schema.file) for name, schema in TABLES.items()}
    maps = len(list((run / "distance_maps").rglob("*.nii.gz")))
    study = StudyFiles(**tables, record=read_object(run / "readers" / "summary.json"), distance_maps=maps)
    return None if study.empty else study
