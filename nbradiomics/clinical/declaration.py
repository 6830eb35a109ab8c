"""Declarations of the user about the columns of a clinical table."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from nbradiomics.clinical.missing import Codes
from nbradiomics.errors import InputError
from nbradiomics.messages.problem import Problem
from nbradiomics.settings import Settings
from nbradiomics.settings.kinds import Names, Texts

if TYPE_CHECKING:
    import pandas as pd


def _by_column(value: Any) -> Any:
    """Convert codes of missing values to codes by column; the empty name stands for all columns."""
    if isinstance(value, Mapping):
        return value
    return {"": value} if value not in ([], ()) else {}


class Declaration(Settings):
    """Declarations about the columns of a clinical table: their kinds, and codes of missing values."""

    categorical: Names = Field(default=(), description="Columns that are categories, such as sites 1, 2.")
    numeric: Names = Field(default=(), description="Columns that are numbers.")
    ordinal: dict[str, Texts] = Field(
        default={},
        description="Levels of a column in order, lowest first; the model uses them as 0, 1, 2, ...",
    )
    missing: Annotated[dict[str, Texts], BeforeValidator(_by_column)] = Field(
        default={}, description="Codes of missing values: for all columns, or by column."
    )

    @model_validator(mode="after")
    def _declared_once(self) -> Self:
        kinds = [*self.categorical, *self.numeric, *self.ordinal]
        twice = [name for place, name in enumerate(kinds) if name in kinds[:place]]
        if twice:
            raise ValueError(f"{twice[0]!r} is declared twice; give each column one kind")
        for name, levels in self.ordinal.items():
            folded = [level.casefold() for level in levels]
            if len(set(folded)) < max(len(folded), 2):
                raise ValueError(
                    f"the levels of {name!r} are {', '.join(levels) or 'none'}; name at least two levels, "
                    "each once, lowest first"
                )
        return self

    def codes(self, column: str, *, words: bool) -> Codes:
        """Codes that count as missing in a column."""
        declared = (*self.missing.get("", ()), *self.missing.get(column, ()))
        return Codes(declared=declared, words=words)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns with a declaration."""
        names = [*self.categorical, *self.numeric, *self.ordinal, *filter(None, self.missing)]
        return tuple(dict.fromkeys(names))


def declaration_of(
    *,
    categorical: Sequence[str] = (),
    numeric: Sequence[str] = (),
    ordinal: Sequence[str] = (),
    missing: Sequence[str] = (),
) -> Declaration:
    """Make a declaration from the options of a command.

    Parameters
    ----------
    categorical, numeric
        Names of columns.
    ordinal
        ``COLUMN=low,middle,high``, one text per column.
    missing
        ``CODE,CODE`` for all columns, or ``COLUMN=CODE,CODE`` for one column.

    Raises
    ------
    InputError
        When an option has another form, or names a column twice.
    """
    orders: dict[str, tuple[str, ...]] = {}
    for text in ordinal:
        name, equal, levels = text.partition("=")
        if not equal or name.strip() in orders:
            raise InputError(
                f"--ordinal {text!r} is not valid.",
                "Write it like --ordinal stage=I,II,III, once per column.",
            )
        orders[name.strip()] = _names(levels)
    codes: dict[str, tuple[str, ...]] = {}
    for text in missing:
        name, equal, values = text.partition("=")
        column = name.strip() if equal else ""
        codes[column] = (*codes.get(column, ()), *_names(values if equal else text))
    return Declaration(categorical=tuple(categorical), numeric=tuple(numeric), ordinal=orders, missing=codes)


def declaration_problems(
    table: pd.DataFrame, declared: Declaration, used: Iterable[str], *, file: str
) -> Iterator[Problem]:
    """Find errors for declared columns that do not exist, and warnings for unused ones."""
    known, used = [str(name) for name in table.columns], set(used)
    for name in declared.columns:
        if name not in known:
            yield Problem(
                file, "", name, "error", f"{name!r} is declared, but is not a column.", choose(name, known)
            )
        elif name not in used:
            yield Problem(
                file,
                "",
                name,
                "warning",
                f"{name!r} is declared, but is not a covariate, a subgroup or part of the endpoint: the "
                "declaration has no effect.",
                "Add it to the covariates or subgroups, or remove the declaration.",
            )


def choose(name: str, columns: Sequence[str]) -> str:
    """Remedy for a column that does not exist: the most similar name, and all columns."""
    folded = {column.casefold(): column for column in columns}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    guess = f"Did you mean {folded[near[0]]!r}? " if near else ""
    return f"{guess}Choose from: {', '.join(columns)}."


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
