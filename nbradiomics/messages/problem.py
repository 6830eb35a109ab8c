"""A finding of ``nbradiomics check``: where, how bad, what, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from nbradiomics.errors import InputError, NbradiomicsError

#: Problems that one message tells; a long table with one mistake in every row is told by its first rows.
_SHOWN = 20
#: Rows with the same problem that are told one by one, however short the table.
_FEW = 5


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


def told_once(problems: Sequence[Problem], rows: int) -> list[Problem]:
    """Tell a problem of a whole column once: one that most rows of a table share.

    Parameters
    ----------
    problems
        Problems of a table's rows. Those of one column with one remedy are one kind.
    rows
        Rows of the table.

    Returns
    -------
    list of Problem
        A kind that more than half of the rows have, and more than five, is told by its first row with the
        number and the lines of the others; the rest stays as it is.
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
        more = f"{alike[0].problem} The like stands in {len(lines) - 1} more rows (lines {others})."
        merged.append(replace(alike[0], problem=more))
    return sorted(merged, key=lambda problem: int(problem.row or 0))


def _ranges(lines: Sequence[int]) -> str:
    """Line numbers as ranges: ``3-12, 15``; of many ranges the first."""
    ends: list[tuple[int, int]] = []
    for line in lines:
        if ends and line == ends[-1][1] + 1:
            ends[-1] = (ends[-1][0], line)
        else:
            ends.append((line, line))
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ends[:_SHOWN]]
    return ", ".join(shown) + (", ..." if len(ends) > _SHOWN else "")


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
