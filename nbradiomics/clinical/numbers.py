"""Numbers of a clinical table: decimals with a point, or with a comma where the whole column agrees."""

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
    """What a column holds in numbers.

    Attributes
    ----------
    values
        float64, missing where a cell is empty or no number.
    bad
        Cells that are filled and no number as the column writes them, bool.
    commas
        Whether the column writes decimal commas.
    mixed
        Whether those are numbers of which nobody can tell where the decimals begin.
    """

    values: pd.Series
    bad: pd.Series
    commas: bool = False
    mixed: bool = False

    @property
    def expected(self) -> str:
        """What a bad cell should be, in words."""
        if not self.mixed:
            return "a number"
        return "decimals with a point in all cells or with a comma in all (1,234 alone may be 1234 or 1.234)"


def read_numbers(texts: pd.Series) -> Numbers:
    """Read a column of text as numbers.

    A comma is a decimal comma where no cell of the column has a point, and where the cells show that it does
    not separate thousands (``1,234`` alone may be either). True and false are 1 and 0 where all cells are one
    of the two.

    Parameters
    ----------
    texts
        Cleaned text, empty where a value is missing.
    """
    plain = texts.map(lambda text: text.translate(_MINUS))
    there = plain != ""
    answers = plain.str.casefold().map(_TRUE_FALSE)
    if there.any() and answers[there].notna().all():
        return Numbers(answers.astype("float64"), there & False)
    point = plain.map(lambda text: _fits(WITH_POINT, text))
    comma = plain.map(lambda text: _fits(_COMMA, text))
    pointed = point & plain.str.contains(".", regex=False)
    if not comma.any():
        return Numbers(_floats(plain, point), there & ~point)
    if pointed.any():
        odd = comma if comma.sum() <= pointed.sum() else pointed
        return Numbers(_floats(plain, point), odd | (there & ~point & ~comma), mixed=True)
    if plain[comma].map(lambda text: _EITHER.fullmatch(text) is not None).all():
        return Numbers(_floats(plain, point), there & ~point, mixed=True)
    read = plain.str.replace(",", ".", regex=False)
    return Numbers(_floats(read, point | comma), there & ~point & ~comma, commas=True)


def plain_number(text: str) -> float | None:
    """The number that a single cell holds, with a point or a comma; None where it is none."""
    text = text.translate(_MINUS)
    if not _fits(WITH_POINT, text) and not _fits(_COMMA, text):
        return None
    return float(text.replace(",", "."))


def _fits(form: re.Pattern[str], text: str) -> bool:
    """Whether a text is a number of some form, and one that can be computed with."""
    if form.fullmatch(text) is None:
        return False
    plain = text.replace(",", ".")
    return not out_of_range(plain, float(plain))


def answers_only(texts: pd.Series) -> bool:
    """Whether a column holds true and false and nothing else."""
    return bool(
        len(texts) and (texts != "").any() and texts[texts != ""].str.casefold().isin(_TRUE_FALSE).all()
    )


def _floats(texts: pd.Series, chosen: pd.Series) -> pd.Series:
    values: pd.Series = texts.where(chosen, "nan").astype("float64")
    return values
