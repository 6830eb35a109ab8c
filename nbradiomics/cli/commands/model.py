"""The commands of `nbradiomics model`: import, check and list segmentation models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import bars, output, show_json, show_table
from nbradiomics.cli.options import Json, Models
from nbradiomics.cli.stated import StatedCommand, setting, settings_from
from nbradiomics.cli.steps import names_in
from nbradiomics.errors import NbradiomicsError

GIB = 1024**3
_DESCRIPTION = "segmentation.importing:ModelDescription"

model_app = typer.Typer(
    name="model",
    no_args_is_help=True,
    help="Import, check and list nnU-Net v2 models. Models are stored in the user's data folder, or in the "
    "folder named by --models or by the environment variable NBRADIOMICS_MODELS.",
)

Inside = Annotated[
    str | None, typer.Option(help="Folder of the model in the source, if the source contains several.")
]
MaxGb = Annotated[float, typer.Option(help="Maximum size of an unpacked zip in GiB.", min=0.001)]


@model_app.command(
    "import",
    cls=StatedCommand,
    epilog="Example: nbradiomics model import Dataset007.zip --tumour core,edema --orientation LPS",
)
def import_(
    source: Annotated[
        Path, typer.Argument(help="Zip made by nnUNetv2_export_model_to_zip, or a model folder.")
    ],
    name: Annotated[str | None, setting(f"{_DESCRIPTION}.name")] = None,
    tumour: Annotated[str | None, setting(f"{_DESCRIPTION}.tumour", hint="Separated by commas.")] = None,
    orientation: Annotated[str | None, setting(f"{_DESCRIPTION}.orientation")] = None,
    inside: Inside = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a model with the same name.")] = False,
    max_gb: MaxGb = 20.0,
    models: Models = None,
) -> None:
    """Copy a trained nnU-Net v2 model into the model folder, without running code from it."""
    from nbradiomics.segmentation.importing import ModelDescription, import_model

    done = import_model(
        source,
        description=settings_from(
            ModelDescription, name=name, tumour=names_in(tumour), orientation=orientation
        ),
        models=models,
        inside=inside,
        replace_existing=replace,
        max_bytes=int(max_gb * GIB),
        progress=bars,
    )
    for note in done.notes:
        output.print(f"Note: {note}", markup=False)
    skipped = f"; {done.left_out} other file(s) of {source} not copied" if done.left_out else ""
    output.print(f"Imported {done.name} -> {done.folder}{skipped}", markup=False)
    output.print(f"To use it: --model {done.name}  (in a study file: model: {done.name})", markup=False)


@model_app.command(epilog="Example: nbradiomics model check synthetic-demo")
def check(
    source: Annotated[str, typer.Argument(help="Name of a model, a model folder, or a zip.")],
    inside: Inside = None,
    max_gb: MaxGb = 20.0,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Describe a model and report whether it is usable; exit code 1 if it is not."""
    from nbradiomics.segmentation.inspection import inspect_model

    try:
        inspection = inspect_model(
            source, models=models, inside=inside, max_bytes=int(max_gb * GIB), progress=bars
        )
    except NbradiomicsError as error:
        output.print(f"{source} is not usable: {error}", markup=False)
        raise typer.Exit(1) from error
    if as_json:
        show_json(facts=dict(inspection.facts), notes=inspection.notes)
        return
    for heading, fact in inspection.facts:
        output.print(f"{heading:14s} {fact}", markup=False)
    for note in inspection.notes:
        output.print(f"Note: {note}", markup=False)
    output.print(f"{source} is usable.", markup=False)


@model_app.command("list", epilog="Example: nbradiomics model list")
def list_(models: Models = None, as_json: Json = False) -> None:
    """List all models, and mark those that are broken."""
    import pandas as pd

    from nbradiomics.segmentation.store import list_models, models_folder

    known = list_models(models)
    rows = [(model.name, model.origin, "broken" if model.problem else "sound") for model in known]
    table = pd.DataFrame(rows, columns=["name", "origin", "state"])
    if as_json:
        problems = {model.name: model.problem for model in known if model.problem}
        show_json(models=table, problems=problems, folder=models_folder(models))
        return
    show_table(table)
    for model in known:
        if model.problem:
            output.print(f"{model.name} is broken: {model.problem}", markup=False)
    output.print(f"Imported models are stored in {models_folder(models)}", markup=False)
