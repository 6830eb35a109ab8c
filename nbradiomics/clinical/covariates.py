"""The covariates of a clinical table, as the outcome models take them."""

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

#: Why columns of these kinds cannot enter a model.
_REFUSED = {
    Kind.DATE: (
        "holds dates, such as {text!r}; a date is no amount that a model can use.",
        "Turn it into an amount: the age at the scan, or the days between two dates.",
    ),
    Kind.IDENTIFIER: (
        "holds a text of its own for each subject, such as {text!r}: it names subjects and groups none.",
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
        Levels as text, missing as nan, indexed by subject.
    columns
        What each covariate was taken for, in the order in which they were asked for.
    warnings
        What may not be meant.
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
    """Read the covariates that were named, and no other column.

    Parameters
    ----------
    clinical
        One row per subject, with a column ``subject``.
    covariates
        Names of its columns.
    taken
        Columns that cannot be covariates: the endpoint.
    declared
        What the user says about the columns.
    file
        Name of the table, for the messages.

    Raises
    ------
    InputError
        When a covariate is no column, is named twice, is the endpoint or the subject, holds dates or names of
        subjects, or has a cell that cannot be read; the message names every such cell.
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
    """Read the covariates, and find everything that forbids to use them and all that may not be meant.

    Raises
    ------
    InputError
        When a covariate is no column, is named twice, is the endpoint or the subject.
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
        raise InputError(f"covariates came as the text {covariates!r}.", "Give a list of column names.")
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
            "Name only what was known before the outcome.",
        )
    if len(set(covariates)) < len(covariates):
        raise InputError(f"a covariate is named twice: {', '.join(covariates)}.", "Name each once.")
