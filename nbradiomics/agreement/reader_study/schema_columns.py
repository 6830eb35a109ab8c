"""Columns that several tables of a reader study have, and reasons for a missing value."""

from __future__ import annotations

from dataclasses import replace

from nbradiomics.agreement.metrics import METRICS
from nbradiomics.agreement.reader_study import names
from nbradiomics.tables.schema import Column

FEW = "too few subjects"
NO_VALUE = "no case has a value"
UNDEFINED = "undefined"


def number(name: str, meaning: str, missing: str, unit: str = "") -> Column:
    """A number; `missing` says what an empty cell means."""
    return Column(name, "number", meaning, unit, missing=missing)


def optional(column: Column) -> Column:
    """A column that is missing in tables of earlier releases."""
    return replace(column, optional=True)


def quartiles(quantity: str, unit: str = "", missing: str = NO_VALUE) -> tuple[Column, ...]:
    """Median and quartiles of a quantity."""
    return (
        number("median", f"median {quantity}", missing, unit),
        number("q1", "lower quartile", missing, unit),
        number("q3", "upper quartile", missing, unit),
    )


def limits(quantity: str, unit: str = "", missing: str = FEW) -> tuple[Column, ...]:
    """Limits of the confidence interval of a quantity."""
    return (
        number("low", f"lower limit of {quantity}", missing, unit),
        number("high", "upper limit", missing, unit),
    )


METRIC_COLUMN = Column("metric", "text", "metric of the agreement table", values=METRICS)
SUBJECTS_COLUMN = optional(Column("subjects", "integer", "subjects with a value"))
SENTENCE_COLUMN = Column("sentence", "text", "the result in words")
WHAT_COLUMN = Column("what", "text", "which agreement", values=(names.AUTO_READERS, names.READERS_READERS))
