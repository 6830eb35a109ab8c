"""The parts of a feature table that a harmonisation reads: features, batches, subjects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.covariates import numbers, texts
from nbradiomics.harmonisation.kinds import Flags, Numbers
from nbradiomics.harmonisation.one_column import Fit
from nbradiomics.harmonisation.stages import Stage
from nbradiomics.messages.suggestion import did_you_mean
from nbradiomics.messages.wording import counted, shortened
from nbradiomics.tables import INDEX

#: Largest value of a feature: larger ones cannot be squared.
_LARGEST = 1e100


def checked_table(X: Any) -> pd.DataFrame:
    """Refuse what is no table, or one without rows.

    Raises
    ------
    InputError
        As described.
    """
    if not isinstance(X, pd.DataFrame):
        raise InputError(
            f"the harmonisation got {type(X).__name__}; a table (pandas.DataFrame) was expected.",
            "Give a table with the features, the batch columns and the covariates.",
        )
    unnamed = [name for name in X.columns if not isinstance(name, str)]
    if unnamed:
        raise InputError(
            f"the table has a column with the name {unnamed[0]!r}; text was expected.",
            "Name the columns: table.columns = [str(name) for name in table.columns].",
        )
    if not len(X):
        raise InputError("the table to harmonise has no rows.", "Give at least one subject.")
    return X


def require_columns(table: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a table that lacks a column.

    Raises
    ------
    InputError
        With the names of the missing columns.
    """
    known = set(table.columns)
    missing = [name for name in names if name not in known]
    if missing:
        guess = did_you_mean(missing[0], map(str, table.columns))
        raise InputError(
            f"the table lacks {shortened(map(repr, missing))}.",
            f"{guess}Join these columns to the table first.",
        )


def require_subjects(
    features: pd.DataFrame, clinical: pd.DataFrame | None, batch: Sequence[str] = ()
) -> None:
    """Refuse a feature table without rows, and tables that do not say once whose a row is.

    Parameters
    ----------
    features, clinical
        The tables.
    batch
        Batch columns: a subject may have a row on each of several scanners.

    Raises
    ------
    InputError
        When a table has no column `subject`, the feature table no row or the same row twice, or the clinical
        table a subject twice.
    """
    for what, table in (("feature", features), ("clinical", clinical)):
        if table is not None and "subject" not in table:
            raise InputError(
                f"the {what} table has no column 'subject'.", "Name the subjects' column 'subject'."
            )
    if not len(features):
        raise InputError("the feature table has no rows.", "Give at least one subject.")
    if clinical is not None:
        named = clinical["subject"].astype(str)
        twice = named[named.duplicated()].tolist()
        if twice:
            raise InputError(
                f"subject {twice[0]!r} is twice in the clinical table.", "Keep one row per subject."
            )
    index = [name for name in (*INDEX, *batch) if name in features]
    again = features.duplicated(index)
    if again.any():
        raise InputError(
            f"{counted(int(again.sum()), 'row')} of the feature table with the same {', '.join(index)} as "
            f"another, for example {features['subject'][again].iloc[0]}.",
            "Keep one of them, or add the index column in which the rows differ.",
        )


def batches_of(table: pd.DataFrame, column: str) -> pd.Series:
    """Batch of each row as text.

    Raises
    ------
    InputError
        When a row has none.
    """
    batches = texts(table[column])
    absent = int(batches.isna().sum())
    if absent:
        raise InputError(
            f"batch column {column!r} is empty in {counted(absent, 'row')}, "
            f"first in {_place(table, batches)}.",
            "Fill the cells or leave these rows out: a subject of unknown site cannot be harmonised.",
        )
    return batches


def subjects_of(table: pd.DataFrame) -> pd.Series:
    """Subject of each row: the column `subject`, or the number of the row."""
    if "subject" in table:
        return table["subject"].astype(str)
    return pd.Series(np.arange(len(table)), index=table.index)


def values_of(table: pd.DataFrame, features: Sequence[str]) -> Numbers:
    """Values of the features, shape (rows, features), float64; NaN is missing.

    Raises
    ------
    InputError
        When a value is infinite or text.
    """
    part = table[list(features)]
    if not all(isinstance(kind, np.dtype) and kind.kind in "fiu" for kind in part.dtypes):
        values = np.stack([numbers(part[name], str(name)) for name in part], axis=1)
    else:
        values = part.to_numpy(np.float64, copy=True)
    for wrong, problem in (
        (np.isinf(values), "has infinite values"),
        (np.abs(values) > _LARGEST, f"has values beyond {_LARGEST:g}, whose squares are no numbers"),
    ):
        if wrong.any():
            name = features[int(np.argmax(wrong.any(axis=0)))]
            raise InputError(f"feature {name!r} {problem}.", "Correct them or leave the cells empty.")
    return values


def feature_notes(features: Sequence[str], stages: Sequence[Stage]) -> Iterator[tuple[str, str, str]]:
    """Column, feature and note for each feature that is not harmonised as the others."""
    for stage in stages:
        for flags, note in _flagged(stage.fit):
            yield from ((stage.column, features[int(place)], note) for place in np.flatnonzero(flags))


def _flagged(fit: Fit) -> Iterator[tuple[Flags, str]]:
    yield fit.undefined, "too few values: it is missing in the result"
    yield fit.rigid & ~fit.undefined, "no variance within batches: only its location is adjusted"
    yield (
        fit.simple & ~fit.undefined,
        "its values cannot tell covariates and batches apart: fitted without covariates",
    )
    for batch, constant in fit.constant.items():
        yield constant & ~fit.rigid & ~fit.undefined, f"it does not vary in {batch}: its scale stays there"
    for batch, count in fit.counts.items():
        yield (count == 0) & ~fit.undefined, _without_value(batch, eb=fit.method.eb)


def _without_value(batch: str, *, eb: bool) -> str:
    result = "it is shifted like the average feature" if eb else "its later values there become missing"
    return f"no value in {batch}: {result}"


def _place(table: pd.DataFrame, batches: pd.Series) -> str:
    row = int(np.argmax(batches.isna().to_numpy()))
    subject = f" ({table['subject'].iloc[row]})" if "subject" in table else ""
    return f"row {row + 1}{subject}"
