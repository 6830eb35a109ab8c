"""The tables of the subjects: baseline, and who is not analysed."""

from __future__ import annotations

from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.shared_columns import SUBJECT

_VARIABLE = Column("variable", "text", "`subjects`, a covariate, or the column of the volume")
_LEVEL = Column(
    "level",
    "text",
    "level of a category, or 1 of a column of 0 and 1",
    missing="the variable is another number",
)
_CELL = "median (quartiles) of a number; count (share of the known values) of a level"

BASELINE = Schema(
    name="Baseline",
    file="outcome/ENDPOINT/baseline.csv",
    row="a covariate or the volume, or a level of a category; the first row counts the subjects",
    columns=(
        _VARIABLE,
        _LEVEL,
        Column("all", "text", f"all subjects: {_CELL}", missing="no value is known"),
        Column("with_event", "text", "the same of subjects with the event", missing="no value is known"),
        Column("without_event", "text", "the same of the others", missing="no value is known"),
        Column(
            "competing_event",
            "text",
            "the same of subjects with a competing event",
            missing="no value is known, or the endpoint has no competing events",
            optional=True,
        ),
        Column("missing", "integer", "subjects without a value"),
    ),
    key=("variable", "level"),
    left_out=("competing_event",),
)

CLASS_BASELINE = Schema(
    name="Baseline by class",
    file="outcome/ENDPOINT/class_baseline.csv",
    row="a covariate or the volume, or a level of a category, in a class; the first rows count the subjects",
    columns=(
        _VARIABLE,
        _LEVEL,
        Column("class", "text", "a class of the target", missing="all subjects"),
        Column("value", "text", _CELL, missing="no value is known"),
        Column("missing", "integer", "subjects of the class without a value"),
    ),
    key=("variable", "level", "class"),
    note="Instead of the baseline, for a target.",
)

EXCLUDED = Schema(
    name="Excluded subjects",
    file="outcome/ENDPOINT/excluded.csv",
    row="a subject that is not analysed",
    columns=(SUBJECT, Column("reason", "text", "reasons, separated by semicolons")),
    key=("subject",),
)
