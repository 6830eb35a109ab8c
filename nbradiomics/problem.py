"""A finding of ``nbradiomics check``: where, how bad, what, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nbradiomics.errors import InputError, NbradiomicsError

if TYPE_CHECKING:
    import pandas as pd


#: Problems that one message tells; a long table with one mistake in every row is told by its first rows.
_SHOWN = 20


@dataclass(frozen=True)
class Problem:
    """One problem of the input.

    Attributes
    ----------
    file
        The table or YAML file in which it stands.
    row
        Line of the file as an editor or a spreadsheet counts it (the header is line 1); empty where a
        problem belongs to no line.
    column
        Column of a table, or key of a YAML file.
    severity
        ``error``: the case cannot be computed. ``warning``: it can, but look at it.
    problem
        What was found and what was expected.
    remedy
        What to do.
    """

    file: str
    row: str
    column: str
    severity: Literal["error", "warning"]
    problem: str
    remedy: str


def problem_of(error: NbradiomicsError, path: Path, column: str) -> Problem:
    """An error that belongs to no line, as a problem of a file's column or key."""
    return Problem(str(path), "", column, "error", error.problem, error.remedy)


def problem_table(problems: Iterable[Problem]) -> pd.DataFrame:
    """Problems as a table with the columns file, row, column, severity, problem, remedy."""
    import pandas as pd

    rows = [asdict(problem) for problem in problems]
    return pd.DataFrame(rows, columns=["file", "row", "column", "severity", "problem", "remedy"])


def errors_in(problems: Iterable[Problem]) -> list[Problem]:
    """Those problems that are errors."""
    return [problem for problem in problems if problem.severity == "error"]


def raise_errors(problems: Iterable[Problem]) -> None:
    """Raise one `InputError` that tells all errors among `problems`; do nothing when there is none."""
    errors = errors_in(problems)
    if errors:
        lines = [f"  {_where(error)}: {error.problem} {error.remedy}" for error in errors[:_SHOWN]]
        if len(errors) > _SHOWN:
            lines.append(f"  ... and {len(errors) - _SHOWN} more")
        listed = "\n".join(lines)
        raise InputError(f"{len(errors)} problem(s) in the input:\n{listed}")


def _where(problem: Problem) -> str:
    row = f" line {problem.row}" if problem.row else ""
    column = f", {problem.column}" if problem.column else ""
    return f"{problem.file}{row}{column}"
