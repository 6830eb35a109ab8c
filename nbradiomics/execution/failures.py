"""What could not be done, written down: a table for everyone, a log of tracebacks to report a fault with."""

from __future__ import annotations

import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from nbradiomics.execution.batch import Failure
from nbradiomics.files.atomic import write_text

if TYPE_CHECKING:
    import pandas as pd

#: Where a command that broke off leaves the traceback.
ERROR_LOG = "nbradiomics-error.log"


def failure_table(failures: Sequence[Failure]) -> pd.DataFrame:
    """Failures as a table with the columns case, stage, cause, hint."""
    import pandas as pd

    rows = [(failure.case, failure.stage, failure.cause, failure.hint) for failure in failures]
    return pd.DataFrame(rows, columns=["case", "stage", "cause", "hint"])


def write_failures(
    failures: Sequence[Failure],
    path: Path,
    *,
    localised: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table,
) -> list[Failure]:
    """Write the table of failures, and the tracebacks of those that nobody foresaw to a log beside it.

    Parameters
    ----------
    failures
        What could not be done.
    path
        The table, ``NAME.csv``; the log is ``NAME.log``. A log that an earlier call left is removed.
    localised
        Applied to the table before it is written, to shorten its paths for instance.

    Returns
    -------
    list of Failure
        As the table has them: the hint of a failure with a traceback says in which file it is.
    """
    from nbradiomics.tables import write_table

    log = path.with_suffix(".log")
    log.unlink(missing_ok=True)
    logged = [failure for failure in failures if failure.details]
    if logged:
        parts = [f"{one.stage} {one.case}: {one.cause}\n\n{one.details}" for one in logged]
        write_text("\n".join([_installation(), *parts]), log)
    where = f"The traceback is in {log.name}."
    located = [replace(one, hint=f"{one.hint} {where}") if one.details else one for one in failures]
    write_table(localised(failure_table(located)), path)
    return located


def remove_failures(path: Path) -> None:
    """Remove a table of failures that an earlier call left, and its log."""
    path.unlink(missing_ok=True)
    path.with_suffix(".log").unlink(missing_ok=True)


def write_error_log(details: str) -> Path:
    """Add a traceback to `ERROR_LOG` in the current folder, or the one for temporary files; give its path."""
    text = f"{_installation()}\ncommand: {' '.join(sys.argv)}\n\n{details}\n"
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            with open(folder / ERROR_LOG, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return folder / ERROR_LOG
    raise OSError("no folder can be written to")


def _installation() -> str:
    """When, and on what: the first questions about a fault."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    python = f"Python {platform.python_version()}, {platform.platform()}"
    return f"{when}: nbradiomics {version('nbradiomics')}, {python}\n"
