"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.stated import stated

Json = Annotated[bool, typer.Option("--json", help="Print the same as JSON, and nothing else.")]
Jobs = Annotated[int | None, typer.Option(help="Processes; all processors unless given.")]
Work = Annotated[
    Path | None,
    typer.Option(help="Folder that keeps each case's result; the same command continues from it."),
]
Replace = Annotated[
    bool,
    typer.Option("--replace", help="Remove the results of another study from the folder first."),
]
Threads = Annotated[int | None, typer.Option(help="Threads of torch; its own choice unless given.")]
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
Timepoint = Annotated[str | None, stated("tables:Rows.timepoint")]
SequenceOption = Annotated[str | None, stated("tables:Rows.sequence", "--sequence")]
Roi = Annotated[str | None, stated("tables:Rows.roi")]
Variant = Annotated[str | None, stated("tables:Rows.variant")]
Engine = Annotated[str | None, stated("tables:Rows.engine")]
Reading = Annotated[int | None, stated("tables:Rows.reading")]
FeatureNames = Annotated[
    str | None, stated("outcome.settings:Predictors.feature_names", "--features", hint="With commas.")
]
CohortFile = Annotated[Path, typer.Argument(help="Cohort table (CSV), or a batch table of PyRadiomics.")]
Tolerance = Annotated[
    float | None, stated("agreement.settings:ComparisonSettings.tolerance_mm", "--tolerance")
]
Background = Annotated[
    float | None, stated("agreement.settings:ComparisonSettings.background_mm", "--background")
]
MinSubjects = Annotated[int | None, stated("reproducibility.settings:StabilitySettings.min_subjects")]
Categorical = Annotated[
    str | None, stated("clinical.declaration:Declaration.categorical", hint="With commas.")
]
Numeric = Annotated[str | None, stated("clinical.declaration:Declaration.numeric", hint="With commas.")]
Ordinal = Annotated[
    list[str] | None,
    stated("clinical.declaration:Declaration.ordinal", hint="As stage=I,II,III; may be repeated."),
]
Missing = Annotated[
    list[str] | None,
    stated(
        "clinical.declaration:Declaration.missing",
        hint="As -999,99 for all columns, psa=-9 for one; may be repeated.",
    ),
]
EventValue = Annotated[str | None, stated("clinical.endpoints:Endpoint.event_value", hint="With commas.")]
ZeroTimes = Annotated[str | None, stated("clinical.endpoints:Endpoint.zero_times")]
