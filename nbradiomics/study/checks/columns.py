"""The study file's `columns` against the tables that should hold them."""

from __future__ import annotations

from pathlib import Path

from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.study.study import Study
from nbradiomics.tables import read_text_table


def check_columns(study: Study, path: Path) -> list[Problem]:
    """List the columns that a study file names and no table has.

    The column of the subject may stand in the cohort table or in a clinical table, the others in the cohort
    table alone.
    """
    held = {file: _columns(file) for file in dict.fromkeys([study.cohort, *clinical_files(study)])}
    problems = []
    for name, own in study.columns.items():
        files = list(held) if name == "subject" else [study.cohort]
        there = [column for file in files for column in held[file]]
        if own.casefold() not in {column.casefold() for column in there}:
            found = f"no column {own!r} in {' or '.join(file.name for file in files)}."
            remedy = f"{did_you_mean(own, there)}Columns there: {', '.join(dict.fromkeys(there))}."
            problems.append(Problem(str(path), "", f"columns.{name}", "error", found, remedy))
    return problems


def clinical_files(study: Study) -> list[Path]:
    """Clinical tables that a study names."""
    named = [study.readers.clinical, study.outcome.clinical if study.outcome else None]
    return [file for file in named if file is not None]


def _columns(file: Path) -> list[str]:
    try:
        return [str(name) for name in read_text_table(file).columns]
    except InputError:
        return []  # told where the table is read
