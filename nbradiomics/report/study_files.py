"""Read the tables of a reader study, the folder ``readers/`` of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.report.table_files import Schema, read_by_schema, read_object

_CASE = ("subject", "timepoint", "sequence", "roi")
_QUARTILES = ("median", "q1", "q3")
_LIMITS = ("low", "high")
_BLAND_ALTMAN = tuple(
    f"{part}_{unit}{end}"
    for unit in ("ml", "percent")
    for part in ("bias", "low", "high")
    for end in ("", "_low", "_high")
)
_COMPARISON = Schema(
    text=("metric",),
    numbers=(
        *("subjects", "cases", "left_out", "auto_readers", "readers_readers"),
        *("difference", *_LIMITS, "p", "p_holm"),
    ),
    more_numbers=("missing", "empty"),
)
#: What each table must hold; further columns stay.
SCHEMAS: Mapping[str, Schema] = {
    "summary": Schema(
        text=("pair", "reader", "reference", "metric"),
        numbers=("n", "undefined", *_QUARTILES, *_LIMITS),
    ),
    "comparison": _COMPARISON,
    "comparison_segmented": _COMPARISON,
    "tests": Schema(
        text=("test", "subject_of_test", "passed", "sentence"),
        numbers=("epsilon", "value", *_LIMITS, "p", "p_adjusted", "n"),
        more_numbers=("reference_value",),
    ),
    "bland_altman": Schema(
        text=("reader", "reference"),
        numbers=("n", "ratio_n", "ratio_left_out", *_BLAND_ALTMAN),
        more_numbers=("sd_ml", "left_out"),
    ),
    "detection": Schema(
        text=("reader", "against", "unit"),
        numbers=("missed", "of", "rate", *_LIMITS),
        more_numbers=("unknown",),
    ),
    "subgroups": Schema(text=("variable", "group", "what"), numbers=("n", *_QUARTILES)),
    "subgroup_tests": Schema(text=("variable", "what", "test", "note"), numbers=("statistic", "p", "p_holm")),
    "direction": Schema(
        text=("reader", "reference", "sentence"),
        numbers=(
            *("n", "left_out", "fprm_median", "fnr_median", "share_outward", "p"),
            *("signed_distance_mm", "volume_difference_ml"),
        ),
    ),
    "times": Schema(text=("reader", "kind"), numbers=("n", *_QUARTILES, "total")),
    "time_saved": Schema(text=("sentence",), numbers=("n", "median", *_LIMITS, "p")),
    "cases": Schema(
        text=(*_CASE, "lowest_pair", "status"),
        numbers=("auto_readers", "readers_readers", "difference", "hd95_mm", "fprm", "fnr"),
    ),
}


@dataclass(frozen=True, eq=False)
class StudyFiles:
    """Tables of a reader study by the name of their file; ``None`` for a file that is not there.

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
        """Whether there is no file at all."""
        return not self.record and all(getattr(self, item.name) is None for item in fields(self)[:-2])


def read_study(run: Path) -> StudyFiles | None:
    """Read what the reader study of a run left; ``None`` without any of its files.

    Raises
    ------
    InputError
        When a file is malformed; the message names it.
    """
    folder = run / "readers"
    tables = {name: read_by_schema(folder / f"{name}.csv", schema) for name, schema in SCHEMAS.items()}
    maps = len(list((run / "distance_maps").rglob("*.nii.gz")))
    found = StudyFiles(**tables, record=read_object(folder / "summary.json"), distance_maps=maps)
    return None if found.empty else found
