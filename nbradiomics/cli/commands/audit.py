"""The command `audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import output, show_json
from nbradiomics.cli.options import Json

#: Verdicts in the order in which they are shown, with their titles.
_VERDICTS = {"holds": "Holds", "open": "Could not be checked", "broken": "Does not hold"}


def audit(
    results: Annotated[
        Path, typer.Argument(help="Folder of a run or of `outcome`, or its `evidence.json` alone.")
    ],
    as_json: Json = False,
) -> None:
    """Compute the results again as far as the tables allow: what holds? Exit code 1 if something does not."""
    from dataclasses import asdict

    from nbradiomics.workflows.audit.audit import audit as audit_results

    found = audit_results(results)
    by_verdict = {name: [one for one in found.findings if one.verdict == name] for name in _VERDICTS}
    counts = {name: len(several) for name, several in by_verdict.items()}
    if as_json:
        show_json(holds=found.holds, counts=counts, findings=[asdict(one) for one in found.findings])
    else:
        for name, title in _VERDICTS.items():
            if by_verdict[name]:
                output.print(f"{title} ({counts[name]})", markup=False)
            for one in by_verdict[name]:
                where = f"{one.file}: " if one.file else ""
                output.print(f"  {where}{one.text} [{one.check}]", markup=False)
    if not found.holds:
        raise typer.Exit(1)
