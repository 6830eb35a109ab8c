"""Read the clinical column whose levels are held out once each."""

from __future__ import annotations

import pandas as pd

from nbradiomics.clinical import Declaration, read_column
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import raise_errors
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.outcome.settings import Predictors


def read_sites(clinical: pd.DataFrame, predictors: Predictors) -> pd.Series | None:
    """Read the column whose levels are held out; None if no column was named.

    Returns
    -------
    pandas.Series or None
        Text, indexed by subject, missing where the cell is empty; its name is that of the column.

    Raises
    ------
    InputError
        When there is no such column, it is a covariate too, or a cell cannot be read.
    """
    name = predictors.leave_out
    if not name:
        return None
    if name not in clinical:
        raise InputError(
            f"the clinical table has no column {name!r}, which is to be left out level by level.",
            f"{did_you_mean(name, map(str, clinical.columns))}Name the column of the sites as leave_out.",
        )
    if name in predictors.covariates:
        raise InputError(
            f"{name} is left out level by level, and cannot be a covariate: the models would never have seen "
            "the level of the subjects whom they predict.",
            "Name it in one of the two.",
        )
    declared = Declaration(categorical=(name,), missing=predictors.missing)
    column, problems = read_column(clinical, name, declared)
    raise_errors(problems)
    subjects = pd.Index(clinical["subject"].astype(str), name="subject")
    return column.values.set_axis(subjects).rename(name)
