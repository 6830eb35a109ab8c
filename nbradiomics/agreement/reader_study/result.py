"""The result of a reader study, and its files."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from nbradiomics.files.atomic import write_text
from nbradiomics.tables import write_table
from nbradiomics.tables.result import Result


@dataclass(frozen=True, repr=False)
class ReadersStudy(Result):
    """Result of `study_readers`. `schemas` documents the columns of the tables.

    Attributes
    ----------
    summary
        Medians of every metric for every group of pairs (`summaries.summary_table`).
    comparison
        Auto-to-reader and reader-to-reader agreement in the same cases (`comparison.comparison_table`).
    comparison_segmented
        The same without the cases in which the model failed; no rows if it never failed.
    tests
        Tests of the primary metric, each with a sentence (`hypotheses.hypotheses_table`).
    bland_altman
        Limits of agreement of the volumes (`volumes.bland_altman_table`).
    detection
        Missed tumours and false alarms (`detection.detection_table`).
    subgroups, subgroup_tests
        The primary metric by subgroup (`subgroups.subgroup_tables`).
    direction
        FPRm and FNR (`direction.direction_table`).
    times, time_saved
        Reading times in minutes (`times.times_table`, `times.time_saved_table`).
    cases
        The cases, worst first (`cases.cases_table`).
    overview
        Settings, counts, verdicts and ``sentences``, ready for JSON.
    """

    summary: pd.DataFrame
    comparison: pd.DataFrame
    comparison_segmented: pd.DataFrame
    tests: pd.DataFrame
    bland_altman: pd.DataFrame
    detection: pd.DataFrame
    subgroups: pd.DataFrame
    subgroup_tests: pd.DataFrame
    direction: pd.DataFrame
    times: pd.DataFrame
    time_saved: pd.DataFrame
    cases: pd.DataFrame
    overview: dict[str, Any]

    @property
    def sentences(self) -> list[str]:
        """The results in English sentences."""
        return list(self.overview["sentences"])

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by their names."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, pd.DataFrame)}

    def write(self, folder: Path) -> None:
        """Write each table as ``NAME.csv`` and the overview as ``summary.json``; create the folder."""
        for name, table in self.tables.items():
            write_table(table, Path(folder) / f"{name}.csv")
        text = json.dumps(self.overview, indent=2, ensure_ascii=False, allow_nan=False)
        write_text(text + "\n", Path(folder) / "summary.json")
