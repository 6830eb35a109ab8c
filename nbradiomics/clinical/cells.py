"""One column of a clinical table as cleaned text, with the place of every cell."""

from __future__ import annotations

import numbers
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from nbradiomics.clinical.missing import Codes, find_missing
from nbradiomics.messages.problem import Problem
from nbradiomics.messages.wording import counted, quoted

#: Line of a file in which the first row of a table stands: line 1 is the header.
FIRST_LINE = 2
_SHOWN_LINES = 5
#: Different texts of a column that are named one by one.
_SHOWN_TEXTS = 5
#: Characters without width, which spreadsheets and web pages leave in cells.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


@dataclass(frozen=True)
class Cells:
    """A column as text.

    Attributes
    ----------
    name
        Of the column.
    texts
        Each cell without blanks at its ends; empty where the value is missing. Counted from 0.
    codes
        Each cell that is missing as it was written; empty elsewhere.
    subjects, lines
        Of each row: who it is, and the line of the file.
    file
        Name of the table, for the messages.
    """

    name: str
    texts: pd.Series
    codes: pd.Series
    subjects: tuple[str, ...]
    lines: tuple[str, ...]
    file: str

    @property
    def there(self) -> pd.Series:
        """Which cells hold something, bool."""
        filled: pd.Series = self.texts != ""
        return filled

    def problem(
        self, severity: Literal["error", "warning"], found: str, remedy: str, line: str = ""
    ) -> Problem:
        """A finding about the column, or about the cell of one line."""
        return Problem(self.file, line, self.name, severity, found, remedy)

    def each(self, chosen: pd.Series, expected: str, remedy: str) -> list[Problem]:
        """An error for every cell that was chosen."""
        found = "subject {}: {} is {}; expected {}."
        return [
            self.problem(
                "error",
                found.format(self.subjects[place], self.name, quoted(self.texts[place]), expected),
                remedy,
                self.lines[place],
            )
            for place in np.flatnonzero(chosen.to_numpy(dtype=bool))
        ]

    def by_text(self, chosen: pd.Series, expected: str, remedy: str) -> list[Problem]:
        """An error for each of the first texts among the cells that were chosen, and one for the rest."""
        problems = []
        texts = list(dict.fromkeys(self.texts[chosen]))
        for text in texts[:_SHOWN_TEXTS]:
            places = np.flatnonzero((chosen & (self.texts == text)).to_numpy(dtype=bool))
            first = places[0]
            more = f" ({counted(len(places), 'cell')}: {self.lines_of(places)})" if len(places) > 1 else ""
            found = (
                f"subject {self.subjects[first]}: {self.name} is {quoted(text)}{more}; expected {expected}."
            )
            problems.append(self.problem("error", found, remedy, self.lines[first]))
        if len(texts) > _SHOWN_TEXTS:
            rest = f"{len(texts) - _SHOWN_TEXTS} more texts of {self.name} do not fit either."
            problems.append(self.problem("error", rest, remedy))
        return problems

    def lines_of(self, places: Sequence[int] | np.ndarray) -> str:
        """The lines of some cells in words, the first ones only."""
        shown = [self.lines[place] for place in places[:_SHOWN_LINES]]
        return f"line{'s' if len(places) > 1 else ''} {', '.join(shown)}" + (
            " ..." if len(places) > len(shown) else ""
        )


def read_cells(table: pd.DataFrame, name: str, codes: Codes = Codes(), *, file: str) -> Cells:  # noqa: B008
    """Read a column of a clinical table as text; the types of a typed column are written out.

    Parameters
    ----------
    table
        One row per subject, with a column ``subject``.
    name
        Of the column.
    codes
        What counts as missing beside the usual codes.
    file
        Name of the table, for the messages.
    """
    written = pd.Series([as_text(value) for value in table[name]], dtype=object)
    missing = find_missing(written, codes)
    return Cells(
        name=name,
        texts=written.mask(missing, ""),
        codes=written.where(missing, ""),
        subjects=tuple(as_text(value) for value in table["subject"]),
        lines=lines_of(table),
        file=file,
    )


def lines_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Line of the file of each row: the index counts lines where it is one of whole numbers."""
    counted = pd.api.types.is_integer_dtype(table.index.dtype) and table.index.is_unique
    places = table.index if counted else range(len(table))
    return tuple(str(int(place) + FIRST_LINE) for place in places)


def as_text(value: Any) -> str:
    """Text of a cell: blanks at the ends and doubled ones never count, and nothing is the empty text."""
    if isinstance(value, str):
        plain = unicodedata.normalize("NFC", value.translate(_INVISIBLE))
        return " ".join(plain.split())
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        return str(value)
    return str(int(value)) if isinstance(value, numbers.Integral) else repr(float(value))
