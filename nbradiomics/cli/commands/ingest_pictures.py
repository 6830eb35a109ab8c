"""The command `ingest-pictures`: PNG, JPEG, TIFF and BMP files to images and masks of one slice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.console import output
from nbradiomics.cli.folders import renewed, working_on_images
from nbradiomics.cli.options import CohortFile, Jobs, Replace, Work
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import execution_of, finish, prepare, read_cohort, show_made_again

if TYPE_CHECKING:
    import pandas as pd

    from nbradiomics.pictures.cohort import IngestedPictures
_SETTINGS = "pictures.settings:PictureSettings"


def ingest_pictures(
    cohort: CohortFile,
    out: Annotated[Path, typer.Option(help="Folder for images, masks, cohort.csv and pictures.csv.")],
    pixel_spacing: Annotated[str | None, setting(f"{_SETTINGS}.pixel_spacing")] = None,
    rgb: Annotated[str | None, setting(f"{_SETTINGS}.rgb")] = None,
    slice_spacing: Annotated[float | None, setting(f"{_SETTINGS}.slice_spacing")] = None,
    mask_threshold: Annotated[float | None, setting(f"{_SETTINGS}.mask_threshold")] = None,
    replace: Replace = False,
    jobs: Jobs = None,
    work: Work = None,
) -> None:
    """Convert pictures (PNG, JPEG, TIFF, BMP) to images of one slice."""
    from nbradiomics.execution.workspace import result_key
    from nbradiomics.pictures.cohort import ingest_pictures as convert, is_picture_file
    from nbradiomics.pictures.settings import PictureSettings

    settings = settings_from(
        PictureSettings,
        pixel_spacing=pixel_spacing,
        rgb=rgb,
        slice_spacing=slice_spacing,
        mask_threshold=mask_threshold,
    )
    execution = execution_of(jobs, work)
    table_file = out / "cohort.csv"
    loaded = read_cohort(cohort)
    prepare(table_file, ".csv", inputs=[cohort])
    key = result_key("ingest-pictures", asked=[settings.model_dump(mode="json"), str(loaded.path)])
    claimed = working_on_images("pictures", loaded, out, key, is_picture_file, replacing=replace)
    with claimed, renewed([table_file, out / "pictures.csv"]):
        done = convert(loaded, out=out, settings=settings, execution=execution)
        _write(done, out, loaded.files(), settings.model_dump(mode="json"))
        show_made_again(execution.workspace)
        _show_notes(done.table)
        finish(
            done.failures,
            len(done.table),
            table_file,
            what="converted picture(s)",
            complete=bool((done.table["role"] == "image").any() or len(done.table)),
        )


def _write(done: IngestedPictures, out: Path, inputs: list[Path], settings: dict[str, object]) -> None:
    from nbradiomics.cohort.unnamed_files import remove_unnamed
    from nbradiomics.execution.provenance import provenance_file, write_provenance
    from nbradiomics.pictures.cohort import is_picture_file
    from nbradiomics.tables import write_table

    remove_unnamed(done.cohort, out, is_picture_file)
    write_table(done.table, out / "pictures.csv")
    write_provenance(provenance_file(done.cohort.path), inputs=inputs, pictures=settings)
    done.cohort.write(out / "cohort.csv")


def _show_notes(table: pd.DataFrame) -> None:
    """Print each note once, with the number of pictures that have it."""
    notes = table.loc[table["note"].fillna("") != "", "note"].str.split("; ").explode()
    for note, count in notes.value_counts(sort=False).items():
        output.print(f"{count} picture(s): {note}.", markup=False)
