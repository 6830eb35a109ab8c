"""Failures of the run."""

from __future__ import annotations

from nbradiomics.messages.wording import counted
from nbradiomics.report.content import Block, Table, Text
from nbradiomics.report.run_files import Run, rows_of


def failures_blocks(run: Run) -> tuple[Block, ...]:
    """Table of failures with cause and hint; a run without a table of failures had none."""
    if run.failures is None or run.failures.empty:
        return (Text("No stage of this run failed on any case."),)
    columns = ("case", "stage", "cause", "hint")
    rows = tuple(rows_of(run.failures, *columns))
    table = Table(tuple(name.capitalize() for name in columns), rows, text_columns=4)
    text = f"{counted(len(rows), 'failure')}. A failed result is missing from the tables; it is never a zero."
    return (Text(text), table)
