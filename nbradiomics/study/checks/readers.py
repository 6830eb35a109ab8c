"""Check the settings of the reader study before masks are compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nbradiomics.agreement.reader_study.agreement_table import require_names
from nbradiomics.agreement.reader_study.subgroups import MOST_VALUES, require_one_row_each
from nbradiomics.clinical import Declaration, read_clinical_table, subgroup_columns
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, problem_of
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import short, tally
from nbradiomics.study.file import read_study
from nbradiomics.study.study import Outcome, Readers, Study
from nbradiomics.tables import NO_COLUMNS

#: Columns of the cohort table that can define subgroups.
_COHORT_COLUMNS = ("site", "timepoint", "sequence", "roi")


@dataclass(frozen=True)
class Groups:
    """A clinical table for subgroups, and sentences that describe how its columns are interpreted."""

    table: pd.DataFrame | None
    sentences: tuple[str, ...]


def read_clinical(
    plan: Readers,
    subjects: Iterable[str],
    outcome: Outcome | None = None,
    columns: Mapping[str, str] = NO_COLUMNS,
) -> Groups:
    """Read the clinical table for the subgroups, if the plan names a table or subgroups.

    Parameters
    ----------
    plan
        Settings of the reader study.
    subjects
        Subjects of the cohort.
    outcome
        The study's section `outcome`. Its clinical table is used if the plan names none, and its
        declarations of columns apply here too.
    columns
        The user's name for the column `subject` of the clinical table, from `columns` of the study file.

    Returns
    -------
    Groups
        The table (``None`` if no clinical table is needed), and how its columns are interpreted.

    Raises
    ------
    InputError
        When the table cannot be read, does not have one row per subject, contains no subject of the cohort,
        lacks a requested column or has an unreadable cell in it; when a table but no subgroup is named; or
        when a declared column does not define subgroups.
    """
    clinical_columns = [name for name in plan.subgroups if name not in _COHORT_COLUMNS]
    if plan.clinical and not plan.subgroups:
        raise InputError(
            f"the clinical table {plan.clinical} is given, but no subgroups.",
            "Name the columns that define subgroups.",
        )
    fallback = outcome.clinical if outcome else None
    file = plan.clinical or (fallback if plan.subgroups else None)
    table = None if file is None else read_clinical_table(file, columns)
    if table is not None and file is not None:
        _require_of_the_cohort(table, file, set(subjects))
    present = [] if table is None else [str(name) for name in table if name != "subject"]
    missing = [name for name in clinical_columns if name not in present]
    if missing:
        or_table = "" if file else " Or name a clinical table."
        guess = did_you_mean(missing[0], [*_COHORT_COLUMNS, *present])
        remedy = f"{guess}Choose from: {', '.join([*_COHORT_COLUMNS, *present])}.{or_table}"
        raise InputError(f"there is no column {missing[0]!r} for subgroups.", remedy)
    groups = [*clinical_columns, *(["site"] if "site" in plan.subgroups and "site" in present else [])]
    _require_used(plan, groups)
    if table is None:
        return Groups(None, ())
    declared = _declared(plan, outcome)
    subgroups = subgroup_columns(table, groups, declared, file=str(file))
    sentences = [_group_sentence(subgroups[name], declared=name in declared.columns) for name in groups]
    return Groups(subgroups, tuple(sentences))


def _declared(plan: Readers, outcome: Outcome | None) -> Declaration:
    """Combine the declarations of the two sections; those of `readers` overrule those of `outcome`."""
    given = outcome or Declaration()
    overruled = set(plan.columns)
    return Declaration(
        categorical=(*plan.categorical, *(name for name in given.categorical if name not in overruled)),
        numeric=(*plan.numeric, *(name for name in given.numeric if name not in overruled)),
        ordinal={
            **{name: levels for name, levels in given.ordinal.items() if name not in overruled},
            **plan.ordinal,
        },
        missing={**given.missing, **plan.missing},
    )


def _require_used(declared: Declaration, groups: Iterable[str]) -> None:
    groups = list(groups)
    for name in declared.columns:
        if name not in groups:
            raise InputError(
                f"{name!r} is declared for the readers, but is not a clinical column that defines subgroups.",
                f"{did_you_mean(name, groups)}Add it to the subgroups, or remove the declaration.",
            )


def _group_sentence(column: pd.Series, *, declared: bool) -> str:
    """Describe how a column is interpreted, with its groups."""
    start = f"Subgroups by {column.name}, {'as declared' if declared else 'as inferred'}:"
    if isinstance(column.dtype, pd.CategoricalDtype) or column.nunique() <= MOST_VALUES:
        return f"{start} {tally(_counts(column))} subjects."
    split = f"{start} numbers from {short(column.min())} to {short(column.max())}, split at the median."
    whole = not declared and bool((column.dropna() % 1 == 0).all())
    return f"{split} If the numbers are codes, declare the column as categorical." if whole else split


def _counts(column: pd.Series) -> Iterator[tuple[str, int]]:
    """Yield each value with its number of subjects, in order."""
    for value, count in column.value_counts().sort_index().items():
        yield (f"{value:g}" if isinstance(value, float) else str(value)), int(count)


def _require_of_the_cohort(table: pd.DataFrame, file: Path, subjects: set[str]) -> None:
    require_one_row_each(table, str(file))
    if subjects and not subjects & set(table["subject"].astype(str)):
        raise InputError(
            f"{file} contains no subject of the cohort.", "Use the same subject names in both tables."
        )


def describe_readers(study_file: Path) -> list[str]:
    """Describe how the subgroup columns of a study are interpreted; empty without subgroups."""
    try:
        study, _ = read_study(study_file)
        if study is None:
            return []
        return list(read_clinical(study.readers, (), study.outcome, study.subject_column).sentences)
    except InputError:  # reported as a problem
        return []


def check_readers(study: Study, table: pd.DataFrame, path: Path) -> list[Problem]:
    """List problems of a study file's section `readers`, and of the reader names in the cohort table."""
    problems = []
    try:
        require_names(table["reader"])
    except InputError as error:
        problems.append(problem_of(error, path, "readers"))
    clinical = study.readers.clinical or (study.outcome.clinical if study.outcome else None)
    if clinical is None or clinical.is_file():  # a missing file is reported by `read_study`
        try:
            read_clinical(study.readers, table["subject"], study.outcome, study.subject_column)
        except InputError as error:
            problems.append(problem_of(error, path, "readers.subgroups"))
    return problems
