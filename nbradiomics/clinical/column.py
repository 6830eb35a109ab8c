"""Read clinical columns: numbers, ordered or plain categories, dates, or identifiers of subjects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd

from nbradiomics.clinical.cells import Cells, as_text, read_cells
from nbradiomics.clinical.declaration import Declaration
from nbradiomics.clinical.inference import Kind, broken_cells, infer_kind
from nbradiomics.clinical.levels import as_levels, level_warnings, match_level
from nbradiomics.clinical.numbers import Numbers, read_numbers
from nbradiomics.clinical.oddities import number_warnings
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import quoted


class Said(StrEnum):
    """How the kind of a column was determined."""

    INFERRED = "inferred"
    DECLARED = "declared"
    TYPED = "typed"


@dataclass(frozen=True)
class ClinicalColumn:
    """A clinical column after reading.

    Attributes
    ----------
    name, kind, said
        Name and kind of the column, and how the kind was determined.
    values
        One value per row of the table, in its order: float64 for numbers (an ordered level is its position, 0
        for the lowest), text for all other kinds; NaN if missing.
    texts
        The cells as cleaned text, empty if a value is missing.
    codes
        The original text of missing cells; empty for other cells and for empty cells.
    levels
        Levels of a category in alphabetical order, of an ordered category in its order; else empty.
    commas
        Whether numbers were read with decimal commas.
    """

    name: str
    kind: Kind
    said: Said
    values: pd.Series
    texts: pd.Series
    codes: pd.Series
    levels: tuple[str, ...] = ()
    commas: bool = False

    def of(self, chosen: np.ndarray) -> ClinicalColumn:
        """Select rows of the column by their positions."""
        parts = {name: getattr(self, name).iloc[chosen] for name in ("values", "texts", "codes")}
        return replace(self, **parts)

    @property
    def counts(self) -> dict[str, int]:
        """Number of cells of each level; 0 for levels that do not occur."""
        counts = self.values.value_counts()
        keys = range(len(self.levels)) if self.kind is Kind.ORDINAL else self.levels
        return {level: int(counts.get(key, 0)) for level, key in zip(self.levels, keys, strict=True)}

    @property
    def missing_codes(self) -> dict[str, int]:
        """Codes of missing values as written, with their number of cells; without empty cells."""
        written = self.codes[self.codes != ""]
        return {str(code): int(count) for code, count in written.value_counts().items()}


def read_column(
    table: pd.DataFrame,
    name: str,
    declared: Declaration = Declaration(),  # noqa: B008 - frozen
    *,
    file: str = "clinical table",
) -> tuple[ClinicalColumn, list[Problem]]:
    """Read a column, and find every invalid cell.

    Parameters
    ----------
    table
        One row per subject, with a column ``subject``; text, or typed columns, which keep their types.
    name
        Name of the column.
    declared
        The user's declarations about the columns.
    file
        Name of the table in the findings.

    Returns
    -------
    column : ClinicalColumn
    problems : list of Problem
        Errors for cells that cannot be read, warnings for values that may be unintended.
    """
    kind, said, order = _declared_kind(table[name], name, declared)
    # Words such as "none" may be a level; they are missing if all other cells are numbers.
    cells = read_cells(table, name, declared.codes(name, words=kind is Kind.NUMERIC), file=file)
    if kind is None:
        cells, kind = _inferred(table, cells, declared)
    errors = cells.by_text(broken_cells(cells.texts), "a value", "Correct the formula in the spreadsheet.")
    if errors:
        return _column(cells, kind, said, _as_text(cells.texts)), errors
    if kind is Kind.NUMERIC:
        return _numeric(cells, said)
    if kind is Kind.ORDINAL:
        return _ordinal(cells, said, order)
    if kind is Kind.CATEGORICAL:
        return _categorical(cells, said)
    return _column(cells, kind, said, _as_text(cells.texts)), []


def _declared_kind(
    column: pd.Series, name: str, declared: Declaration
) -> tuple[Kind | None, Said, tuple[str, ...]]:
    """Kind of a column that is declared or a category of pandas, and its levels in order."""
    if name in declared.categorical:
        return Kind.CATEGORICAL, Said.DECLARED, ()
    if name in declared.numeric:
        return Kind.NUMERIC, Said.DECLARED, ()
    if name in declared.ordinal:
        return Kind.ORDINAL, Said.DECLARED, declared.ordinal[name]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return None, Said.INFERRED, ()
    if column.dtype.ordered:
        return Kind.ORDINAL, Said.TYPED, tuple(as_text(level) for level in column.dtype.categories)
    return Kind.CATEGORICAL, Said.TYPED, ()


def _inferred(table: pd.DataFrame, cells: Cells, declared: Declaration) -> tuple[Cells, Kind]:
    numeric = read_cells(table, cells.name, declared.codes(cells.name, words=True), file=cells.file)
    kind = infer_kind(numeric.texts)
    return (numeric, kind) if kind is Kind.NUMERIC else (cells, infer_kind(cells.texts))


def _numeric(cells: Cells, said: Said) -> tuple[ClinicalColumn, list[Problem]]:
    numbers = read_numbers(cells.texts)
    infinite = np.isinf(numbers.values)
    column = ClinicalColumn(
        name=cells.name,
        kind=Kind.NUMERIC,
        said=said,
        values=numbers.values.mask(infinite),
        texts=cells.texts.mask(infinite, ""),
        codes=cells.codes.mask(infinite, cells.texts),
        commas=numbers.commas,
    )
    errors = _bad_numbers(cells, numbers) if numbers.bad.any() else []
    return column, errors or number_warnings(cells, column.values, inferred=said is Said.INFERRED)


def _bad_numbers(cells: Cells, numbers: Numbers) -> list[Problem]:
    if numbers.mixed or 2 * numbers.bad.sum() <= cells.there.sum():
        remedy = (
            "Correct the cell or leave it empty; declare a code of missing values as missing, and a column "
            "of categories as categorical."
        )
        return cells.by_text(numbers.bad, numbers.expected, remedy)
    # More texts than numbers: texts or numbers may be the mistake.
    odd = np.flatnonzero((cells.there & ~numbers.bad).to_numpy(dtype=bool))
    text = cells.texts[numbers.bad].iloc[0]
    found = (
        f"{cells.name} has {int(numbers.bad.sum())} texts, such as {quoted(text)}, and {len(odd)} numbers"
        + (f", such as {quoted(cells.texts[odd[0]])} ({cells.lines_of(odd)})." if len(odd) else ".")
    )
    remedy = (
        "Write all cells as numbers, without units and signs such as <, or declare the column as categorical."
    )
    line = cells.lines[odd[0] if len(odd) else int(np.flatnonzero(numbers.bad)[0])]
    return [cells.problem("error", found, remedy, line)]


def _ordinal(cells: Cells, said: Said, order: tuple[str, ...]) -> tuple[ClinicalColumn, list[Problem]]:
    places = cells.texts.map(lambda text: match_level(text, order)).astype("float64")
    bad = cells.there & places.isna()
    remedy = "Correct the cell, leave it empty, or add the level to the declared order."
    problems = cells.by_text(bad, f"one of {', '.join(order)}", remedy)
    return _column(cells, Kind.ORDINAL, said, places, order), problems


def _categorical(cells: Cells, said: Said) -> tuple[ClinicalColumn, list[Problem]]:
    values = _as_text(as_levels(cells.texts))
    levels = tuple(sorted(set(values.dropna())))
    column = _column(cells, Kind.CATEGORICAL, said, values, levels)
    return column, level_warnings(cells, values)


def _column(
    cells: Cells, kind: Kind, said: Said, values: pd.Series, levels: tuple[str, ...] = ()
) -> ClinicalColumn:
    return ClinicalColumn(cells.name, kind, said, values, cells.texts, cells.codes, levels)


def _as_text(texts: pd.Series) -> pd.Series:
    values: pd.Series = texts.astype(object).where(texts != "", np.nan)
    return values
