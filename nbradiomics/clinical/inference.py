"""Infer the kind of an undeclared column from its cells."""

from __future__ import annotations

import re
from enum import StrEnum

import pandas as pd

from nbradiomics.clinical.dates import are_digits_of_dates, is_date
from nbradiomics.clinical.numbers import read_numbers

#: Different texts for each of at least this many subjects are names, not categories.
FEWEST_NAMES = 10
#: At least this many different amounts with a unit (12 months, 45 %, <5) are not levels.
FEWEST_AMOUNTS = 4
#: Stages, also among plain numbers: 1, 2A, 2B, 3, 4, 4S.
_STAGE = re.compile(r"\d[A-Da-dSs]?", re.ASCII)
_AMOUNT = re.compile(r"[<>=~\u2264\u2265]*\s*[+-]?\d+(?:[.,]\d+)?\s*[%A-Za-z\u00b5/]*(?:\^?[23])?")
#: Digits with thousands separators, or of another script: amounts in an unknown notation.
_DIGITS = re.compile(r"[+-]?\d[\d\s.,'\u2019]*")
#: Text of a spreadsheet for a formula with an error, and for a column that is too narrow.
_BROKEN = re.compile(r"#\S*[!?]|#+")


class Kind(StrEnum):
    """Kind of a column."""

    NUMERIC = "numeric"
    ORDINAL = "ordinal"
    CATEGORICAL = "categorical"
    DATE = "date"
    IDENTIFIER = "identifier"


def infer_kind(texts: pd.Series) -> Kind:
    """Infer the kind of a column of cleaned text, empty if a value is missing.

    Notes
    -----
    A column of numbers is numeric; a column of dates, or of whole numbers that all are dates of eight digits,
    is a date. If only some cells are numbers, the column is numeric, so that the other cells are reported and
    refused, unless all are stages of one digit (``4``, ``4S``). A column of texts is numeric if they are
    amounts with a unit or separators, an identifier if at least ten subjects all have different texts, and
    otherwise categorical.
    """
    filled = texts[texts != ""]
    numbers = read_numbers(texts)
    if not len(filled) or not numbers.bad.any():
        return Kind.DATE if are_digits_of_dates(filled) else Kind.NUMERIC
    if 2 * int(filled.map(is_date).sum()) > len(filled):
        return Kind.DATE
    if filled.map(lambda text: _STAGE.fullmatch(text) is not None).all():
        return Kind.CATEGORICAL
    if numbers.mixed or int(numbers.bad.sum()) < len(filled) or _are_amounts(filled):
        return Kind.NUMERIC
    if len(filled) >= FEWEST_NAMES and filled.is_unique:
        return Kind.IDENTIFIER
    return Kind.CATEGORICAL


def broken_cells(texts: pd.Series) -> pd.Series:
    """Whether each cell is a spreadsheet error (``#DIV/0!``), which is neither value nor level; bool."""
    broken: pd.Series = texts.map(lambda text: _BROKEN.fullmatch(text) is not None)
    return broken.astype(bool)


def _are_amounts(filled: pd.Series) -> bool:
    if filled.map(lambda text: _DIGITS.fullmatch(text) is not None).all():
        return True
    levels = filled.drop_duplicates()
    return len(levels) >= FEWEST_AMOUNTS and bool(
        levels.map(lambda text: _AMOUNT.fullmatch(text) is not None).all()
    )
