"""Options of the comparison of risks between masks, and its run beside the models of `outcome`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import names_in, read_features
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.cli.models import AskedModels
    from nbradiomics.execution.execution import Execution
    from nbradiomics.outcome import OutcomeResult

_DRAWING = "outcome.drawing.settings:DrawingSettings"
AskedDrawing = Annotated[
    bool,
    typer.Option(
        "--drawing",
        help="Also compare the risks of each subject between its masks: those of all readers in the table.",
    ),
]
DrawingReaders = Annotated[
    str | None, setting(f"{_DRAWING}.drawing_readers", "--drawing-readers", hint="Separated by commas.")
]
Transfer = Annotated[bool | None, setting(f"{_DRAWING}.transfer", "--transfer/--no-transfer")]
FoldFeatures = Annotated[
    Path | None,
    typer.Option(help="With --drawing: features of the masks of the model's folds (`drawing/` of a run)."),
]
PerturbedFeatures = Annotated[
    Path | None,
    typer.Option(help="With --drawing: features of perturbed masks (`perturbation/` of a run)."),
]
_OPTIONS = {
    "drawing_readers": "--drawing-readers",
    "transfer": "--transfer",
    "fold_features": "--fold-features",
    "perturbed_features": "--perturbed-features",
}


def check_drawing(options: Mapping[str, Any]) -> None:
    """Refuse options that mean nothing without `--drawing`."""
    given = [text for name, text in _OPTIONS.items() if options[name] is not None]
    if given and not options["drawing"]:
        raise InputError(f"{given[0]} has no meaning without --drawing.", "Add --drawing, or leave it out.")


def with_drawing_of(
    result: OutcomeResult,
    options: Mapping[str, Any],
    tables: tuple[pd.DataFrame, pd.DataFrame],
    asked: AskedModels,
    execution: Execution,
) -> OutcomeResult:
    """Compare the masks as the options ask, and add what was found to the result."""
    from nbradiomics.outcome.drawing import DrawingSettings, DrawingTables, assess_drawing, with_drawing

    files = (options["fold_features"], options["perturbed_features"])
    further = [None if file is None else read_features(file) for file in files]
    drawing = assess_drawing(
        DrawingTables(*tables, *further),
        drawing=settings_from(
            DrawingSettings,
            drawing_readers=names_in(options["drawing_readers"]),
            transfer=options["transfer"],
        ),
        endpoint=asked.endpoint,
        predictors=asked.predictors,
        rows=asked.rows,
        stable=asked.stable,
        settings=asked.settings,
        execution=execution,
    )
    return with_drawing(result, drawing)
