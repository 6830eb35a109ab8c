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
    str, typer.Option(help="Several lesions of a subject: union, largest or roi (one row each).")
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
