"""Options and arguments that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.stated import setting

Json = Annotated[bool, typer.Option("--json", help="Print only JSON, with the same content.")]
Jobs = Annotated[int | None, typer.Option(help="Number of processes; default: all processors.")]
ExecutorName = Annotated[
    str | None,
    typer.Option(
        "--executor",
        help="What computes the cases: local (this machine; the default), dask (a Dask cluster of --jobs "
        "processes on this machine), tcp://HOST:PORT (a Dask scheduler that is already there), or slurm "
        "(jobs of SLURM, described by --cluster).",
    ),
]
ClusterFile = Annotated[
    Path | None,
    typer.Option(
        "--cluster", help="For --executor slurm: YAML file with memory, walltime, number of jobs ..."
    ),
]
Work = Annotated[
    Path | None,
    typer.Option(help="Folder that stores the result of each case; the same command continues from it."),
]
Replace = Annotated[
    bool,
    typer.Option("--replace", help="First remove the results of another study from the folder."),
]


class Purpose(StrEnum):
    """What results are exported for."""

    PAPER = "paper"


Export = Annotated[
    Purpose | None,
    typer.Option(
        help="Also write figures (SVG, PDF, PNG), tables (CSV, LaTeX, HTML) and a methods section for a "
        "paper, into the folder `paper`."
    ),
]
Threads = Annotated[int | None, typer.Option(help="Threads of torch; default: torch decides.")]
ImageThreads = Annotated[int | None, setting("features.settings:ExtractionSettings.threads")]
Models = Annotated[
    Path | None, typer.Option(help="Folder of imported models, if it is not the default folder.")
]
Lesions = Annotated[
    str | None,
    typer.Option(
        help="How to treat several lesions of a subject: union, largest or roi (one row each); for features "
        "also components (one row for each connected part of a mask). Default: union, and roi for labels of "
        "a batch table."
    ),
]
Timepoint = Annotated[str | None, setting("tables:Rows.timepoint")]
SequenceOption = Annotated[str | None, setting("tables:Rows.sequence", "--sequence")]
Roi = Annotated[str | None, setting("tables:Rows.roi")]
Variant = Annotated[str | None, setting("tables:Rows.variant")]
Engine = Annotated[str | None, setting("tables:Rows.engine")]
Reading = Annotated[int | None, setting("tables:Rows.reading")]
FeatureNames = Annotated[
    str | None,
    setting("outcome.settings:Predictors.feature_names", "--features", hint="Separated by commas."),
]
CohortFile = Annotated[Path, typer.Argument(help="Cohort table (CSV), or a PyRadiomics batch table.")]
Tolerance = Annotated[
    float | None, setting("agreement.settings:ComparisonSettings.tolerance_mm", "--tolerance")
]
Background = Annotated[
    float | None, setting("agreement.settings:ComparisonSettings.background_mm", "--background")
]
MinSubjects = Annotated[int | None, setting("reproducibility.settings:StabilitySettings.min_subjects")]
Categorical = Annotated[
    str | None, setting("clinical.declaration:Declaration.categorical", hint="Separated by commas.")
]
Numeric = Annotated[
    str | None, setting("clinical.declaration:Declaration.numeric", hint="Separated by commas.")
]
Ordinal = Annotated[
    list[str] | None,
    setting("clinical.declaration:Declaration.ordinal", hint="Write stage=I,II,III; can be repeated."),
]
Missing = Annotated[
    list[str] | None,
    setting(
        "clinical.declaration:Declaration.missing",
        hint="Write -999,99 for all columns, psa=-9 for one column; can be repeated.",
    ),
]
EventValue = Annotated[
    str | None, setting("clinical.endpoints:Endpoint.event_value", hint="Separated by commas.")
]
ZeroTimes = Annotated[str | None, setting("clinical.endpoints:Endpoint.zero_times")]
