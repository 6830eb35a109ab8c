"""The commands of `nbradiomics model`: bring one, look at one, list them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import bars, output, show_json, show_table
from nbradiomics.cli.options import Json, Models
from nbradiomics.cli.stated import StatedCommand, given, stated
from nbradiomics.cli.steps import names_in
from nbradiomics.errors import NbradiomicsError

GIB = 1024**3
_DESCRIPTION = "segmentation.importing:ModelDescription"

model_app = typer.Typer(
    name="model",
    no_args_is_help=True,
    help="Bring nnU-Net v2 models, look at them, list them. They are kept in the user's data folder, or in "
    "that which --models or the environment variable NBRADIOMICS_MODELS names.",
)

Inside = Annotated[
    str | None, typer.Option(help="Which model, where the source holds several: its folder there.")
]
MaxGb = Annotated[float, typer.Option(help="How much a zip may unpack to, in GiB.", min=0.001)]


@model_app.command(
    "import",
    cls=StatedCommand,
    epilog="Example: nbradiomics model import Dataset007.zip --tumour core,edema --orientation LPS",
)
def import_(
    source: Annotated[Path, typer.Argument(help="Zip of nnUNetv2_export_model_to_zip, or model folder.")],
    name: Annotated[str | None, stated(f"{_DESCRIPTION}.name")] = None,
    tumour: Annotated[str | None, stated(f"{_DESCRIPTION}.tumour", hint="With commas.")] = None,
    orientation: Annotated[str | None, stated(f"{_DESCRIPTION}.orientation")] = None,
    inside: Inside = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a model of the same name.")] = False,
    max_gb: MaxGb = 20.0,
    models: Models = None,
) -> None:
    """Copy a trained nnU-Net v2 model into the folder of models; no code in it is run."""
    from nbradiomics.segmentation.importing import ModelDescription, import_model

    done = import_model(
        source,
        description=given(ModelDescription, name=name, tumour=names_in(tumour), orientation=orientation),
        models=models,
        inside=inside,
        replace_existing=replace,
        max_bytes=int(max_gb * GIB),
        progress=bars,
    )
    for note in done.notes:
        output.print(f"Note: {note}", markup=False)
    left = f"; {done.left_out} other file(s) of {source} left out" if done.left_out else ""
    output.print(f"Imported {done.name} -> {done.folder}{left}", markup=False)
    output.print(f"Use it as: --model {done.name}  (in a study file: model: {done.name})", markup=False)


@model_app.command(epilog="Example: nbradiomics model check synthetic-demo")
def check(
    source: Annotated[str, typer.Argument(help="Name of a model, model folder, or zip.")],
    inside: Inside = None,
    max_gb: MaxGb = 20.0,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Say what a model is, and whether it can be used; exit code 1 when it cannot."""
    from nbradiomics.segmentation.inspection import inspect_model

    try:
        found = inspect_model(
            source, models=models, inside=inside, max_bytes=int(max_gb * GIB), progress=bars
        )
    except NbradiomicsError as error:
        output.print(f"{source} is not usable: {error}", markup=False)
        raise typer.Exit(1) from error
    if as_json:
        show_json(facts=dict(found.facts), notes=found.notes)
        return
    for heading, fact in found.facts:
        output.print(f"{heading:14s} {fact}", markup=False)
    for note in found.notes:
        output.print(f"Note: {note}", markup=False)
    output.print(f"{source} is usable.", markup=False)


@model_app.command("list", epilog="Example: nbradiomics model list")
def list_(models: Models = None, as_json: Json = False) -> None:
    """List the models that can be named, and those that are broken."""
    import pandas as pd

    from nbradiomics.segmentation.store import list_models, models_folder

    found = list_models(models)
    rows = [(model.name, model.origin, "broken" if model.problem else "sound") for model in found]
    table = pd.DataFrame(rows, columns=["name", "origin", "state"])
    if as_json:
        problems = {model.name: model.problem for model in found if model.problem}
        show_json(models=table, problems=problems, folder=models_folder(models))
        return
    show_table(table)
    for model in found:
        if model.problem:
            output.print(f"{model.name} is broken: {model.problem}", markup=False)
    output.print(f"Imported models are kept in {models_folder(models)}", markup=False)
