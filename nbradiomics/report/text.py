"""Numbers as a reader sees them. What is missing is a dash, never a zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import ArrayLike

from nbradiomics.numbers import beside

MISSING = "–"
#: A space at which no line ends.
NO_BREAK = "\u00a0"


def number(value: float | None, digits: int = 2) -> str:
    """Round to `digits` decimals; a missing or infinite value is a dash."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text


def ratio(value: float | None, digits: int = 2) -> str:
    """Round a number whose limits 0 and 1 mean something (Dice, ICC, C-index).

    A value that is not 0 or 1 never looks like it: 0.998 is ``>0.99`` and 0.002 is ``<0.01``.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    step = 10.0**-digits
    if value < 1 and number(value, digits) == number(1, digits):
        return f">{1 - step:.{digits}f}"
    if value > 0 and number(value, digits) == number(0, digits):
        return f"<{step:.{digits}f}"
    return number(value, digits)


def interval(
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    digits: int = 2,
    form: Callable[[float | None, int], str] = ratio,
) -> str:
    """Write a value with its limits, ``0.93 [0.90, 0.95]``; a missing value is one dash."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{form(value, digits)} [{form(low, digits)}, {form(high, digits)}]"


def quartiles(
    values: ArrayLike,
    *,
    digits: int = 2,
    form: Callable[[float | None, int], str] = number,
) -> str:
    """Median and quartiles of the values that are there (linear interpolation, as numpy's default)."""
    there = np.asarray(values, dtype=float)
    there = there[np.isfinite(there)]
    if there.size == 0:
        return MISSING
    low, middle, high = np.quantile(there, (0.25, 0.5, 0.75))
    return interval(middle, low, high, digits=digits, form=form)


def p_value(value: float | None) -> str:
    """Three decimals, ``<0.001`` below them; more where it would else look like 0.05."""
    return MISSING if value is None else "<0.001" if value < 0.001 else beside(value, 0.05, 3)


def counted(amount: int, one: str, several: str | None = None) -> str:
    """``1 image``, ``12 images``; `several` where the plural is no plain s."""
    return f"{amount:,} {one if amount == 1 else several or one + 's'}"


def tally(counts: Iterable[tuple[str, int]]) -> str:
    """``A 12, B 11``."""
    return ", ".join(f"{name} {amount:,}" for name, amount in counts)


def share(value: float) -> str:
    """Write a confidence level or another share: 0.95 is ``95 %``, 0.975 is ``97.5 %``."""
    return f"{round(100 * value, 6):g}{NO_BREAK}%"


def moment(text: str) -> str:
    """Write a time of ISO 8601 for reading: ``2026-11-23 07:54 UTC``; anything else stays as it is."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    # Without a zone, or without a time of day, there is nothing to convert.
    return text if found.tzinfo is None else f"{found.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def shorten(text: str, length: int = 26) -> str:
    """Cut a name that would leave no room for the picture it labels."""
    return text if len(text) <= length else text[: length - 1] + "…"


def signed(value: float | None, digits: int = 2) -> str:
    """Round a difference and show its sign, ``+0.02``; no sign where it rounds to 0."""
    text = number(value, digits)
    positive = value is not None and math.isfinite(value) and value > 0 and float(text.replace(",", "")) != 0
    return f"+{text}" if positive else text


def signed_percent(value: float | None) -> str:
    """Round a difference in percent: ``+12 %``, ``-3.5 %``; one decimal below 10."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{signed(value, 0 if abs(value) >= 9.95 else 1)}{NO_BREAK}%"
