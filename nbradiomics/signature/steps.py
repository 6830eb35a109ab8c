"""What the steps before a model learned, as plain numbers, and how they are applied to new subjects.

This is a closed list: a file of models names one of these kinds and gives its numbers. Nothing of
scikit-learn is stored, so that another version of it, of Python or of the platform gives the same
predictions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self, TypeVar

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from nbradiomics.outcome.yeo_johnson import yeo_johnson
from nbradiomics.signature.harmonised import Harmonised
from nbradiomics.signature.learned import Divisor, Learned, Names, Numbers

Value = TypeVar("Value")
OneToOne = TypeVar("OneToOne", "Scale", "Power")
#: Beginning of the name of a column that says where a value is missing.
INDICATOR = "missingindicator_"


class Keep(Learned):
    """Keep some columns."""

    kind: Literal["keep"] = "keep"
    columns: Names

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Keep the columns, in their order."""
        return table[list(self.columns)]

    def limited(self, wanted: Sequence[str]) -> tuple[Self, Names]:
        """The step for some of its output columns, and the input columns that it needs."""
        columns = _in_order(self.columns, wanted)
        return self.model_copy(update={"columns": columns}), columns


class Fill(Learned):
    """Fill missing values with those of the training subjects, and say where they were missing."""

    kind: Literal["fill"] = "fill"
    columns: Names
    values: Numbers
    indicated: Names = ()

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        self.require_one_length(self.values, of=self.columns)
        return self

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Fill the columns; indicators stand behind them."""
        filled = table[list(self.columns)].fillna(dict(zip(self.columns, self.values, strict=True)))
        for name in self.indicated:
            filled[f"{INDICATOR}{name}"] = table[name].isna().astype(np.float64)
        return filled

    def limited(self, wanted: Sequence[str]) -> tuple[Self, Names]:
        """The step for some of its output columns, and the input columns that it needs."""
        indicated = tuple(name for name in self.indicated if f"{INDICATOR}{name}" in wanted)
        columns = _in_order(self.columns, (*wanted, *indicated))
        values = _of(self.columns, self.values, columns)
        return self.model_copy(update={"columns": columns, "values": values, "indicated": indicated}), columns


class Scale(Learned):
    """Subtract the mean of the training subjects and divide by their standard deviation."""

    kind: Literal["scale"] = "scale"
    columns: Names
    mean: Numbers
    spread: tuple[Divisor, ...]

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        self.require_one_length(self.mean, self.spread, of=self.columns)
        return self

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Scale the columns."""
        values = table[list(self.columns)].to_numpy(np.float64)
        return _table((values - np.array(self.mean)) / np.array(self.spread), table, self.columns)

    def limited(self, wanted: Sequence[str]) -> tuple[Scale, Names]:
        """The step for some of its output columns, and the input columns that it needs."""
        return _limited(self, wanted, ("mean", "spread"))


