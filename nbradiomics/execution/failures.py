"""Write failures to a table for users, and tracebacks to a log beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from nbradiomics.execution.batch import Failure
from nbradiomics.execution.error_log import installation
from nbradiomics.files.atomic import write_text
from nbradiomics.tables.schema import Column, Schema
from nbradiomics.tables.writing import write_table

FAILURES = Schema(
    name="Failures",
    file="failures.csv",
    row="a failure; for features, a case and a reason",
    columns=(
        Column("case", "text", "name of the case: subject, timepoint, sequence, region, reader, reading"),
        Column("stage", "text", "stage that failed: `segment`, `compare`, `extract` and so on"),
        Column("cause", "text", "what was found and what was expected"),
        Column("hint", "text", "what you can do"),
    ),
    note="A command writes it as `NAME.failures.csv` beside its output. Tracebacks of unexpected errors are "
    "in `failures.log` (`NAME.failures.log`).",
)


def failure_table(failures: Sequence[Failure]) -> pd.DataFrame:
    """Convert failures to the table `FAILURES`."""
    return FAILURES.table((failure.case, failure.stage, failure.cause, failure.hint) for failure in failures)


def write_failures(
    failures: Sequence[Failure],
    path: Path,
    *,
    localised: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table,
) -> list[Failure]:
    """Write the table of failures, and the tracebacks of unexpected errors to a log beside it.

    Parameters
    ----------
    failures
        The failures.
    path
        The table, ``NAME.csv``; the log is ``NAME.log``. A log of an earlier call is removed.
    localised
        Applied to the table before it is written, for example to shorten its paths.

    Returns
    -------
    list of Failure
        As in the table: the hint of a failure with a traceback names the log.
    """
    log = path.with_suffix(".log")
    log.unlink(missing_ok=True)
    logged = [failure for failure in failures if failure.details]
    if logged:
        parts = [f"{one.stage} {one.case}: {one.cause}\n\n{one.details}" for one in logged]
        write_text("\n".join([installation(), *parts]), log)
    where = f"The traceback is in {log.name}."
    located = [replace(one, hint=f"{one.hint} {where}") if one.details else one for one in failures]
    write_table(localised(failure_table(located)), path)
    return located


def remove_failures(path: Path) -> None:
    """Remove the table of failures of an earlier call, and its log."""
    path.unlink(missing_ok=True)
    path.with_suffix(".log").unlink(missing_ok=True)
