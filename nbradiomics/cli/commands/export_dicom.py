"""The command `export-dicom`: write masks, features and risks as DICOM objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.console import notes, output
from nbradiomics.cli.folders import working_on_export
from nbradiomics.cli.options import Engine, Jobs, Replace
from nbradiomics.cli.stated import setting, settings_from
from nbradiomics.cli.steps import execution_of, finish, prepare, read_cohort

if TYPE_CHECKING:
    from nbradiomics.dicom.export.cohort import DicomExport
_SETTINGS = "dicom.export.settings:ExportSettings"
_NOTE = (
    "The objects hold name, identifiers and dates of their patients, as their sources do, so that the "
    "archive files them there: keep the folder as safe as the source."
)


def export_dicom(
    cohort: Annotated[
        Path, typer.Argument(help="Cohort table (CSV) with masks, or the folder of a run.", metavar="COHORT")
    ],
    source: Annotated[Path, typer.Option(help="Folder of the source DICOM files, in any structure.")],
    out: Annotated[Path, typer.Option(help="New folder for the objects and their table `exports.csv`.")],
    key: Annotated[
        Path | None, typer.Option(help="Key file of the ingest, if the series are named by pseudonyms.")
    ] = None,
    series: Annotated[
        Path | None,
        typer.Option(
            help="Table with the columns subject, timepoint, sequence and series (pseudonym or Series "
            "Instance UID); default: acquisition.csv beside the cohort table."
        ),
    ] = None,
    features: Annotated[
        Path | None,
        typer.Option(help="Feature table; default: that of the run. Without features, masks alone."),
    ] = None,
    params: Annotated[
        str | None,
        typer.Option(
            help="Parameter file or preset of the features; its hash is recorded. Default: of the run."
        ),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="Out-of-fold risks to report: outcome/NAME/predictions.csv of a run."),
    ] = None,
    label: Annotated[int, typer.Option(help="Label of masks for which the cohort table names none.")] = 1,
    finding: Annotated[str | None, setting(f"{_SETTINGS}.finding")] = None,
    organ: Annotated[str | None, setting(f"{_SETTINGS}.organ")] = None,
    algorithm: Annotated[str | None, setting(f"{_SETTINGS}.algorithm")] = None,
    algorithm_version: Annotated[str | None, setting(f"{_SETTINGS}.algorithm_version")] = None,
    processed: Annotated[bool | None, setting(f"{_SETTINGS}.processed", "--processed")] = None,
    engine: Engine = None,
    replace: Replace = False,
    jobs: Jobs = None,
) -> None:
    """Write masks as DICOM SEG, and features and risks as DICOM SR, that refer to the source series."""
    from nbradiomics.dicom.export.cohort import ExportTables, export_dicom as export, remove_others
    from nbradiomics.dicom.export.settings import ExportSettings
    from nbradiomics.execution.workspace import result_key

    run = cohort if cohort.is_dir() else None
    cohort_file = cohort / "cohort.csv" if run else cohort
    feature_file = features if features is not None or run is None else _if_there(run / "features.parquet")
    settings = settings_from(
        ExportSettings,
        finding=finding,
        organ=organ,
        algorithm=algorithm,
        algorithm_version=algorithm_version,
        processed=processed,
        engine=engine,
    )
    loaded, execution = read_cohort(cohort_file), execution_of(jobs)
    prepare(out / "exports.csv", ".csv", inputs=[cohort_file])
    parameters = None if params is None else _text_of(params)
    tables = ExportTables(series, feature_file, parameters, predictions)
    notes.print(_NOTE, markup=False)
    work = result_key(
        "export", out=str(out.resolve()), cohort=str(loaded.path), settings=settings.model_dump()
    )
    with working_on_export(loaded, out, work, replacing=replace):
        done = export(
            loaded,
            source=source,
            out=out,
            key=key,
            label=label,
            tables=tables,
            settings=settings,
            execution=execution,
        )
        remove_others(done.table, out)
        _write(done, out, [cohort_file, feature_file, predictions, series], settings.model_dump())
        _finish(done, out)


def _if_there(file: Path) -> Path | None:
    return file if file.is_file() else None


def _text_of(params: str) -> str:
    from nbradiomics.features.parameters import load_parameters

    return load_parameters(params).text


def _write(done: DicomExport, out: Path, inputs: list[Path | None], settings: dict[str, object]) -> None:
    from nbradiomics.execution.provenance import write_provenance
    from nbradiomics.tables import write_table

    write_table(done.table, out / "exports.csv")
    files = [path for path in inputs if path is not None]
    write_provenance(out / "exports.provenance.json", inputs=files, export=settings)


def _finish(done: DicomExport, out: Path) -> None:
    """Show what was written and what is missing."""
    table = done.table
    for note in done.notes:
        notes.print(note, markup=False)
    emptied = sorted({name for cell in table["emptied"] for name in str(cell).split()})
    if emptied:
        output.print(
            f"Left empty, because the values of the source are not allowed in DICOM: {', '.join(emptied)}.",
            markup=False,
        )
    counts = (
        f"{len(table)} segmentations, {int((table['sr'] != '').sum())} reports with "
        f"{table['features'].sum()} features ({table['missing_features'].sum()} missing, left out) and "
        f"{table['risks'].sum()} out-of-fold predictions; "
    )
    rows = len(table) + len(done.failures)
    finish(done.failures, rows, out / "exports.csv", counts, complete=len(table) > 0)
