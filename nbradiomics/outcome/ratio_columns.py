"""The covariates as columns of an ordinary model: numbers as they are, levels against a reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nbradiomics.outcome.measures.arguments import Floats

if TYPE_CHECKING:
    from nbradiomics.outcome.assembly import OutcomeData


@dataclass(frozen=True)
class RatioColumn:
    """A column of the model.

    Attributes
    ----------
    variable
        Covariate.
    level
        Level of a category whose subjects have 1, all others 0; empty for a number.
    reference
        The level without a column, with which all others are compared.
    values
        Shape (subjects,).
    """

    variable: str
    level: str
    reference: str
    values: Floats

    @property
    def constant(self) -> bool:
        """Whether all subjects have the same value."""
        return not len(self.values) or bool(np.ptp(self.values) == 0)

    @property
    def binary(self) -> bool:
        """Whether it is an indicator, of a level or as a number: its unit is the whole difference."""
        return bool(np.isin(self.values, (0, 1)).all())

    @property
    def name(self) -> str:
        """Covariate, and level if it has one, for sentences."""
        return f"{self.variable} = {self.level}" if self.level else self.variable


def ratio_columns(data: OutcomeData) -> tuple[list[RatioColumn], np.ndarray]:
    """Make the columns of all covariates, of the subjects who have a value of each.

    The reference of a category is the level of most of these subjects; of two that are as frequent, the first
    in alphabetical order. A category with one level has a constant column.

    Returns
    -------
    list of RatioColumn
        Numbers first.
    numpy.ndarray
        Whether each subject has a value of every covariate, shape (subjects,), bool.
    """
    covariates = data.frame[[*data.numeric, *data.categorical]]
    complete = covariates.notna().all(axis=1).to_numpy()
    known = covariates[complete]
    numbers = [RatioColumn(name, "", "", known[name].to_numpy(dtype=np.float64)) for name in data.numeric]
    return [
        *numbers,
        *(column for name in data.categorical for column in _levels(name, known[name])),
    ], complete


def _levels(name: str, values: pd.Series) -> Iterator[RatioColumn]:
    counts = values.value_counts().sort_index()
    if len(counts) < 2:
        yield RatioColumn(name, "", "", np.zeros(len(values)))
        return
    reference = str(counts.idxmax())
    for level in counts.index:
        if level != reference:
            yield RatioColumn(name, str(level), reference, (values == level).to_numpy(dtype=np.float64))
