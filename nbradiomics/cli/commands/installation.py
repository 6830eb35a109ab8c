"""The command `doctor`: check the installation."""

from __future__ import annotations

from dataclasses import asdict

import typer

from nbradiomics.cli.console import output, show_json
from nbradiomics.cli.options import Json


def doctor(as_json: Json = False) -> None:
    """Report which parts are installed and work, and how to repair the others."""
    from nbradiomics.doctor import check_installation

    parts = check_installation()
    if as_json:
        show_json(parts=[asdict(part) for part in parts])
    else:
        for part in parts:
            output.print(f"{part.state:8s} {part.name}: {part.detail}", markup=False)
            if part.remedy and part.state != "ok":
                output.print(f"         {part.remedy}", markup=False)
    if any(part.state == "broken" for part in parts):
        raise typer.Exit(1)
