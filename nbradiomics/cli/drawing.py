"""Options of the comparison of risks between masks, and its run beside the models of `outcome`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import names_in, read_features
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.cli.models import AskedModels
    from nbradiomics.execution.execution import Execution
    from nbradiomics.outcome import OutcomeResult
    from nbradiomics.outcome.drawing import DrawingSettings

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


class Comparison(NamedTuple):
    """What the options ask for: settings, and features of the folds' masks and of perturbed ones."""

    settings: DrawingSettings
    folds: pd.DataFrame | None
    perturbed: pd.DataFrame | None


def asked_comparison(options: Mapping[str, Any]) -> Comparison | None:
    """Read what the options ask for, before anything is computed; ``None`` without `--drawing`.

    Raises
    ------
    InputError
        When an option means nothing without `--drawing`, a value is invalid, or a table cannot be read.
    """
    from nbradiomics.outcome.drawing import DrawingSettings

    given = [text for name, text in _OPTIONS.items() if options[name] is not None]
    if not options["drawing"]:
        if given:
            raise InputError(
                f"{given[0]} has no meaning without --drawing.", "Add --drawing, or leave it out."
            )
        return None
    settings = settings_from(
        DrawingSettings,
        drawing_readers=names_in(options["drawing_readers"]),
        transfer=options["transfer"],
    )
    files = (options["fold_features"], options["perturbed_features"])
    return Comparison(settings, *(None if file is None else read_features(file) for file in files))


def with_comparison(
    result: OutcomeResult,
    comparison: Comparison,
    tables: tuple[pd.DataFrame, pd.DataFrame],
    asked: AskedModels,
    execution: Execution,
) -> OutcomeResult:
    """Compare the masks as the options ask, and add what was found to the result."""
    from nbradiomics.outcome.drawing import DrawingTables, assess_drawing, with_drawing

    drawing = assess_drawing(
        DrawingTables(*tables, comparison.folds, comparison.perturbed),
        drawing=comparison.settings,
        endpoint=asked.endpoint,
        predictors=asked.predictors,
        rows=asked.rows,
        stable=asked.stable,
        settings=asked.settings,
        execution=execution,
    )
    return with_drawing(result, drawing)
