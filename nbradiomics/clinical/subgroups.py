"""Clinical columns that split subjects into groups."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from nbradiomics.clinical.column import ClinicalColumn, Said, read_column
from nbradiomics.clinical.declaration import Declaration
from nbradiomics.clinical.inference import Kind
from nbradiomics.clinical.numbers import answers_only
from nbradiomics.clinical.oddities import says_group
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import raise_errors


def subgroup_columns(
    clinical: pd.DataFrame, names: Iterable[str], declared: Declaration, *, file: str
) -> pd.DataFrame:
    """A clinical table whose columns for subgroups are numbers or categories; all others are as they were.

    Categories have pandas' type for them, so that nobody takes the number of a hospital for an amount.

    Raises
    ------
    InputError
        When a cell cannot be read, or a column holds dates or names of subjects.
    """
    groups = {name: _groups(clinical, name, declared, file) for name in names if name in clinical}
    return clinical.assign(**groups)


def _groups(clinical: pd.DataFrame, name: str, declared: Declaration, file: str) -> pd.Series:
    column, problems = read_column(clinical, name, declared, file=file)
    raise_errors(problems)
    if column.kind in (Kind.DATE, Kind.IDENTIFIER):
        what = "dates" if column.kind is Kind.DATE else "a text of its own for each subject"
        raise InputError(f"{file}: {name} holds {what}; it makes no groups.", "Name another column.")
    if _is_amount(column):
        return column.values.set_axis(clinical.index)
    return pd.Series(pd.Categorical(_names(column)), index=clinical.index)


def _is_amount(column: ClinicalColumn) -> bool:
    named = column.said is Said.INFERRED and says_group(column.name)
    return column.kind is Kind.NUMERIC and not named and not answers_only(column.texts)


def _names(column: ClinicalColumn) -> pd.Series:
    named: pd.Series = column.texts.where(column.texts != "", np.nan)
    return named
