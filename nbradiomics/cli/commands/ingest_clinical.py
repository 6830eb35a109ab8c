"""The command `ingest-clinical`: a hospital's clinical table for an ingested cohort."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import notes, output
from nbradiomics.cli.steps import prepare, split_names


def ingest_clinical(
    table: Annotated[
        Path, typer.Argument(help="Table of the hospital with one row per patient (.csv, .xlsx ...).")
    ],
    patients: Annotated[
        str, typer.Option(help="Its column with the Patient IDs, written as in the DICOM files.")
    ],
    key: Annotated[Path, typer.Option(help="Key file of the ingest.")],
    cohort: Annotated[Path, typer.Option(help="Cohort table of the ingest.")],
    out: Annotated[Path, typer.Option(help="Clinical table to write (.csv, .parquet).")],
    keep: Annotated[
        str | None, typer.Option(help="Columns to keep, separated by commas. All others are left out.")
    ] = None,
    acquisition: Annotated[
        str | None,
        typer.Option(
            help="Columns of acquisition.csv, beside the cohort table, to add: site, vendor, "
            "field_strength ... Separated by commas."
        ),
    ] = None,
) -> None:
    """Replace the Patient IDs of a clinical table by the subjects of an ingested cohort."""
    from nbradiomics.dicom.ingest.clinical import ingest_clinical as convert
    from nbradiomics.tables import write_table

    prepare(out, ".csv", ".parquet", inputs=[table, cohort, key])
    done = convert(
        table,
        patients=patients,
        keep=split_names(keep),
        key=key,
        cohort=cohort,
        acquisition=split_names(acquisition),
    )
    write_table(done.table, out)
    if done.left_out:
        notes.print(f"Left out: {', '.join(done.left_out)}.", markup=False)
    missing = len(done.without_row)
    output.print(
        f"{len(done.table)} patients, {len(done.table) - done.without_image} with images, "
        f"{done.without_image} without -> {out}",
        markup=False,
    )
    if missing:
        shown = ", ".join(done.without_row[:5]) + (" ..." if missing > 5 else "")
        who = "1 subject of the cohort has" if missing == 1 else f"{missing} subjects of the cohort have"
        output.print(f"{who} no row: {shown}", markup=False)
