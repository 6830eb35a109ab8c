"""The commands of `nbradiomics pacs`: query, fetch and store over DICOMweb."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import bars, notes, output
from nbradiomics.cli.stated import StatedCommand, setting, settings_from
from nbradiomics.cli.steps import list_failures, names_in

_QUERY = "pacs.query:SeriesQuery"

pacs_app = typer.Typer(
    name="pacs",
    no_args_is_help=True,
    help="Query, fetch and store images in a PACS over DICOMweb. Name and password are those of the "
    "environment variables NBRADIOMICS_PACS_USER and NBRADIOMICS_PACS_PASSWORD (or NBRADIOMICS_PACS_TOKEN), "
    "of --auth-file, or of the file .netrc in your home folder.",
)

Url = Annotated[
    str, typer.Argument(help="Root of DICOMweb, such as https://pacs.example.org/dicom-web.", metavar="URL")
]
AuthFile = Annotated[
    Path | None,
    typer.Option(help="File with a line: machine HOST login USER password PASSWORD; only you may read it."),
]
CaFile = Annotated[
    Path | None, typer.Option(help="Certificates (PEM) to trust, instead of those of the system.")
]
AllowHttp = Annotated[
    bool,
    typer.Option("--allow-http", help="Send your password without encryption to another machine."),
]
Transfers = Annotated[int, typer.Option("--jobs", help="Number of transfers at the same time.")]


@pacs_app.command(
    cls=StatedCommand,
    epilog="Example: nbradiomics pacs query https://pacs.example.org/dicom-web --from 2020-01-01 "
    "--to 2023-12-31 --modality MR --out list.csv",
)
def query(
    url: Url,
    out: Annotated[Path, typer.Option(help="List of the series (.csv). It holds identifiers of patients.")],
    date_from: Annotated[str | None, setting(f"{_QUERY}.date_from", "--from")] = None,
    date_to: Annotated[str | None, setting(f"{_QUERY}.date_to", "--to")] = None,
    modality: Annotated[str | None, setting(f"{_QUERY}.modality", hint="Separated by commas.")] = None,
    description: Annotated[
        list[str] | None, setting(f"{_QUERY}.description", hint="Can be repeated.")
    ] = None,
    patients: Annotated[Path | None, typer.Option(help="Table with the Patient IDs to search for.")] = None,
    column: Annotated[
        str, typer.Option(help="Column of the Patient IDs; default: patient_id, or the only column.")
    ] = "",
    auth_file: AuthFile = None,
    ca_file: CaFile = None,
    allow_http: AllowHttp = False,
) -> None:
    """List the series that a study needs, and how many instances would be fetched."""
    from nbradiomics.pacs.patients import read_patients
    from nbradiomics.pacs.query import SeriesQuery, query_pacs, require_place_of_list
    from nbradiomics.pacs.server import Server

    server = Server(url, auth_file, ca_file, allow_http)
    require_place_of_list(out)
    chosen = settings_from(
        SeriesQuery,
        date_from=date_from,
        date_to=date_to,
        modality=names_in(modality),
        description=description or None,
    )
    wanted, empty = read_patients(patients, column) if patients else ([], 0)
    if empty:
        notes.print(f"Note: {empty} empty cell(s) among the Patient IDs.", markup=False)
    result = query_pacs(server, chosen, patients=wanted, progress=bars)
    for note in result.notes:
        notes.print(f"Note: {note}", markup=False)
    other = result.write(out)
    table = result.table
    output.print(
        f"{len(table)} series of {result.studies} studies and {table['patient_id'].nunique()} patients, "
        f"{int(table['instances'].sum())} instances -> {out}",
        markup=False,
    )
    if other is not None:
        output.print(f"{len(result.not_found)} of {len(wanted)} patients have no such series -> {other}")
    notes.print("The list holds identifiers of patients; only you can read it. Do not pass it on.")
    if table.empty:
        raise typer.Exit(1)


@pacs_app.command(epilog="Example: nbradiomics pacs fetch list.csv --out dicom")
def fetch(
    fetch_list: Annotated[
        Path, typer.Argument(help="List of pacs query, without the rows that you do not want.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the DICOM files; the same command continues in it.")],
    key: Annotated[
        Path | None, typer.Option(help="Key file of `ingest`: files are named by its pseudonyms.")
    ] = None,
    jobs: Transfers = 4,
    auth_file: AuthFile = None,
    ca_file: CaFile = None,
    allow_http: AllowHttp = False,
) -> None:
    """Fetch the series of a list; what is there and complete is not fetched again."""
    from nbradiomics.pacs.fetch import fetch_from_pacs
    from nbradiomics.pacs.listing import read_fetch_list
    from nbradiomics.pacs.server import Server

    server = Server(read_fetch_list(fetch_list)[0].server, auth_file, ca_file, allow_http)
    notes.print(f"From {server.url}", markup=False)
    result = fetch_from_pacs(fetch_list, out, server=server, key=key, jobs=jobs, progress=bars)
    for note in result.notes:
        notes.print(f"Note: {note}", markup=False)
    output.print(f"{result.sentence}, {len(result.failures)} failure(s) -> {out}", markup=False)
    notes.print("The DICOM files identify patients; only you can open the folder.")
    list_failures(result.failures, out.with_name(f"{out.name}.failures.csv"))
    if result.ended_early or not result.intact:
        raise typer.Exit(1)


@pacs_app.command(epilog="Example: nbradiomics pacs store exported https://pacs.example.org/dicom-web")
def store(
    folder: Annotated[Path, typer.Argument(help="Folder with DICOM files, such as that of export-dicom.")],
    url: Url,
    jobs: Transfers = 2,
    auth_file: AuthFile = None,
    ca_file: CaFile = None,
    allow_http: AllowHttp = False,
) -> None:
    """Store DICOM objects in a PACS; what is there is not sent again."""
    from nbradiomics.pacs.server import Server
    from nbradiomics.pacs.store import store_to_pacs

    server = Server(url, auth_file, ca_file, allow_http)
    result = store_to_pacs(folder, server, jobs=jobs, progress=bars)
    for note in result.notes:
        notes.print(f"Note: {note}", markup=False)
    output.print(f"{result.sentence}, {len(result.failures)} failure(s)", markup=False)
    list_failures(result.failures, folder.with_name(f"{folder.name}.failures.csv"))
    if result.ended_early or not result.stored:
        raise typer.Exit(1)
