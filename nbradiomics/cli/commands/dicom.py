"""The command `ingest`: a folder of DICOM files to images, masks and tables without identifiers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbradiomics.cli.console import failure_line, notes, output, show_lines
from nbradiomics.cli.options import Jobs, Replace, Work
from nbradiomics.cli.steps import execution_of
from nbradiomics.errors import InputError

if TYPE_CHECKING:
    from nbradiomics.dicom.ingest.cohort import Ingested


def ingest(
    folder: Annotated[Path, typer.Argument(help="Folder with DICOM files, in any subfolders.")],
    key: Annotated[
        Path,
        typer.Option(
            help="File with the secret key of the pseudonyms; made if missing. Keep it apart from the "
            "output: who has it can link subjects to patients."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder for images, masks and tables; needed without --list.")
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            help="YAML file: which series become which sequence, names of sites, scanners and regions. "
            "Without it every volume is converted."
        ),
    ] = None,
    list_only: Annotated[
        bool,
        typer.Option(
            "--list",
            help="Only list the series on the terminal, with their descriptions as in the files (free "
            "text, which may name persons). Nothing is written, except a missing key.",
        ),
    ] = False,
    replace: Replace = False,
    jobs: Jobs = None,
    work: Work = None,
) -> None:
    """Convert DICOM to images, masks and tables that name no person."""
    execution = execution_of(jobs, work)
    if list_only:
        _list(folder, key, jobs)
        return
    if out is None:
        raise InputError("--out is missing.", "Name the folder of the output, or list the series by --list.")
    from nbradiomics.dicom.ingest.cohort import ingest as convert

    done = convert(folder, out=out, key=key, rules=rules, replacing=replace, execution=execution)
    _show(done, out)


def _list(folder: Path, key: Path, jobs: int | None) -> None:
    from nbradiomics.dicom.ingest.listing import list_series
    from nbradiomics.dicom.pseudonyms import load_pseudonyms
    from nbradiomics.execution.impersonal import reading_persons

    # Nothing is written: no folder of an output needs to be kept apart from the key.
    pseudonyms = load_pseudonyms(key, key)
    notes.print(
        "Descriptions, protocols, sites, models and paths are shown as in the files: they may name persons. "
        "Do not copy them.",
        markup=False,
    )
    for note in pseudonyms.notes:
        notes.print(f"Note: {note}", markup=False)
    with reading_persons(folder, None, "Check the access rights of its files."):
        lines = list_series(folder, pseudonyms, execution_of(jobs))
    for line in lines:
        output.print(line, markup=False)


def _show(done: Ingested, out: Path) -> None:
    """Print the counts and the failures; exit 1 if there is no image."""
    from nbradiomics.dicom.ingest.advice import advice_on
    from nbradiomics.messages.wording import counted

    for note in done.notes:
        notes.print(f"Note: {note}", markup=False)
    images, subjects = len(done.acquisition), done.acquisition["subject"].nunique()
    noted = int((done.acquisition["note"] != "").sum()) + int((done.masks["note"] != "").sum())
    output.print(
        f"{counted(images, 'image')} of {counted(subjects, 'subject')}, {counted(len(done.masks), 'mask')}, "
        f"{len(done.failures)} failure(s), {counted(len(done.not_chosen), 'volume')} not chosen -> "
        f"{out / 'cohort.csv'}",
        markup=False,
    )
    if noted:
        output.print(f"{noted} images or masks have a note: see acquisition.csv and masks.csv.", markup=False)
    for advice in advice_on(done.cohort.table, done.acquisition):
        output.print(advice, markup=False)
    others = ", ".join(f"{number} {kind}" for kind, number in sorted(done.files.items()))
    if others:
        output.print(f"Other files: {others}.", markup=False)
    show_lines([failure_line(failure) for failure in done.failures])
    if done.failures:
        output.print(f"Failures are listed in {out / 'failures.csv'}", markup=False)
    if not images:
        raise typer.Exit(1)
