"""Read the clinical column whose levels are held out once each."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from nbradiomics.clinical import Declaration, Endpoint, read_column
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem, raise_errors
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.outcome.settings import Predictors

#: Share of levels with one subject alone from which a column looks like a name or an amount.
_MOST_SINGLE = 0.5


def read_sites(
    clinical: pd.DataFrame, predictors: Predictors, endpoint: Endpoint, *, file: str = "clinical table"
) -> tuple[pd.Series | None, list[Problem]]:
    """Read the column whose levels are held out, and find warnings about it.

    Returns
    -------
    pandas.Series or None
        Text, indexed by subject, missing where the cell is empty; its name is that of the column. None if no
        column was named.
    list of Problem
        Warnings.

    Raises
    ------
    InputError
        When there is no such column, it is a covariate, the subject or part of the endpoint, a cell cannot be
        read, levels differ only in capitals, or most levels have one subject alone.
    """
    name = predictors.leave_out
    if not name:
        return None, []
    if name not in clinical:
        raise InputError(
            f"the clinical table has no column {name!r}, which is to be left out level by level.",
            f"{did_you_mean(name, map(str, clinical.columns))}Name the column of the sites as leave_out.",
        )
    if name in ("subject", *endpoint.columns):
        raise InputError(
            f"{name} is the subject or the outcome, not a site.", "Name the column of the sites."
        )
    if name in predictors.covariates:
        raise InputError(
            f"{name} is left out level by level, and cannot be a covariate: the models would never have seen "
            "the level of the subjects whom they predict.",
            "Name it in one of the two.",
        )
    declared = Declaration(categorical=(name,), missing=predictors.missing)
    column, problems = read_column(clinical, name, declared, file=file)
    raise_errors([_as_error(problem) for problem in problems])
    counts = column.values.value_counts()
    if len(counts) > 2 and (counts == 1).mean() > _MOST_SINGLE:
        raise InputError(
            f"{name} has {len(counts)} levels, {int((counts == 1).sum())} of them in one subject alone.",
            "Name a column of sites, scanners or years, or merge small levels.",
        )
    subjects = pd.Index(clinical["subject"].astype(str), name="subject")
    return column.values.set_axis(subjects).rename(name), problems


def _as_error(problem: Problem) -> Problem:
    """Make an error of levels that look alike: one site in two parts would predict itself."""
    return replace(problem, severity="error") if "differ only in" in problem.problem else problem
