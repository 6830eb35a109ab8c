"""Write numbers and counts for people: in the same way on pages, in figures, sentences and the terminal.

A missing value is a dash, never a zero. A rounded number never contradicts the numbers shown beside it: a
value below a threshold is not shown as the threshold, and a value near a limit of its range is not shown as
the limit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial

MISSING = "–"
#: A space that does not allow a line break.
NO_BREAK = "\u00a0"
#: Most decimals that a number gets beyond those requested; if they do not suffice, it is written in full.
_MORE = 6

Form = Callable[[float | None, int], str]


def number(value: float | None, digits: int = 2, *, beside: Sequence[float] = ()) -> str:
    """Round to `digits` decimals; a missing or infinite value is a dash.

    Parameters
    ----------
    value
        What to write.
    digits
        Decimals.
    beside
        Numbers with which the reader compares the value. It gets enough decimals to be on the same side of
        each: 0.7996 is ``0.7996`` beside 0.8, and ``0.80`` otherwise.
    """
    if value is None or not math.isfinite(value):
        return MISSING
    value = float(value)
    for decimals in range(digits, digits + _MORE + 1):
        text = f"{value:,.{decimals}f}"
        shown = float(text.replace(",", ""))
        if all(_side(shown, other) == _side(value, other) for other in beside):
            return text.removeprefix("-") if shown == 0 else text
    return repr(value)


def _side(value: float, other: float) -> int:
    return (value > other) - (value < other)


def ratio(value: float | None, digits: int = 2, *, beside: Sequence[float] = ()) -> str:
    """Round a number between 0 and 1 whose limits have a meaning (Dice, ICC, C-index).

    A value that is not 0 or 1 is never shown as 0 or 1: 0.998 is ``>0.99`` and 0.002 is ``<0.01``. For a
    number that may exceed 1, such as FPRm, use `amount`.
    """
    return _apart(value, digits, (0.0, 1.0), beside)


#: Measures of how well a model orders subjects, by their name in tables.
ORDER_NAMES = {"harrell_c": "Harrell's C", "roc_auc": "ROC area"}


def concordance(value: float | None, digits: int = 2) -> str:
    """Round a C-index: 0.5 is chance, and a value above or below it is not shown as 0.50."""
    return ratio(value, digits, beside=(0.5,))


def amount(value: float | None, digits: int = 2, *, beside: Sequence[float] = ()) -> str:
    """Round a number that starts at 0 and has no upper limit (a distance, FPRm).

    A value above 0 is never shown as 0: 0.002 is ``<0.01``; 0.998 is ``1.00``.
    """
    return _apart(value, digits, (0.0,), beside)


def short(value: float) -> str:
    """Write a value of a table with at most six significant digits; 0 has no sign."""
    return f"{value + 0.0:.6g}"  # -0.0 + 0.0 is 0.0


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share in percent: 0.42 is ``42 %``; only 1 is ``100 %``, and only 0 is ``0 %``."""
    text = _apart(None if share is None else 100 * share, digits, (0.0, 100.0), ())
    return text if text == MISSING else f"{text}{NO_BREAK}%"


def _apart(value: float | None, digits: int, limits: Sequence[float], beside: Sequence[float]) -> str:
    """Round so that a value near a limit differs from it: ``>0.99``, ``<0.01``, ``>-0.01``."""
    text = number(value, digits, beside=beside)
    if text == MISSING or value is None:
        return text
    step = 10.0**-digits
    for limit in limits:
        close = any(abs(other - limit) < step for other in beside)
        if value != limit and not close and text == number(limit, digits):
            return f">{number(limit - step, digits)}" if value < limit else f"<{number(limit + step, digits)}"
    return text


def against(write: Callable[..., str], *beside: float) -> Form:
    """Make a form that keeps numbers distinct from the numbers that they are compared with."""
    return partial(write, beside=beside)


def interval(
    value: float | None, low: float | None, high: float | None, *, digits: int = 2, form: Form = ratio
) -> str:
    """Write a value with its limits, ``0.93 [0.90, 0.95]``; a missing value is one dash."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{form(value, digits)} [{form(low, digits)}, {form(high, digits)}]"


def signed(value: float | None, digits: int = 2, *, beside: Sequence[float] = ()) -> str:
    """Round a difference and show its sign, ``+0.02``; no sign if it rounds to 0."""
    text = number(value, digits, beside=beside)
    positive = text != MISSING and float(text.replace(",", "")) > 0
    return f"+{text}" if positive else text


def signed_percent(value: float | None) -> str:
    """Round a difference in percent: ``+12 %``, ``-3.5 %``; one decimal below 10."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{signed(value, 0 if abs(value) >= 9.95 else 1)}{NO_BREAK}%"


def p_value(value: float | None, *, beside: Sequence[float] = ()) -> str:
    """Write a p value with three decimals, or ``<0.001``; `beside` has the level that it is compared with."""
    if value is None or not math.isfinite(value):
        return MISSING
    if value < 0.001 and not any(other < 0.001 for other in beside):
        return "<0.001"
    return number(value, 3, beside=beside)


def p_text(value: float | None, *, beside: Sequence[float] = ()) -> str:
    """Write a p value into a sentence: ``p = 0.012``, ``p < 0.001``."""
    text = p_value(value, beside=beside)
    return f"p < {text[1:]}" if text.startswith("<") else f"p = {text}"


def share(value: float) -> str:
    """Write a confidence level or another exact share: 0.95 is ``95 %``, 0.975 is ``97.5 %``."""
    return f"{round(100 * value, 6):g}{NO_BREAK}%"


def counted(amount: int, one: str, several: str | None = None) -> str:
    """``1 image``, ``12 images``; `several` if the plural does not just add an s."""
    return f"{amount:,} {one if amount == 1 else several or one + 's'}"


def shortened(names: Iterable[object], most: int = 5) -> str:
    """Write the first of some names, and the number of the others: ``a, b, c, d, e and 3 more``."""
    texts = [str(name) for name in names]
    return ", ".join(texts[:most]) + (f" and {len(texts) - most:,} more" if len(texts) > most else "")


def tally(counts: Iterable[tuple[str, int]]) -> str:
    """``A 12, B 11``."""
    return ", ".join(f"{name} {amount:,}" for name, amount in counts)


def quoted(value: object, most: int = 60) -> str:
    """Write a value for a message: text in quotes, on one line and not longer than a line.

    The content of a file may be a million characters long, or move the cursor of a terminal.
    """
    text = str(value)
    shown = text if len(text) <= most else text[: most // 2]
    more = "" if len(text) <= most else f"... ({len(text):,} characters)"
    return f"{shown!r}{more}" if isinstance(value, str) else f"{shown}{more}"
