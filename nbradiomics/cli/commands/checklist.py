"""The command `checklist`: a published checklist, answered as far as a run can prove it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from nbradiomics.cli.console import notes, output, show_json
from nbradiomics.cli.options import Json
from nbradiomics.cli.steps import prepare


class Which(StrEnum):
    """The checklists."""

    METRICS = "metrics"
    CLEAR = "clear"
    TRIPOD = "tripod-ai"
    RQS = "rqs-2"


def checklist(
    results: Annotated[Path, typer.Argument(help="Folder of a run or of an outcome, or its evidence.json.")],
    which: Annotated[
        Which,
        typer.Option(
            help="The checklist: metrics, clear (radiomics), tripod-ai (prediction models) or rqs-2."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="Table to write (.csv), and beside it a page (.html) whose table can be pasted into Word. "
            "If the table exists, your own answers in it are kept."
        ),
    ],
    answers: Annotated[
        Path | None,
        typer.Option(
            help="Table with your own answers (columns item and own_answer), instead of those in --out."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Fill in a published checklist by what a run can prove, and keep what you answered yourself."""
    from nbradiomics.evidence.checklists.page import SYNTHETIC, summary_of
    from nbradiomics.evidence.checklists.write import write_checklist
    from nbradiomics.evidence.write import read_evidence

    prepare(out, ".csv", inputs=[results])
    filled = write_checklist(read_evidence(results), which.value, out, answers=answers)
    if filled.synthetic:
        notes.print(SYNTHETIC, markup=False)
    for line in filled.conflicts:
        notes.print(f"Contradiction: {line}", markup=False)
    lines = [f"{filled.checklist.title}: {summary_of(filled)}", f"-> {out}, {out.with_suffix('.html')}"]
    if as_json:
        show_json(checklist=filled.table, score=filled.score, sentences=lines)
        return
    for line in lines:
        output.print(line, markup=False)
