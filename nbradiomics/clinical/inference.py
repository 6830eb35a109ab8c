"""What a column is where nobody says it: decided by its cells alone."""

from __future__ import annotations

import re
from enum import StrEnum

import pandas as pd

from nbradiomics.clinical.dates import are_digits_of_dates, is_date
from nbradiomics.clinical.numbers import read_numbers

#: A text of its own for each of this many subjects is a name, no category.
FEWEST_NAMES = 10
#: Amounts with a unit (12 months, 45 %, <5): this many different ones are no levels.
FEWEST_AMOUNTS = 4
#: Stages beside plain numbers: 1, 2A, 2B, 3, 4, 4S.
_STAGE = re.compile(r"\d[A-Da-dSs]?", re.ASCII)
_AMOUNT = re.compile(r"[<>=~\u2264\u2265]*\s*[+-]?\d+(?:[.,]\d+)?\s*[%A-Za-z\u00b5/]*(?:\^?[23])?")
#: Digits with separators of thousands, or of another script: amounts that are written in an unknown way.
_DIGITS = re.compile(r"[+-]?\d[\d\s.,'\u2019]*")
#: What a spreadsheet writes for a formula that failed, and for a column that is too narrow.
_BROKEN = re.compile(r"#\S*[!?]|#+")


class Kind(StrEnum):
    """What a column is."""

    NUMERIC = "numeric"
    ORDINAL = "ordinal"
    CATEGORICAL = "categorical"
    DATE = "date"
    IDENTIFIER = "identifier"


def infer_kind(texts: pd.Series) -> Kind:
    """Kind of a column of cleaned text, empty where a value is missing.

    Notes
    -----
    Numbers alone are a number; dates, and whole numbers that all are dates of eight digits, a date. Where
    some cells are numbers and others are not, the column counts as numeric, so that the others are named and
    refused, unless all are stages of one digit (``4``, ``4S``). Texts are a name where each of ten subjects
    or more has one of its own, numeric where they are amounts with a unit or separators, and else a category.
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
    """Cells that hold a spreadsheet's error (``#DIV/0!``), bool: they are neither value nor level."""
    broken: pd.Series = texts.map(lambda text: _BROKEN.fullmatch(text) is not None)
    return broken.astype(bool)


def _are_amounts(filled: pd.Series) -> bool:
    if filled.map(lambda text: _DIGITS.fullmatch(text) is not None).all():
        return True
    levels = filled.drop_duplicates()
    return len(levels) >= FEWEST_AMOUNTS and bool(
        levels.map(lambda text: _AMOUNT.fullmatch(text) is not None).all()
    )
