"""Read numbers of a clinical table, with decimal points, or decimal commas if the whole column agrees."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from nbradiomics.tables import WITH_POINT, out_of_range

_EXPONENT = r"(?:[eE][+-]?\d+)?"
_COMMA = re.compile(rf"[+-]?\d*,\d+{_EXPONENT}", re.ASCII)
#: 1,234 is 1234 in one country and 1.234 in another.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_TRUE_FALSE = {"true": 1.0, "false": 0.0}
_MINUS = str.maketrans({"\u2212": "-"})


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column.

    Attributes
    ----------
    values
        float64, missing if a cell is empty or not a number.
    bad
        Whether each cell is filled but not a number in the notation of the column, bool.
    commas
        Whether the column has decimal commas.
    mixed
        Whether points and commas are mixed or ambiguous, so that decimals cannot be recognised.
    """

    values: pd.Series
    bad: pd.Series
    commas: bool = False
    mixed: bool = False

    @property
    def expected(self) -> str:
        """Expected content of a bad cell, in words."""
        if not self.mixed:
            return "a number"
        return "decimals with a point in all cells or with a comma in all cells (1,234 may be 1234 or 1.234)"


def read_numbers(texts: pd.Series) -> Numbers:
    """Read a column of text as numbers.

    A comma is a decimal comma if no cell of the column has a point, and at least one cell shows that it does
    not separate thousands (``1,234`` may be either). If all cells are true or false, they become 1 and 0.

    Parameters
    ----------
    texts
        Cleaned text, empty if a value is missing.
    """
    plain = texts.map(lambda text: text.translate(_MINUS))
    filled = plain != ""
    answers = plain.str.casefold().map(_TRUE_FALSE)
    if filled.any() and answers[filled].notna().all():
        return Numbers(answers.astype("float64"), filled & False)
    point = plain.map(lambda text: _fits(WITH_POINT, text))
    comma = plain.map(lambda text: _fits(_COMMA, text))
    pointed = point & plain.str.contains(".", regex=False)
    if not comma.any():
        return Numbers(_floats(plain, point), filled & ~point)
    if pointed.any():
        odd = comma if comma.sum() <= pointed.sum() else pointed
        return Numbers(_floats(plain, point), odd | (filled & ~point & ~comma), mixed=True)
    if plain[comma].map(lambda text: _EITHER.fullmatch(text) is not None).all():
        return Numbers(_floats(plain, point), filled & ~point, mixed=True)
    read = plain.str.replace(",", ".", regex=False)
    return Numbers(_floats(read, point | comma), filled & ~point & ~comma, commas=True)


def plain_number(text: str) -> float | None:
    """The number of a single cell, with a point or a comma; None if it is not a number."""
    text = text.translate(_MINUS)
    if not _fits(WITH_POINT, text) and not _fits(_COMMA, text):
        return None
    return float(text.replace(",", "."))


def number_or_word(text: str | None) -> float | str | None:
    """Convert a command's option that takes a number or a word, as `--zero-times` does."""
    if text is None:
        return None
    number = plain_number(text.strip())
    return text.strip() if number is None else number


def _fits(form: re.Pattern[str], text: str) -> bool:
    """Whether a text is a number of the given form, and within the range of floats."""
    if form.fullmatch(text) is None:
        return False
    plain = text.replace(",", ".")
    return not out_of_range(plain, float(plain))


def answers_only(texts: pd.Series) -> bool:
    """Whether a column has only true and false."""
    return bool(
        len(texts) and (texts != "").any() and texts[texts != ""].str.casefold().isin(_TRUE_FALSE).all()
    )


def _floats(texts: pd.Series, chosen: pd.Series) -> pd.Series:
    values: pd.Series = texts.where(chosen, "nan").astype("float64")
    return values