class Power(Learned):
    """Yeo-Johnson's power of standardised columns, limited to a range; then scale them."""

    kind: Literal["power"] = "power"
    columns: Names
    mean: Numbers
    spread: tuple[Divisor, ...]
    low: Numbers
    high: Numbers
    powers: Numbers
    mean_after: Numbers
    spread_after: tuple[Divisor, ...]

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        lists = (getattr(self, name) for name in _OF_POWER)
        self.require_one_length(*lists, of=self.columns)
        return self

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Transform the columns."""
        return self._powers(table, np.array(self.low), np.array(self.high))

    def unlimited(self, table: pd.DataFrame) -> pd.DataFrame:
        """Transform the columns without limits: a value far away stays far away."""
        return self._powers(table, None, None)

    def _powers(self, table: pd.DataFrame, low: np.ndarray | None, high: np.ndarray | None) -> pd.DataFrame:
        mean, spread, powers, mean_after, spread_after = (
            np.array(getattr(self, name)) for name in _OF_POWER if name not in ("low", "high")
        )
        values = table[list(self.columns)].to_numpy(np.float64)
        standard = np.clip((values - mean) / spread, low, high)
        return _table((yeo_johnson(standard, powers) - mean_after) / spread_after, table, self.columns)

    def limited(self, wanted: Sequence[str]) -> tuple[Power, Names]:
        """The step for some of its output columns, and the input columns that it needs."""
        return _limited(self, wanted, _OF_POWER)


_OF_POWER = ("mean", "spread", "low", "high", "powers", "mean_after", "spread_after")


class Components(Learned):
    """Principal components of some columns."""

    kind: Literal["components"] = "components"
    columns: Names
    mean: Numbers
    names: Names
    loadings: tuple[Numbers, ...]

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        self.require_one_length(self.loadings, of=self.names)
        self.require_one_length(self.mean, *self.loadings, of=self.columns)
        return self

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Compute the components."""
        centred = table[list(self.columns)].to_numpy(np.float64) - np.array(self.mean)
        scores = [(centred * np.array(each)).sum(axis=1) for each in self.loadings]
        values = np.stack(scores, axis=1) if scores else np.empty((len(table), 0))
        return _table(values, table, self.names)

    def limited(self, wanted: Sequence[str]) -> tuple[Self, Names]:
        """The step for some of its output columns, and the input columns that it needs."""
        names = _in_order(self.names, wanted)
        loadings = _of(self.names, self.loadings, names)
        columns = self.columns if names else ()
        mean = self.mean if names else ()
        changes = {"names": names, "loadings": loadings, "columns": columns, "mean": mean}
        return self.model_copy(update=changes), columns


class Category(Learned):
    """A category: its levels, their shares among the training subjects, and which of them have a column."""

    column: str
    levels: Names
    shares: Numbers
    coded: Names

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if not set(self.coded) <= set(self.levels):
            raise ValueError("a level with a column is none of the levels")
        self.require_one_length(self.shares, of=self.levels)
        return self

    @property
    def outputs(self) -> Names:
        """Names of the indicator columns."""
        return tuple(f"{self.column}={level}" for level in self.coded)

    def indicators(self, cells: pd.Series) -> np.ndarray:
        """Indicators of the coded levels, shape (subjects, coded levels); shares for an unknown level."""
        unknown = ~cells.isin(self.levels).to_numpy()
        values = np.empty((len(cells), len(self.coded)))
        for place, level in enumerate(self.coded):
            share = self.shares[self.levels.index(level)]
            values[:, place] = np.where(unknown, share, (cells == level).to_numpy(np.float64))
        return values


class Levels(Learned):
    """Code categories by indicators of their levels."""

    kind: Literal["levels"] = "levels"
    categories: tuple[Category, ...]
    missing: str | None = None

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """Code the categories."""
        parts = []
        for each in self.categories:
            cells = table[each.column]
            parts.append(each.indicators(cells if self.missing is None else cells.fillna(self.missing)))
        values = np.hstack(parts) if parts else np.empty((len(table), 0))
        return _table(values, table, [name for each in self.categories for name in each.outputs])

    def limited(self, wanted: Sequence[str]) -> tuple[Self, Names]:
        """The step for some of its output columns, and the input columns that it needs."""
        kept = []
        for each in self.categories:
            coded = [level for level, name in zip(each.coded, each.outputs, strict=True) if name in wanted]
            if coded:
                kept.append(each.model_copy(update={"coded": tuple(coded)}))
        return self.model_copy(update={"categories": tuple(kept)}), tuple(each.column for each in kept)


Step = Annotated[Keep | Fill | Scale | Power | Components | Levels | Harmonised, Field(discriminator="kind")]


def _table(values: np.ndarray, like: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(values, index=like.index, columns=list(columns))


def _in_order(columns: Names, wanted: Sequence[str]) -> Names:
    chosen = set(wanted)
    return tuple(name for name in columns if name in chosen)


def _of(columns: Names, values: tuple[Value, ...], kept: Names) -> tuple[Value, ...]:
    return tuple(value for name, value in zip(columns, values, strict=True) if name in set(kept))


def _limited(step: OneToOne, wanted: Sequence[str], lists: Sequence[str]) -> tuple[OneToOne, Names]:
    columns = _in_order(step.columns, wanted)
    changes = {name: _of(step.columns, getattr(step, name), columns) for name in lists}
    return step.model_copy(update={"columns": columns, **changes}), columns
