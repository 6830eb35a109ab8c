"""Covariates of a clinical table: numbers as numbers, categories as text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.outcome.endpoints import as_numbers

#: More texts than this are no categories: most often a column of numbers with a remark in it.
MOST_LEVELS = 10


def read_covariates(
    clinical: pd.DataFrame, covariates: Sequence[str], *, taken: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the covariates that were named, and no other column.

    Parameters
    ----------
    clinical
        One row per subject, with a column ``subject``.
    covariates
        Names of its columns.
    taken
        Columns that cannot be covariates: the endpoint.

    Returns
    -------
    tuple of pandas.DataFrame
        The numeric covariates (float64; true is 1, infinite is missing) and the categorical ones (text), each
        indexed by subject. A column of texts that all are numbers is numeric.

    Raises
    ------
    InputError
        When a covariate is no column, is named twice, is the endpoint or the subject, or holds more
        than ten different texts.
    """
    _check_names(clinical, covariates, taken)
    subjects = pd.Index(clinical["subject"].astype(str), name="subject")
    numeric, categorical = {}, {}
    for name in covariates:
        numbers = as_numbers(clinical[name]).replace([np.inf, -np.inf], np.nan)
        is_text = clinical[name].notna() & as_numbers(clinical[name]).isna()
        if is_text.any():
            categorical[name] = _levels(clinical[name], is_text)
        else:
            numeric[name] = numbers
    return pd.DataFrame(numeric).set_axis(subjects), pd.DataFrame(categorical).set_axis(subjects)


def _check_names(clinical: pd.DataFrame, covariates: Sequence[str], taken: Sequence[str]) -> None:
    if isinstance(covariates, str):
        raise InputError(f"covariates came as the text {covariates!r}.", "Give a list of column names.")
    unknown = [name for name in covariates if name not in clinical]
    if unknown:
        raise InputError(
            f"the clinical table has no column {', '.join(map(repr, unknown))}.",
            f"Choose covariates from: {', '.join(map(str, clinical.columns))}.",
        )
    refused = [name for name in covariates if name in (*taken, "subject")]
    if refused:
        raise InputError(
            f"{', '.join(refused)} cannot be a covariate: it is the outcome or the subject.",
            "Name only what was known before the outcome.",
        )
    if len(set(covariates)) < len(covariates):
        raise InputError(f"a covariate is named twice: {', '.join(covariates)}.", "Name each once.")


def _levels(column: pd.Series, is_text: pd.Series) -> pd.Series:
    texts = column.astype(object).where(column.isna(), column.astype(str))
    levels = sorted(set(texts.dropna()))
    if len(levels) > MOST_LEVELS:
        remarks = ", ".join(map(repr, sorted(set(texts[is_text]))[:MOST_LEVELS]))
        raise InputError(
            f"covariate {column.name!r} holds {len(levels)} different texts, such as {remarks}; a category "
            f"may have {MOST_LEVELS} levels.",
            "Leave cells that are no numbers empty, or merge levels.",
        )
    return texts.where(texts.notna(), np.nan)
