"""The command `status`: what is done in a run folder, and what is not."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import output, show_json, show_lines, show_table
from nbradiomics.cli.options import Json

#: Exit code if a run is not complete.
UNFINISHED = 3


def status(
    folder: Annotated[Path, typer.Argument(help="Run folder, also of an unfinished run or of shards.")],
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare the checksums of all input files and stored results."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show what is done, failed, stale or missing in a run folder, and who works there; write nothing.

    Exit code 0 if every stage is done and current, 3 if not, 1 if the folder is not that of a run.
    """
    from nbradiomics.workflows.status import status as status_of

    found = status_of(folder, verify=verify)
    if as_json:
        show_json(**{field.name: getattr(found, field.name) for field in fields(found)})
    else:
        output.print(f"{found.folder}: {found.study}", markup=False)
        for worker in found.running:
            output.print(f"Working now: {worker}", markup=False)
        show_table(found.stages.drop(columns="why"))
        for why, stages in found.stages[found.stages["why"] != ""].groupby("why", sort=False)["stage"]:
            output.print(f"  {', '.join(stages)}: {why}", markup=False)
        causes = found.failures.to_dict("records")
        show_lines([f"{one['cases']} x {one['stage']}: {one['cause']} {one['hint']}" for one in causes])
        show_lines([f"{one['file']}: {one['what']}" for one in found.changed.to_dict("records")])
        show_lines(found.notes)
        output.print("Complete." if found.complete else "Not complete: the command `run` continues it.")
    if not found.complete:
        raise typer.Exit(UNFINISHED)
