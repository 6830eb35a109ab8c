"""Read columns of text as numbers, with decimal points or commas, and find the cells that are not numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import pandas as pd

#: Values that too small or too large numbers become.
_DOUBTFUL = (0.0, math.inf, -math.inf)
_EXPONENT = r"(?:[eE][+-]?\d+)?"
#: Digits with or without a decimal point; unambiguous, so that matching is fast for any text.
DECIMAL = r"(?:\d+(?:\.\d*)?|\.\d+)"
#: A number with a decimal point, an exponent, or neither.
WITH_POINT = re.compile(rf"[+-]?{DECIMAL}{_EXPONENT}|[+-]?inf(?:inity)?", re.IGNORECASE | re.ASCII)
_COMMA = re.compile(rf"[+-]?(?:\d+,\d*|,\d+){_EXPONENT}", re.ASCII)
#: A complex number without an imaginary part, as some releases of PyRadiomics write it.
_REAL = re.compile(rf"\(((?:[+-]?){DECIMAL}{_EXPONENT})[+-]0\.?0*j\)", re.ASCII)
#: 1,234 may be 1.234 or 1234.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
#: 1.234,5 or 1,234,567 or 1 234 or 1'234.
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[.,' \u00a0\u202f\u2019]\d{3})+(?:[.,]\d*)?", re.ASCII)


@dataclass(frozen=True)
class Numbers:
    """Numbers in a column of text.

    Attributes
    ----------
    values
        Numbers (float64) with the index of the cells; NaN for cells that are empty or were not read.
    unread
        Why a cell was not read (``is not a number``), by its place in the index.
    undecided
        Cells of `unread` that are numbers in another notation than the rest, or ambiguous; the other cells of
        `unread` are not numbers.
    mark
        Decimal mark (``.`` or ``,``) of the numbers that were read; empty if none has decimals.
    """

    values: pd.Series[float]
    unread: dict[int, str] = field(default_factory=dict)
    undecided: frozenset[int] = frozenset()
    mark: str = ""


def read_numbers(cells: pd.Series) -> Numbers:
    """Read a column of text as numbers; an empty cell is a missing value.

    Decimal commas are read if the whole column agrees: no cell has a decimal point, and at least one comma
    cannot be a thousands separator. Ambiguous cells are not read: numbers with thousands separators
    (``1.234,5``, ``1,234,567``), and ``1,234`` if no other cell shows the meaning of the comma.

    Parameters
    ----------
    cells
        Text without blanks at the ends. Codes of missing values must be replaced by empty text before.

    Returns
    -------
    Numbers
        The values, and the cells that were not read.
    """
    plain = [float(cell) if cell else math.nan for cell in cells if not cell or WITH_POINT.fullmatch(cell)]
    # The common case: a column as programs write it.
    if len(plain) == len(cells) and not _any_out_of_range(cells, plain):
        mark = "." if any("." in cell for cell in cells) else ""
        return Numbers(pd.Series(plain, index=cells.index, dtype="float64"), mark=mark)
    texts = {int(place): str(cell) for place, cell in cells.items() if cell != ""}  # type: ignore[call-overload]
    commas = {place for place, text in texts.items() if _COMMA.fullmatch(text)}
    decimals = {place for place, text in texts.items() if "." in text and WITH_POINT.fullmatch(text)}
    by_comma = bool(commas) and not decimals and any(not _EITHER.fullmatch(texts[place]) for place in commas)
    pointed = next((text for place, text in texts.items() if place in decimals), "")
    values_read: dict[int, float] = {}
    unread: dict[int, str] = {}
    undecided: set[int] = set()
    for place, text in texts.items():
        value = _number(text, by_comma=by_comma)
        if value is not None:
            values_read[place] = value
            continue
        if place in commas or _GROUPED.fullmatch(text) or WITH_POINT.fullmatch(text):
            undecided.add(place)
        unread[place] = _reason(text, comma=place in commas, pointed=pointed)
    values = pd.Series(values_read, dtype="float64").reindex(cells.index)
    mark = "," if by_comma else "." if decimals else ""
    return Numbers(values, unread, frozenset(undecided), mark)


def may_be_thousands(cells: pd.Series) -> list[int]:
    """Cells such as ``1.234``, if all cells with a point are like this; else none.

    In a table with decimal commas, such a point usually separates thousands.
    """
    pointed = {int(place): str(cell) for place, cell in cells.items() if "." in str(cell)}  # type: ignore[call-overload]
    return list(pointed) if all(_EITHER.fullmatch(text) for text in pointed.values()) else []


def out_of_range(text: str, value: float) -> bool:
    """Whether a written number became infinite or 0 because it is too large or too small for a float."""
    if math.isinf(value):
        return any(letter.isdigit() for letter in text)
    return value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]) is not None


def _any_out_of_range(cells: pd.Series, values: list[float]) -> bool:
    doubtful = {cell for cell, value in zip(cells, values, strict=True) if value in _DOUBTFUL}
    return any(out_of_range(cell, float(cell)) for cell in doubtful)


def _number(text: str, *, by_comma: bool) -> float | None:
    """The number of a cell; ``None`` if the cell is not a number, or out of range."""
    real = _REAL.fullmatch(text)
    if WITH_POINT.fullmatch(text):
        plain = text
    elif by_comma and _COMMA.fullmatch(text):
        plain = text.replace(",", ".")
    elif real:
        plain = real[1]
    else:
        return None
    value = float(plain)
    return None if out_of_range(plain, value) else value


def _reason(text: str, *, comma: bool, pointed: str) -> str:
    if WITH_POINT.fullmatch(text):
        return "is too large or too small to be computed with"
    if _EITHER.fullmatch(text):
        return f"may mean {text.replace(',', '.')} or {re.sub('[.,]', '', text)}"
    if comma and pointed:
        return f"has a decimal comma, but {pointed!r} has a point"
    if _GROUPED.fullmatch(text):
        return "has thousands separators"
    return "is not a number"
