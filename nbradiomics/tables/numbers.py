"""A column of text as numbers, with decimal points or decimal commas, or the cells that are none."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

import pandas as pd

#: What a number becomes that is too small or too large.
_DOUBTFUL = (0.0, math.inf, -math.inf)
_EXPONENT = r"(?:[eE][+-]?\d+)?"
#: Digits with a decimal point or without: one way to read each, so that no text takes long.
DECIMAL = r"(?:\d+(?:\.\d*)?|\.\d+)"
#: A number with a decimal point, an exponent, or neither.
WITH_POINT = re.compile(rf"[+-]?{DECIMAL}{_EXPONENT}|[+-]?inf(?:inity)?", re.IGNORECASE | re.ASCII)
_COMMA = re.compile(rf"[+-]?(?:\d+,\d*|,\d+){_EXPONENT}", re.ASCII)
#: What a complex number without an imaginary part looks like: some releases of PyRadiomics write such.
_REAL = re.compile(rf"\(((?:[+-]?){DECIMAL}{_EXPONENT})[+-]0\.?0*j\)", re.ASCII)
#: 1,234 may be 1.234 or 1234.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
#: 1.234,5 or 1,234,567 or 1 234 or 1'234.
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[.,' \u00a0\u202f\u2019]\d{3})+(?:[.,]\d*)?", re.ASCII)


@dataclass(frozen=True)
class Numbers:
    """What a column of text holds as numbers.

    Attributes
    ----------
    values
        Numbers (float64) under the index of the cells; NaN where a cell is empty or was not read.
    unread
        Why a cell was not read (``is no number``), by its place in the index.
    undecided
        Those of `unread` that are numbers written in another way than the rest, or in one that may mean two
        numbers; the others are no numbers at all.
    mark
        ``.`` or ``,``, where any number that was read holds decimals; else empty.
    """

    values: pd.Series[float]
    unread: dict[int, str] = field(default_factory=dict)
    undecided: frozenset[int] = frozenset()
    mark: str = ""


def read_numbers(cells: pd.Series) -> Numbers:
    """Read a column of text as numbers; an empty cell is a missing value.

    Decimal commas are read where the whole column agrees: no cell holds a decimal point, and at least one
    cannot be a number with thousands separated. Nothing is guessed: thousands separators (``1.234,5``,
    ``1,234,567``), and ``1,234`` where no other cell tells what the comma means, are not read.

    Parameters
    ----------
    cells
        Text without blanks at the ends. What stands for a missing value must be emptied before.

    Returns
    -------
    Numbers
        The values, and the cells that were not read.
    """
    plain = [float(cell) if cell else math.nan for cell in cells if not cell or WITH_POINT.fullmatch(cell)]
    # A column as programs write them.
    if len(plain) == len(cells) and not _any_out_of_range(cells, plain):
        mark = "." if any("." in cell for cell in cells) else ""
        return Numbers(pd.Series(plain, index=cells.index, dtype="float64"), mark=mark)
    texts = {int(place): str(cell) for place, cell in cells.items() if cell != ""}  # type: ignore[call-overload]
    commas = {place for place, text in texts.items() if _COMMA.fullmatch(text)}
    decimals = {place for place, text in texts.items() if "." in text and WITH_POINT.fullmatch(text)}
    by_comma = bool(commas) and not decimals and any(not _EITHER.fullmatch(texts[place]) for place in commas)
    pointed = next((text for place, text in texts.items() if place in decimals), "")
    found: dict[int, float] = {}
    unread: dict[int, str] = {}
    undecided: set[int] = set()
    for place, text in texts.items():
        value = _number(text, by_comma=by_comma)
        if value is not None:
            found[place] = value
            continue
        if place in commas or _GROUPED.fullmatch(text) or WITH_POINT.fullmatch(text):
            undecided.add(place)
        unread[place] = _reason(text, comma=place in commas, pointed=pointed)
    values = pd.Series(found, dtype="float64").reindex(cells.index)
    mark = "," if by_comma else "." if decimals else ""
    return Numbers(values, unread, frozenset(undecided), mark)


def may_be_thousands(cells: pd.Series) -> list[int]:
    """Cells such as ``1.234``, where every cell with a point is like that.

    Beside columns with decimal commas such a point most often separates thousands.
    """
    pointed = {int(place): str(cell) for place, cell in cells.items() if "." in str(cell)}  # type: ignore[call-overload]
    return list(pointed) if all(_EITHER.fullmatch(text) for text in pointed.values()) else []


def out_of_range(text: str, value: float) -> bool:
    """Whether a written number became infinite or 0 because no computer's number is so large or small."""
    if math.isinf(value):
        return any(letter.isdigit() for letter in text)
    return value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]) is not None


def _any_out_of_range(cells: pd.Series, values: list[float]) -> bool:
    doubtful = {cell for cell, value in zip(cells, values, strict=True) if value in _DOUBTFUL}
    return any(out_of_range(cell, float(cell)) for cell in doubtful)


def _number(text: str, *, by_comma: bool) -> float | None:
    """The number of a cell; ``None`` where it is none, or out of range."""
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
        return "is larger or smaller than any number that can be computed with"
    if _EITHER.fullmatch(text):
        return f"may mean {text.replace(',', '.')} or {re.sub('[.,]', '', text)}"
    if comma and pointed:
        return f"has a decimal comma, where {pointed!r} has a point"
    if _GROUPED.fullmatch(text):
        return "has thousands separators"
    return "is no number"
