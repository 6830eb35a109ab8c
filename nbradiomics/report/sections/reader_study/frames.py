"""Turn the tables of the reader study into tables of text."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nbradiomics.agreement.metrics import METRIC
from nbradiomics.messages.wording import MISSING, share
from nbradiomics.report.content import Table
from nbradiomics.report.metric_text import metric_label
from nbradiomics.report.run_files import Run
from nbradiomics.report.study_files import StudyFiles

Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Column:
    """Heading of a column, and the function that writes its cell for a row."""

    head: str
    cell: Callable[[Row], str]


def table_of(
    frame: pd.DataFrame, columns: Iterable[Column], *, text_columns: int = 1, caption: str = ""
) -> Table:
    """Turn the rows of a frame into a table of text."""
    columns = tuple(columns)
    rows = tuple(tuple(column.cell(row) for column in columns) for row in frame.to_dict("records"))
    return Table(tuple(column.head for column in columns), rows, text_columns, caption)


def words(head: str, name: str) -> Column:
    """Make a column of text; an empty cell is a dash."""
    return Column(head, lambda row: str(row[name]) or MISSING)


def whole(head: str, name: str) -> Column:
    """Make a column of whole numbers; a missing number is a dash."""
    return Column(head, lambda row: count(row[name]))


def count(value: float | None) -> str:
    """Write a whole number; a missing number is a dash."""
    return MISSING if value is None or pd.isna(value) else f"{int(value):,}"


def filled(frame: pd.DataFrame | None) -> pd.DataFrame:
    """Return the table, or an empty one if there is none."""
    return pd.DataFrame() if frame is None else frame


@dataclass(frozen=True)
class StudyRun:
    """A run with a reader study, and its settings.

    Attributes
    ----------
    run, study
        The run and the study's tables.
    metric
        Name of the primary metric.
    margin
        Non-inferiority margin in its unit; ``None`` if the study does not state it.
    level
        Level of the intervals, ``95 %``.
    alpha
        Level of the tests.
    """

    run: Run
    study: StudyFiles
    metric: str
    margin: float | None
    level: str
    alpha: float

    @classmethod
    def of(cls, run: Run, study: StudyFiles) -> StudyRun:
        """Read the settings from the study's record; a missing setting gets its default."""
        settings = study.record.get("settings")
        settings = settings if isinstance(settings, Mapping) else {}
        metric, margin = settings.get("metric"), settings.get("margin")
        confidence, alpha = settings.get("confidence"), settings.get("alpha")
        return cls(
            run,
            study,
            metric if isinstance(metric, str) and metric in METRIC else "dice",
            float(margin) if isinstance(margin, (int, float)) else None,
            share(confidence) if isinstance(confidence, (int, float)) else share(0.95),
            float(alpha) if isinstance(alpha, (int, float)) else 0.05,
        )

    @property
    def label(self) -> str:
        """Label of the primary metric."""
        return METRIC[self.metric].label

    def name(self, metric: str) -> str:
        """Return the label of a metric, with its tolerance or background."""
        rows = self.run.of_lesions
        if rows is None:
            return metric_label(metric)
        known = METRIC.get(metric)
        label = metric_label(metric, rows.get("tolerance_mm"))
        fields = sorted({str(value) for value in rows["field"] if value}) if "field" in rows else []
        if known is None or not known.needs_background or not fields:
            return label
        return f"{label} (background: {', '.join(fields)})"
