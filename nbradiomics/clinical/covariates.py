"""Read the covariates of a clinical table for the outcome models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nbradiomics.clinical.column import ClinicalColumn, Said, read_column
from nbradiomics.clinical.declaration import Declaration, choose
from nbradiomics.clinical.inference import Kind
from nbradiomics.clinical.levels import too_many_levels
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, raise_errors

#: Why columns of these kinds cannot be used in a model.
_REFUSED = {
    Kind.DATE: (
        "has dates, such as {text!r}, which a model cannot use.",
        "Convert them to numbers: the age at the scan, or the days between two dates.",
    ),
    Kind.IDENTIFIER: (
        "has a different text for each subject, such as {text!r}: it names subjects and forms no groups.",
        "Leave it out, or merge its texts into levels.",
    ),
}


@dataclass(frozen=True)
class Covariates:
    """Covariates of all subjects of a clinical table.

    Attributes
    ----------
    numeric
        Numbers and ordered levels (0, 1, 2, ...), float64, indexed by subject.
    categorical
        Levels as text, NaN if missing, indexed by subject.
    columns
        The covariates with their kinds, in the requested order.
    warnings
        Warnings about values that may be unintended.
    """

    numeric: pd.DataFrame
    categorical: pd.DataFrame
    columns: tuple[ClinicalColumn, ...]
    warnings: tuple[Problem, ...]


def read_covariates(
    clinical: pd.DataFrame,
    covariates: Sequence[str],
    *,
    taken: Sequence[str],
    declared: Declaration = Declaration(),  # noqa: B008 - frozen
    file: str = "clinical table",
) -> Covariates:
    """Read the named covariates, and no other column.

    Parameters
    ----------
    clinical
        One row per subject, with a column ``subject``.
    covariates
        Names of its columns.
    taken
        Columns that cannot be covariates: the endpoint.
    declared
        The user's declarations about the columns.
    file
        Name of the table in messages.

    Raises
    ------
    InputError
        When a covariate is not a column, is named twice, is the endpoint or the subject, has dates or names
        of subjects, or has a cell that cannot be read; the message names every such cell.
    """
    columns, problems = covariate_columns(clinical, covariates, taken=taken, declared=declared, file=file)
    raise_errors(problems)
    subjects = pd.Index(clinical["subject"].astype(str), name="subject")
    numeric = {each.name: each.values for each in columns if each.kind is not Kind.CATEGORICAL}
    categorical = {each.name: each.values for each in columns if each.kind is Kind.CATEGORICAL}
    return Covariates(
        numeric=pd.DataFrame(numeric, index=range(len(subjects)), dtype="float64").set_axis(subjects),
        categorical=pd.DataFrame(categorical, index=range(len(subjects)), dtype=object).set_axis(subjects),
        columns=tuple(columns),
        warnings=tuple(problems),
    )


def covariate_columns(
    clinical: pd.DataFrame,
    covariates: Sequence[str],
    *,
    taken: Sequence[str],
    declared: Declaration,
    file: str,
) -> tuple[list[ClinicalColumn], list[Problem]]:
    """Read the covariates, and find all errors and warnings about them.

    Raises
    ------
    InputError
        When a covariate is not a column, is named twice, or is the endpoint or the subject.
    """
    _check_names(clinical, covariates, taken)
    columns: list[ClinicalColumn] = []
    problems: list[Problem] = []
    for name in covariates:
        column, found = read_column(clinical, name, declared, file=file)
        columns.append(column)
        problems += found
        if column.kind is Kind.CATEGORICAL and column.said is Said.INFERRED:
            problems += too_many_levels(name, column.values, file=file)
        if column.kind in _REFUSED and not found:
            why, remedy = _REFUSED[column.kind]
            text = column.texts[column.texts != ""].iloc[0]
            problems.append(Problem(file, "", name, "error", f"{name} {why.format(text=text)}", remedy))
    return columns, problems


def _check_names(clinical: pd.DataFrame, covariates: Sequence[str], taken: Sequence[str]) -> None:
    if isinstance(covariates, str):
        raise InputError(
            f"covariates is the text {covariates!r}; a list was expected.", "Give a list of column names."
        )
    unknown = [name for name in covariates if name not in clinical]
    if unknown:
        raise InputError(
            f"the clinical table has no column {', '.join(map(repr, unknown))}.",
            choose(unknown[0], [str(name) for name in clinical.columns]),
        )
    refused = [name for name in covariates if name in (*taken, "subject")]
    if refused:
        raise InputError(
            f"{', '.join(refused)} cannot be a covariate: it is the outcome or the subject.",
            "Name only columns that were known before the outcome.",
        )
    if len(set(covariates)) < len(covariates):
        raise InputError(f"a covariate is named twice: {', '.join(covariates)}.", "Name each covariate once.")
