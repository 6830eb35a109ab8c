"""Read one column of a clinical table as cleaned text, with the position of every cell."""

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

#: Line of the first row of a table in its file: line 1 is the header.
FIRST_LINE = 2
_SHOWN_LINES = 5
#: Number of different texts of a column that are reported one by one.
_SHOWN_TEXTS = 5
#: Characters of zero width, which spreadsheets and web pages leave in cells.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


@dataclass(frozen=True)
class Cells:
    """A column as text.

    Attributes
    ----------
    name
        Name of the column.
    texts
        Each cell without blanks at its ends; empty if the value is missing. The index counts from 0.
    codes
        The original text of each missing cell; empty for other cells.
    subjects, lines
        Subject and line in the file of each row.
    file
        Name of the table in messages.
    """

    name: str
    texts: pd.Series
    codes: pd.Series
    subjects: tuple[str, ...]
    lines: tuple[str, ...]
    file: str

    @property
    def there(self) -> pd.Series:
        """Whether each cell has a value, bool."""
        filled: pd.Series = self.texts != ""
        return filled

    def problem(
        self, severity: Literal["error", "warning"], found: str, remedy: str, line: str = ""
    ) -> Problem:
        """Make a finding about the column, or about the cell on one line."""
        return Problem(self.file, line, self.name, severity, found, remedy)

    def each(self, chosen: pd.Series, expected: str, remedy: str) -> list[Problem]:
        """Make an error for every chosen cell."""
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
        """Make an error for each of the first different texts of the chosen cells, and one for the others."""
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
            rest = f"{len(texts) - _SHOWN_TEXTS} more different texts of {self.name} are not valid either."
            problems.append(self.problem("error", rest, remedy))
        return problems

    def lines_of(self, places: Sequence[int] | np.ndarray) -> str:
        """List the lines of the first of some cells in words."""
        shown = [self.lines[place] for place in places[:_SHOWN_LINES]]
        return f"line{'s' if len(places) > 1 else ''} {', '.join(shown)}" + (
            " ..." if len(places) > len(shown) else ""
        )


def read_cells(table: pd.DataFrame, name: str, codes: Codes = Codes(), *, file: str) -> Cells:  # noqa: B008
    """Read a column of a clinical table as text; typed values are converted to text.

    Parameters
    ----------
    table
        One row per subject, with a column ``subject``.
    name
        Name of the column.
    codes
        Codes that count as missing in addition to the usual ones.
    file
        Name of the table in messages.
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
    """Line of each row in the file: by the index if it has unique whole numbers, else by the row number."""
    counts_lines = pd.api.types.is_integer_dtype(table.index.dtype) and table.index.is_unique
    places = table.index if counts_lines else range(len(table))
    return tuple(str(int(place) + FIRST_LINE) for place in places)


def as_text(value: Any) -> str:
    """Text of a cell, without blanks at its ends and repeated blanks; a missing value is the empty text."""
    if isinstance(value, str):
        plain = unicodedata.normalize("NFC", value.translate(_INVISIBLE))
        return " ".join(plain.split())
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        return str(value)
    return str(int(value)) if isinstance(value, numbers.Integral) else repr(float(value))
