"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Jobs = Annotated[int | None, typer.Option(help="Processes; all processors unless given.", min=1)]
Work = Annotated[
    Path | None,
    typer.Option(help="Folder that keeps each case's result; the same command continues from it."),
]
Replace = Annotated[
    bool,
    typer.Option("--replace", help="Remove the results of another study from the folder first."),
]
Threads = Annotated[int | None, typer.Option(help="Threads of torch; its own choice unless given.", min=1)]
Models = Annotated[
    Path | None, typer.Option(help="Folder of imported models, where it is not the usual one.")
]
Lesions = Annotated[
    str | None,
    typer.Option(
        help="Several lesions of a subject: union, largest or roi (a row each); for features also components "
        "(a row for each connected part of a mask). Unless given union, and roi for labels of a batch table."
    ),
]
Timepoint = Annotated[str | None, typer.Option(help="Which timepoint, where there are several.")]
SequenceOption = Annotated[
    str | None, typer.Option("--sequence", help="Which sequence, where there are several.")
]
Roi = Annotated[str | None, typer.Option(help="Which region, where there are several.")]
Variant = Annotated[str | None, typer.Option(help="Which variant, where there are several.")]
Engine = Annotated[
    str | None, typer.Option(help="Which engine's rows, as the column says it, where there are several.")
]
FeatureNames = Annotated[
    str | None,
    typer.Option(
        "--features",
        help="Names or patterns of the features, with commas (original_shape_*); those with names of "
        "PyRadiomics unless given, and all numeric columns where none has such a name.",
    ),
]
Reading = Annotated[int | None, typer.Option(help="Which reading, where there are several.", min=1)]
CohortFile = Annotated[Path, typer.Argument(help="Cohort table (CSV), or a batch table of PyRadiomics.")]
Background = Annotated[
    float | None,
    typer.Option(
        help="Specificity, kappa and ROC area count the box around both masks with this margin in mm; the "
        "whole image unless given.",
        min=0,
    ),
]
MinSubjects = Annotated[
    int, typer.Option(help="Fewest subjects measured by every reader for a feature to be stable.", min=2)
]
Categorical = Annotated[
    str | None, typer.Option(help="Clinical columns that are categories (sites 1, 2, 3), with commas.")
]
Numeric = Annotated[str | None, typer.Option(help="Clinical columns that are numbers, with commas.")]
Ordinal = Annotated[
    list[str] | None,
    typer.Option(help="Levels of a clinical column, the lowest first: stage=I,II,III. May be repeated."),
]
Missing = Annotated[
    list[str] | None,
    typer.Option(
        help="Codes of missing values: -999,99 in all clinical columns, psa=-9 in one. May be repeated."
    ),
]
EventValue = Annotated[
    str | None, typer.Option(help="Values of the event's column that mean an event, with commas.")
]
ZeroTimes = Annotated[
    str | None,
    typer.Option(
        help="What becomes of a time of 0: drop, or the number that takes its place in the unit of the time."
    ),
]
