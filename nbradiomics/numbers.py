"""Numbers that are told beside a limit: rounding must not put them on it."""

from __future__ import annotations

_MOST_DIGITS = 12


def beside(value: float, limit: float, digits: int = 2) -> str:
    """Write a number with `digits` decimals, and with more where it would else look like the limit.

    ``0.7996`` beside a limit of 0.8 is ``0.7996``, not ``0.80``; a value that is the limit stays as it is.
    """
    for places in range(digits, _MOST_DIGITS):
        text = f"{value:.{places}f}"
        if value == limit or float(text) != round(limit, places):
            break
    return unsigned_zero(text)


def unsigned_zero(text: str) -> str:
    """Take the sign from a number that was rounded to 0: ``-0.00`` is ``0.00``."""
    return text.removeprefix("-") if float(text) == 0 else text
