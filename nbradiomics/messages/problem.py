"""A finding of ``nbradiomics check``: place, severity, problem and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nbradiomics.errors import InputError, NbradiomicsError

#: Problems that one message lists: of a long table with one mistake in every row, only the first rows.
_SHOWN = 20
#: Up to this many rows with the same problem are listed one by one, even if the table is short.
_FEW = 5


@dataclass(frozen=True)
class Problem:
    """One problem of the input.

    Attributes
    ----------
    file
        The table or YAML file that has the problem.
    row
        Line of the file as an editor or a spreadsheet counts it (the header is line 1); empty if the
        problem belongs to no line.
    column
        Column of a table, or key of a YAML file.
    severity
        ``error``: the case cannot be computed. ``warning``: it can, but look at it first.
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
    """Convert an error that belongs to no line into a problem of a file's column or key."""
    return Problem(str(path), "", column, "error", error.problem, error.remedy)


def told_once(problems: Sequence[Problem], rows: int) -> list[Problem]:
    """Merge the problems that most rows of a table share into one problem per column.

    Parameters
    ----------
    problems
        Problems of a table's rows. Those of the same column with the same remedy are one kind.
    rows
        Number of rows of the table.

    Returns
    -------
    list of Problem
        A kind that more than five rows, and more than half of all rows, have becomes one problem: that of
        its first row, with the number and the lines of the others. Other kinds stay unchanged.
    """
    kinds: dict[tuple[str, str, str, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.file, problem.column, problem.severity, problem.remedy), []).append(problem)
    merged = []
    for alike in kinds.values():
        lines = list(dict.fromkeys(problem.row for problem in alike))
        if len(lines) <= _FEW or 2 * len(lines) <= rows:
            merged += alike
            continue
        others = _ranges([int(line) for line in lines[1:]])
        more = f"{alike[0].problem} {len(lines) - 1} more rows (lines {others}) have a similar problem."
        merged.append(replace(alike[0], problem=more))
    return sorted(merged, key=lambda problem: int(problem.row or 0))


def _ranges(lines: Sequence[int]) -> str:
    """Write line numbers as ranges: ``3-12, 15``; of many ranges only the first."""
    ends: list[tuple[int, int]] = []
    for line in lines:
        if ends and line == ends[-1][1] + 1:
            ends[-1] = (ends[-1][0], line)
        else:
            ends.append((line, line))
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ends[:_SHOWN]]
    return ", ".join(shown) + (", ..." if len(ends) > _SHOWN else "")


def errors_in(problems: Iterable[Problem]) -> list[Problem]:
    """The problems that are errors."""
    return [problem for problem in problems if problem.severity == "error"]


def raise_errors(problems: Iterable[Problem]) -> None:
    """Raise one `InputError` that reports the errors among `problems`; do nothing if there are none."""
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
