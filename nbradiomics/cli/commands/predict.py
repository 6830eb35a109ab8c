"""The commands `predict` and `model-card`: new subjects by the models of a file, and its page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import output, show_json
from nbradiomics.cli.options import Engine, Json, Reading, Roi, SequenceOption, Timepoint, Variant
from nbradiomics.cli.stated import setting, settings_of_options
from nbradiomics.cli.steps import prepare, read_clinical, read_features, split_names


def predict(
    models: Annotated[Path, typer.Argument(help="File of models: model.zip of an outcome.")],
    features: Annotated[Path, typer.Argument(help="Feature table of the new subjects.")],
    out: Annotated[Path, typer.Option(help="Table to write (.csv or .parquet).")],
    clinical: Annotated[
        Path | None, typer.Argument(help="Clinical table, for models with covariates or sites.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Model to use: clinical, volume, radiomic or combined. Default: combined with a clinical "
            "table, else radiomic."
        ),
    ] = None,
    times: Annotated[
        str | None,
        typer.Option(
            help="Points in time of the probabilities, in the unit of the time that the models learned from. "
            "Separated by commas. Default: those at which the models were judged."
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(help="Folder for a picture of each subject: what drove the risk."),
    ] = None,
    reader: Annotated[str | None, setting("tables:RowsOfReader.reader")] = None,
    timepoint: Timepoint = None,
    sequence: SequenceOption = None,
    roi: Roi = None,
    variant: Variant = None,
    engine: Engine = None,
    reading: Reading = None,
    as_json: Json = False,
) -> None:
    """Predict the outcome of new subjects, by the final models of an outcome."""
    options = dict(locals())
    from nbradiomics.clinical import number_or_word
    from nbradiomics.errors import InputError
    from nbradiomics.features.parameters import differences_named
    from nbradiomics.signature import load_models, predict_outcome
    from nbradiomics.tables import RowsOfReader, write_table

    prepare(out, ".csv", ".parquet", inputs=[each for each in (models, features, clinical) if each])
    asked = [number_or_word(time) for time in split_names(times)] if times else []
    words = [time for time in asked if not isinstance(time, float)]
    if words:
        raise InputError(f"--times: {words[0]!r} is no number.", "Write it like --times 365,730.")
    loaded = load_models(models)
    with differences_named(loaded.parameters, features):
        done = predict_outcome(
            loaded,
            read_features(features),
            None if clinical is None else read_clinical(clinical),
            model=model,
            times=[time for time in asked if isinstance(time, float)],
            rows=settings_of_options(RowsOfReader, options),
        )
    write_table(done.table, out)
    lines = [*done.sentences, f"-> {out}"]
    if pictures is not None:
        from nbradiomics.report.prediction_pictures import write_prediction_pictures

        written = write_prediction_pictures(done, pictures)
        lines.append(f"-> {pictures}: {len(written)} pictures")
    if as_json:
        show_json(predictions=done.table, sentences=lines)
        return
    for line in lines:
        output.print(line, markup=False)


def model_card(
    models: Annotated[Path, typer.Argument(help="File of models: model.zip of an outcome.")],
    out: Annotated[
        Path | None, typer.Option(help="HTML file to write. Default: model_card.html beside the file.")
    ] = None,
) -> None:
    """Write the model card of a file of models: purpose, subjects, inputs, scores, coefficients."""
    from nbradiomics.report.model_card import write_model_card

    output.print(f"-> {write_model_card(models, out)}", markup=False)
