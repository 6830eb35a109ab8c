"""Check that the tables contain the columns named by the study file's `columns`."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.study.study import Study
from nbradiomics.tables import read_text_table


def check_columns(study: Study, path: Path) -> list[Problem]:
    """List the columns that a study file names but no table has.

    The column of the subject can be in the cohort table or in a clinical table; the other columns must be in
    the cohort table.
    """
    columns = {file: _columns(file) for file in dict.fromkeys([study.cohort, *clinical_files(study)])}
    problems = []
    for name, user_column in study.columns.items():
        files = list(columns) if name == "subject" else [study.cohort]
        present = [column for file in files for column in columns[file]]
        if user_column.casefold() not in {column.casefold() for column in present}:
            found = f"there is no column {user_column!r} in {' or '.join(file.name for file in files)}."
            remedy = f"{did_you_mean(user_column, present)}Its columns: {', '.join(dict.fromkeys(present))}."
            problems.append(Problem(str(path), "", f"columns.{name}", "error", found, remedy))
    return problems


def clinical_files(study: Study) -> list[Path]:
    """Return the clinical tables that a study names."""
    outcome = study.outcome
    named = [study.readers.clinical, outcome.clinical if outcome else None]
    named += [cohort.clinical for cohort in outcome.external] if outcome else []
    return [file for file in named if file is not None]


def _columns(file: Path) -> list[str]:
    try:
        return [str(name) for name in read_text_table(file).columns]
    except InputError:
        return []  # reported where the table is read
