"""Code covariates as columns of a design, by the levels and means of the training subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nbradiomics.errors import InputError
from nbradiomics.harmonisation.kinds import Numbers, UnknownCovariate
from nbradiomics.messages.wording import counted, quoted, shortened

#: A number is constant up to rounding if its spread is at most this share of its largest absolute value.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Covariate:
    """How one covariate is coded.

    Attributes
    ----------
    name
        Its column.
    levels
        Levels of the training subjects, in order, as text; empty for a number. The first has no column.
    mean, spread
        Training mean of each coded column, and standard deviation of a number (1 for levels).

    Notes
    -----
    A covariate with one training value has no column: the batches' own means contain its effect. Another
    value later is unknown.
    """

    name: str
    levels: tuple[str, ...]
    mean: tuple[float, ...]
    spread: float = 1.0

    def coded(self, table: pd.DataFrame, unknown: UnknownCovariate) -> Numbers:
        """Columns of the design, shape (subjects, columns), centred at the training means."""
        if self.levels:
            return self._levels_coded(texts(table[self.name]), unknown)
        values = numbers(table[self.name], self.name)
        absent = np.isnan(values)
        self._require_known([("no value", int(absent.sum()))], unknown)
        if self.spread == 0:
            other = int((~absent & (values != self.mean[0])).sum())
            self._require_known([("values other than the only training value", other)], unknown)
            return np.empty((len(values), 0))
        return np.where(absent, 0.0, (values - self.mean[0]) / self.spread)[:, None]

    def _levels_coded(self, column: pd.Series, unknown: UnknownCovariate) -> Numbers:
        new = column[~column.isin(self.levels)]
        counts = new.fillna("no value").value_counts()
        self._require_known([(str(level), int(count)) for level, count in counts.items()], unknown)
        columns = [(column == level).to_numpy(np.float64) for level in self.levels[1:]]
        coded = np.stack(columns, axis=1) - np.asarray(self.mean) if columns else np.empty((len(column), 0))
        coded[(~column.isin(self.levels)).to_numpy()] = 0.0
        return coded

    def _require_known(self, cells: Sequence[tuple[str, int]], unknown: UnknownCovariate) -> None:
        if unknown == "average" or not any(count for _, count in cells):
            return
        listed = shortened(f"{quoted(cell)} ({counted(count, 'row')})" for cell, count in cells)
        known = f"the levels {', '.join(self.levels)}" if self.levels else "a number in every row"
        raise InputError(
            f"covariate {self.name!r} has {listed}; expected was {known}.",
            "Correct the cells, unite rare levels, leave these rows out, or use unknown_covariate='average', "
            "which gives them the average effect of the training subjects.",
        )


def learn_covariate(table: pd.DataFrame, name: str, *, category: bool) -> Covariate:
    """Learn the coding of a covariate from the training subjects.

    Raises
    ------
    InputError
        When a number is not finite, or the covariate has no value.
    """
    column = table[name]
    if category or not is_number(column):
        shares = texts(column).value_counts(normalize=True).sort_index()
        _require_values(name, len(shares))
        return Covariate(name, tuple(map(str, shares.index)), tuple(map(float, shares.iloc[1:])))
    values = numbers(column, name)
    values = values[~np.isnan(values)]
    _require_values(name, len(values))
    mean, spread = float(values.mean()), float(values.std())
    if spread <= _ROUNDING * np.abs(values).max():
        return Covariate(name, (), (float(values[0]),), 0.0)
    return Covariate(name, (), (mean,), spread)


def is_number(column: pd.Series) -> bool:
    """Whether a column is a number and no flag."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def texts(column: pd.Series) -> pd.Series:
    """Levels as text; None is missing.

    1.0 and 1 are the same level, because a missing cell turns a column of whole numbers into decimals.
    """
    if is_number(column):
        words = [None if pd.isna(cell) else f"{float(cell):.15g}" for cell in column]
    else:
        words = [None if pd.isna(cell) or not str(cell).strip() else str(cell).strip() for cell in column]
    return pd.Series(words, index=column.index, dtype=object)


def numbers(column: pd.Series, name: str) -> Numbers:
    """Finite numbers or NaN, shape (subjects,)."""
    try:
        values = column.to_numpy(np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"column {name!r} was a number for the training subjects and has text now.",
            "Give the same kind of values.",
        ) from error
    if np.isinf(values).any():
        raise InputError(f"column {name!r} has infinite values.", "Correct them or leave the cells empty.")
    return values


def _require_values(name: str, number: int) -> None:
    if not number:
        raise InputError(f"covariate {name!r} has no value among the training subjects.", "Leave it out.")
