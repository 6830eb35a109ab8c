"""Prepare clinical columns that split subjects into groups."""

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
    """Convert the columns for subgroups to numbers or categories; other columns are unchanged.

    Categories get pandas' categorical type, so that the number of a hospital is not used as an amount.

    Raises
    ------
    InputError
        When a cell cannot be read, or a column has dates or names of subjects.
    """
    groups = {name: _groups(clinical, name, declared, file) for name in names if name in clinical}
    return clinical.assign(**groups)


def _groups(clinical: pd.DataFrame, name: str, declared: Declaration, file: str) -> pd.Series:
    column, problems = read_column(clinical, name, declared, file=file)
    raise_errors(problems)
    if column.kind in (Kind.DATE, Kind.IDENTIFIER):
        content = "dates" if column.kind is Kind.DATE else "a different text for each subject"
        raise InputError(f"{file}: {name} has {content}, which form no groups.", "Name another column.")
    if _is_amount(column):
        return column.values.set_axis(clinical.index)
    return pd.Series(pd.Categorical(_names(column)), index=clinical.index)


def _is_amount(column: ClinicalColumn) -> bool:
    is_group = column.said is Said.INFERRED and says_group(column.name)
    return column.kind is Kind.NUMERIC and not is_group and not answers_only(column.texts)


def _names(column: ClinicalColumn) -> pd.Series:
    names: pd.Series = column.texts.where(column.texts != "", np.nan)
    return names
